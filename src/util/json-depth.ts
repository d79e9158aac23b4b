import { endQuote } from "./json-text.js";

const quoteCode = 0x22;

/** Whether lists and objects stand inside each other more often than that. The text must be valid JSON. */
export function isDeeperThan(text: string, limit: number): boolean {
  const { length } = text;
  let depth = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === quoteCode) at = endQuote(text, at);
    else if ((code | 0x20) === 0x7b) {
      depth++;
      if (depth > limit) return true;
    } else if ((code | 0x20) === 0x7d) depth--;
  }
  return false;
}
