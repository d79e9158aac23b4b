import type { Arguments } from "./arguments.js";
import { Library } from "./library.js";
import { findPattern, type PatternMatch } from "./lua-pattern.js";
import { formatText } from "./string-format.js";
import { type LuaFunction, type LuaValue, luaText, type Run, TemplateError, typeName } from "./values.js";

/** Lua's `string`, whose functions are also the methods of every text. Only letters of ASCII have two cases, as in Lua. */
export const stringLibrary = new Library({
  byte(args) {
    const text = args.text(1);
    const first = args.integer(2, 1);
    const piece = slice(text, first, args.integer(3, first));
    return Array.from({ length: Math.min(piece.length, 256) }, (_, i) => piece.charCodeAt(i));
  },
  char(args) {
    return [String.fromCharCode(...args.from(1).map((_, i) => args.integer(i + 1) & 255))];
  },
  find(args, run) {
    const text = args.text(1);
    const pattern = args.text(2);
    const from = startOf(text, args.integer(3, 1));
    if (from > text.length) return [undefined];
    const plain = args.any(4);
    if ((plain !== undefined && plain !== false) || !/[\^$*+?.([%-]/.test(pattern)) {
      const at = text.indexOf(pattern, from);
      return at === -1 ? [undefined] : [at + 1, at + pattern.length];
    }
    const match = findPattern(run, text, pattern, from);
    return match === undefined ? [undefined] : [match.start + 1, match.end, ...match.captures];
  },
  format(args) {
    return [formatText(args)];
  },
  gmatch(args) {
    const text = args.text(1);
    const pattern = args.text(2);
    let from = 0;
    const next: LuaFunction = (run) => {
      const match = findPattern(run, text, pattern, from);
      if (match === undefined) return [undefined];
      from = match.end === match.start ? match.end + 1 : match.end;
      return found(text, match);
    };
    return [next];
  },
  gsub: substitute,
  len: (args) => [args.text(1).length],
  lower: (args) => [args.text(1).replace(/[A-Z]+/g, (letters) => letters.toLowerCase())],
  match(args, run) {
    const text = args.text(1);
    const from = startOf(text, args.integer(3, 1));
    const match = from > text.length ? undefined : findPattern(run, text, args.text(2), from);
    return match === undefined ? [undefined] : found(text, match);
  },
  rep(args, run) {
    const text = args.text(1);
    const count = Math.max(args.integer(2), 0);
    run.chargeText(text.length * count);
    return [text.repeat(count)];
  },
  reverse: (args) => [[...args.text(1)].reverse().join("")],
  sub: (args) => [slice(args.text(1), args.integer(2), args.integer(3, -1))],
  upper: (args) => [args.text(1).replace(/[a-z]+/g, (letters) => letters.toUpperCase())],
});

/** Lua counts from 1, and from the end for negative positions; both ends are included. */
function slice(text: string, first: number, last: number): string {
  const start = startOf(text, first);
  const end = last < 0 ? text.length + last + 1 : last;
  return end > start ? text.slice(start, end) : "";
}

function startOf(text: string, position: number): number {
  return position > 0 ? position - 1 : position < 0 ? Math.max(text.length + position, 0) : 0;
}

/** What a match gives: its captures, or all of it when there are none. */
function found(text: string, { start, end, captures }: PatternMatch): readonly LuaValue[] {
  return captures.length > 0 ? captures : [text.slice(start, end)];
}

function substitute(args: Arguments, run: Run): readonly LuaValue[] {
  const text = args.text(1);
  const pattern = args.text(2);
  const replacement = replacer(args, run);
  const most = args.has(4) ? args.integer(4) : text.length + 1;
  let result = "";
  let at = 0;
  let count = 0;
  while (count < most) {
    const match = findPattern(run, text, pattern, at);
    if (match === undefined) break;
    count += 1;
    result += text.slice(at, match.start) + replacement(text, match);
    run.chargeText(result.length);
    at = match.end;
    if (match.end === match.start) {
      result += text.slice(at, at + 1);
      at += 1;
    }
    if (at > text.length || pattern.startsWith("^")) break;
  }
  return [result + text.slice(at), count];
}

/** What stands in for a match: a text with `%1` in it, a table of texts, or what a function makes. */
function replacer(args: Arguments, run: Run): (text: string, match: PatternMatch) => string {
  const given = args.any(3);
  if (typeof given === "object") return (text, match) => chosen(given.get(found(text, match)[0]), text, match);
  if (typeof given === "function") return (text, match) => chosen(run.call(given, found(text, match), "")[0], text, match);
  const form = args.text(3);
  return (text, match) =>
    form.replace(/%([\s\S]?)/g, (_, char: string) => {
      if (!/\d/.test(char)) return char;
      if (char === "0") return text.slice(match.start, match.end);
      const captured = found(text, match)[Number(char) - 1];
      if (captured === undefined) throw new TemplateError("invalid capture index");
      return luaText(captured);
    });
}

function chosen(value: LuaValue, text: string, match: PatternMatch): string {
  if (value === undefined || value === false) return text.slice(match.start, match.end);
  if (typeof value === "string" || typeof value === "number") return luaText(value);
  throw new TemplateError(`invalid replacement value (a ${typeName(value)})`);
}
