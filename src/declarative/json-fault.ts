/** What may come next in JSON. */
type Expected = "value" | "first item" | "key" | "first key" | "colon" | "comma or end";

const word = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/**
 * Where a text that `JSON.parse` has refused stops being JSON: not all versions of the engine tell. Nothing is built, and no depth is too
 * much.
 *
 * @returns an offset; the length of the text when it ends too early
 */
export function jsonFault(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    while (" \t\n\r".includes(text[at] ?? "-")) at++;
    const char: string | undefined = text[at];
    const inside = open.at(-1);
    const isKey: boolean = expected === "key" || expected === "first key";
    if (char === undefined) return at;
    if (isEnd(char, expected, inside)) {
      open.pop();
      expected = "comma or end";
      at++;
    } else if (expected === "colon" || expected === "comma or end") {
      if (char !== (expected === "colon" ? ":" : ",") || (expected === "comma or end" && inside === undefined)) return at;
      expected = expected === "comma or end" && inside === "{" ? "key" : "value";
      at++;
    } else if (char === '"') {
      const end = endOfText(text, at);
      if (text[end] !== '"') return end;
      expected = isKey ? "colon" : "comma or end";
      at = end + 1;
    } else if (isKey) return at;
    else if (char === "{" || char === "[") {
      open.push(char);
      expected = char === "{" ? "first key" : "first item";
      at++;
    } else {
      word.lastIndex = at;
      if (!word.test(text)) return at;
      expected = "comma or end";
      at = word.lastIndex;
    }
  }
}

function isEnd(char: string, expected: Expected, inside: "{" | "[" | undefined): boolean {
  if (char === "}") return inside === "{" && (expected === "first key" || expected === "comma or end");
  return char === "]" && inside === "[" && (expected === "first item" || expected === "comma or end");
}

/** The offset of the quote that ends a text, or of what may not stand in it. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || !(code >= 0x20)) return at;
    if (code !== 0x5c) at++;
    else {
      escapeSequence.lastIndex = at;
      if (!escapeSequence.test(text)) return at;
      at = escapeSequence.lastIndex;
    }
  }
}
