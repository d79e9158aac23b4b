import { thrownText } from "./thrown.js";

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
 * Compiles a PCRE pattern to a JavaScript one. Understands the inline flags `i` and `s` anywhere (`(?i)`, `(?i:…)`) and `m` at the
 * start, `(?P<name>…)`, `\Q…\E`, `\A`, `\z`, `\h`, POSIX classes, comments, atomic groups and possessive quantifiers (the last two
 * without their promise not to backtrack). Recursion, conditionals and control verbs have no counterpart.
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
    const message = thrownText(error);
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

/** The inline flags in force within a group. */
interface GroupFlags {
  ignoreCase: boolean;
  dotAll: boolean;
}

function translate(source: string): string {
  const outer: GroupFlags[] = [];
  let flags: GroupFlags = { ignoreCase: false, dotAll: false };
  let out = "";
  let at = 0;
  while (at < source.length) {
    const rest = source.slice(at);
    const char = rest[0] as string;
    const inline = /^\(\?([a-z]*)(?:-([a-z]+))?([:)])/.exec(rest);
    if (inline) {
      const [text, on = "", off = "", end] = inline;
      if (end === ":") outer.push(flags);
      flags = withFlags(flags, on, off);
      out += end === ":" ? "(?:" : "";
      at += text.length;
    } else if (char === "\\") {
      const [text, length] = translateEscape(rest, flags);
      out += text;
      at += length;
    } else if (char === "[") {
      const [text, length] = characterClass(rest, flags);
      out += text;
      at += length;
    } else if (char === "(") {
      const [text, length] = opener(rest);
      // Comments and references look like groups, but open none.
      if (text.startsWith("(")) outer.push({ ...flags });
      out += text;
      at += length;
    } else {
      if (char === ")") flags = outer.pop() ?? flags;
      out += char === "." && flags.dotAll ? "[^]" : literal(char, flags);
      at += 1;
      // A possessive quantifier is a quantifier followed by another plus.
      const quantifier = /[*+?]/.test(char) || (char === "}" && /\{\d+(?:,\d*)?\}$/.test(out));
      if (quantifier && source[at] === "+") at += 1;
    }
  }
  return out;
}

function withFlags(flags: GroupFlags, on: string, off: string): GroupFlags {
  if (/[^is]/.test(on + off)) throw new RegexFault("only the flags i and s are supported within a pattern");
  return {
    ignoreCase: (flags.ignoreCase || on.includes("i")) && !off.includes("i"),
    dotAll: (flags.dotAll || on.includes("s")) && !off.includes("s"),
  };
}

/** One character that means itself. JavaScript has no flags for a part of a pattern before Node 23, so both cases are spelt out. */
function literal(char: string, { ignoreCase }: GroupFlags): string {
  return ignoreCase && /[A-Za-z]/.test(char) ? `[${char.toLowerCase()}${char.toUpperCase()}]` : char;
}

function translateEscape(rest: string, flags: GroupFlags): [text: string, length: number] {
  if (rest.startsWith("\\Q")) {
    const end = rest.indexOf("\\E", 2);
    const quoted = [...rest.slice(2, end === -1 ? undefined : end)];
    const text = quoted.map((char) => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : literal(char, flags))).join("");
    return [text, end === -1 ? rest.length : end + 2];
  }
  const hex = /^\\x\{([0-9A-Fa-f]{1,4})\}/.exec(rest);
  if (hex) return [`\\u${(hex[1] ?? "").padStart(4, "0")}`, hex[0].length];
  const named = /^\\k(?:<\w+>|'\w+'|\{\w+\})/.exec(rest);
  if (named) return [`\\k<${named[0].slice(3, -1)}>`, named[0].length];
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
  if (unsupported.test(rest)) throw new RegexFault("this kind of group is not supported");
  return ["(", 1];
}

function characterClass(source: string, { ignoreCase }: GroupFlags): [text: string, length: number] {
  // In PCRE a bracket in first place is a member of the class; in JavaScript it would end it.
  const [start = "["] = /^\[\^?\]?/.exec(source) ?? [];
  let out = start.replace("]", "\\]");
  let at = start.length;
  while (at < source.length) {
    const rest = source.slice(at);
    const [member = "", low, high] = /^(?:\[:\w+:\]|\\x\{[0-9A-Fa-f]+\}|\\.|([A-Za-z])(?:-([A-Za-z]))?|.)/s.exec(rest) ?? [];
    if (member === "]") return [`${out}]`, at + 1];
    at += member.length;
    if (member.startsWith("[:")) out += posixClass(member.slice(2, -2));
    else if (member === "\\h") out += " \\t\\xa0";
    else if (member.startsWith("\\x{")) out += `\\u${member.slice(3, -1).padStart(4, "0")}`;
    else if (member === "[") out += "\\[";
    else if (ignoreCase && low !== undefined) out += bothCases(low, high);
    else out += member;
  }
  throw new RegexFault("missing terminating ] for character class");
}

function posixClass(name: string): string {
  const members = posixClasses[name];
  if (members === undefined) throw new RegexFault("unknown POSIX class name");
  return members;
}

/** A letter or a range of letters, in both cases. A range across the cases (`A-z`) has both already. */
function bothCases(low: string, high: string | undefined): string {
  if (high === undefined) return low.toLowerCase() + low.toUpperCase();
  const sameCase = /[a-z]/.test(low) === /[a-z]/.test(high);
  const swapped = sameCase && /[a-z]/.test(low) ? `${low}-${high}`.toUpperCase() : `${low}-${high}`.toLowerCase();
  return `${low}-${high}${sameCase ? swapped : ""}`;
}
