/** A PCRE pattern that has no JavaScript counterpart, or is not a pattern at all. */
export class RegexFault extends Error {
  override readonly name = "RegexFault";
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "\\x21-\\x7e",
  lower: "a-z",
  print: "\\x20-\\x7e",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
};

const escapes: Readonly<Record<string, string>> = {
  A: "^",
  z: "$",
  Z: "(?=\\n?$)",
  a: "\\x07",
  e: "\\x1b",
  h: "[ \\t\\xa0]",
  R: "(?:\\r\\n|[\\n\\v\\f\\r\\x85])",
};

/** Each opener of a group that needs another spelling in JavaScript. */
const openers: readonly (readonly [RegExp, string])[] = [
  [/^\(\?P<([A-Za-z_]\w*)>/, "(?<$1>"],
  [/^\(\?'([A-Za-z_]\w*)'/, "(?<$1>"],
  [/^\(\?P=([A-Za-z_]\w*)\)/, "\\k<$1>"],
  [/^\(\?#[^)]*\)/, ""],
  // Atomic groups only forbid backtracking: without them the same texts match, and now and then some more.
  [/^\(\?>/, "(?:"],
];

const unsupported = /^\(\?(?:R\)|[+-]?\d+\)|&|P>|\(|\||C)|^\(\*/;

/**
 * Compiles a PCRE pattern to a JavaScript one. Understands leading inline flags (`(?i)`, `(?s)`, `(?m)`), `(?P<name>…)`, `\Q…\E`,
 * `\A`, `\z`, `\h`, POSIX classes, comments, atomic groups and possessive quantifiers (the last two without their promise
 * not to backtrack). Recursion, conditionals, control verbs and flags in mid-pattern have no counterpart.
 *
 * @param source - the pattern, without delimiters
 * @param flags - JavaScript flags to add, such as `y` or `d`
 * @throws RegexFault with the reason
 */
export function compilePcre(source: string, flags = ""): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(source);
  const body = inline ? source.slice(inline[0].length) : source;
  const allFlags = [...new Set(flags + (inline?.[1] ?? ""))].join("");
  const translated = translate(body);
  try {
    return new RegExp(translated, allFlags);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new RegexFault(message.replace(/^Invalid regular expression: .*\/[a-z]*: /s, "").toLowerCase());
  }
}

/** The reason why {@link compilePcre} refuses a pattern, or `undefined` when it does not. */
export function pcreFault(source: string): string | undefined {
  try {
    compilePcre(source);
    return undefined;
  } catch (error) {
    return (error as RegexFault).message;
  }
}

function translate(source: string): string {
  let out = "";
  let at = 0;
  while (at < source.length) {
    const char = source[at] as string;
    if (char === "\\") {
      const [text, length] = translateEscape(source.slice(at));
      out += text;
      at += length;
    } else if (char === "[") {
      const [text, length] = characterClass(source, at);
      out += text;
      at += length;
    } else if (char === "(") {
      const [text, length] = opener(source.slice(at));
      out += text;
      at += length;
    } else {
      out += char;
      at += 1;
      // A possessive quantifier is a quantifier followed by another plus.
      const quantifier = /[*+?]/.test(char) || (char === "}" && /\{\d+(?:,\d*)?\}$/.test(out));
      if (quantifier && source[at] === "+") at += 1;
    }
  }
  return out;
}

function translateEscape(rest: string): [text: string, length: number] {
  if (rest.startsWith("\\Q")) {
    const end = rest.indexOf("\\E", 2);
    const literal = rest.slice(2, end === -1 ? undefined : end);
    return [literal.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), end === -1 ? rest.length : end + 2];
  }
  const hex = /^\\x\{([0-9A-Fa-f]{1,4})\}/.exec(rest);
  if (hex) return [`\\u${(hex[1] ?? "").padStart(4, "0")}`, hex[0].length];
  const letter = rest[1];
  if (letter === undefined) throw new RegexFault("\\ at end of pattern");
  if (/[KGCXpP]/.test(letter)) throw new RegexFault(`\\${letter} is not supported`);
  return [escapes[letter] ?? `\\${letter}`, 2];
}

function opener(rest: string): [text: string, length: number] {
  for (const [pattern, replacement] of openers) {
    const match = pattern.exec(rest);
    if (match) return [match[0].replace(pattern, replacement), match[0].length];
  }
  if (unsupported.test(rest)) throw new RegexFault("unsupported group after (");
  if (/^\(\?[a-z]*-?[a-z]+[):]/.test(rest)) throw new RegexFault("inline flags are supported at the start of the pattern only");
  return ["(", 1];
}

function characterClass(source: string, start: number): [text: string, length: number] {
  let at = start + 1;
  let out = "[";
  if (source[at] === "^") {
    out += "^";
    at += 1;
  }
  // In PCRE a bracket in first place is a member of the class; in JavaScript it would end it.
  if (source[at] === "]") {
    out += "\\]";
    at += 1;
  }
  while (at < source.length) {
    const rest = source.slice(at);
    const posix = /^\[:(\w+):\]/.exec(rest);
    if (posix) {
      const members = posixClasses[posix[1] ?? ""];
      if (members === undefined) throw new RegexFault("unknown POSIX class name");
      out += members;
      at += posix[0].length;
    } else if (rest.startsWith("\\h")) {
      out += " \\t\\xa0";
      at += 2;
    } else if (rest.startsWith("\\")) {
      const [text, length] = /^\\[AzZR]/.test(rest) ? [rest.slice(0, 2), 2] : translateEscape(rest);
      out += text;
      at += length;
    } else if (rest.startsWith("]")) {
      return [`${out}]`, at + 1 - start];
    } else {
      out += rest.startsWith("[") ? "\\[" : (source[at] as string);
      at += 1;
    }
  }
  throw new RegexFault("missing terminating ] for character class");
}
