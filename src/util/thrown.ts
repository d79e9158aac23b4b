/** What cannot be told of an error is told so. */
const UNPRINTABLE = "something that cannot be printed";

/** The text of whatever was thrown. Plugins may throw anything, also what has no text and getters that throw themselves. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return UNPRINTABLE;
  }
}

/** Where it was thrown, where that is known: of what caused it rather than of itself. */
export function thrownStack(thrown: unknown): string | undefined {
  try {
    if (!(thrown instanceof Error)) return undefined;
    const { cause } = thrown;
    return cause instanceof Error ? cause.stack : thrown.stack;
  } catch {
    return undefined;
  }
}
