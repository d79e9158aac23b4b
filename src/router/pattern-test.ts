/** A text with at most one `*` at either end, as in hosts and server names. */
export interface PatternTest {
  readonly kind: "exact" | "suffix" | "prefix";
  /** The text without the `*`. */
  readonly text: string;
}

/** A configured host: a pattern and, maybe, a port. */
export interface HostTest extends PatternTest {
  /** -1 when any port will do. */
  readonly port: number;
}

/** Reads a pattern: `*.x` ends with `.x`, `x.*` starts with `x.`, anything else must be equal. */
export function parsePattern(text: string): PatternTest {
  if (text.startsWith("*")) return { kind: "suffix", text: text.slice(1) };
  if (text.endsWith("*")) return { kind: "prefix", text: text.slice(0, -1) };
  return { kind: "exact", text };
}

/** Whether `actual` fits the pattern. Case counts, as in Kong. */
export function testPattern(test: PatternTest, actual: string): boolean {
  if (test.kind === "exact") return actual === test.text;
  return test.kind === "suffix" ? actual.endsWith(test.text) : actual.startsWith(test.text);
}
