import type { Logger } from "./pdk/node-context.js";

const writer =
  (write: "error" | "warn"): Logger["debug"] =>
  (message, details) => {
    const text = `[postern] ${harmless(message)}`;
    if (details === undefined) console[write](text);
    // Before further arguments, `%s` would be a placeholder.
    else console[write](text.replaceAll("%", "%%"), details);
  };

/** A message may quote what a client has sent: its lines must not look like further entries, nor an escape rule the terminal. */
function harmless(message: string): string {
  return message
    .replaceAll("\n", "\n  ")
    .replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
      character === "\n" || character === "\t" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** Writes everything to standard error, where an application's output does not mix with it. */
export const consoleLogger: Logger = {
  debug: writer("error"),
  info: writer("error"),
  warn: writer("warn"),
  error: writer("error"),
};
