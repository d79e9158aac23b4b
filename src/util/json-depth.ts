const quoteCode = 0x22;
const backslashCode = 0x5c;

/** Whether lists and objects stand inside each other more often than that. The text must be valid JSON. */
export function isDeeperThan(text: string, limit: number): boolean {
  const { length } = text;
  let depth = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === quoteCode) {
      // Most of a document is text, which the engine passes over faster than we do.
      at = text.indexOf('"', at + 1);
      if (text.charCodeAt(at - 1) === backslashCode) at = endOfEscaped(text, at);
    } else if ((code | 0x20) === 0x7b) {
      depth++;
      if (depth > limit) return true;
    } else if ((code | 0x20) === 0x7d) depth--;
  }
  return false;
}

/** The end of a text, of which `at` is a quote behind a backslash: that may be escaped, and the quote the end after all. */
function endOfEscaped(text: string, at: number): number {
  let end = at;
  for (;;) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslashCode) before--;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
}
