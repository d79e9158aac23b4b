import { type LuaValue, type Run, TemplateError } from "./values.js";

/** One match: where it lies, and what was captured. Positions count from 0; `end` is behind the last character. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  readonly captures: readonly LuaValue[];
}

const MOST_CAPTURES = 32;
/** Marks of captures that have no length: still open, or a bare position. */
const OPEN = -1;
const POSITION = -2;

const letter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const digit = (code: number): boolean => code >= 48 && code <= 57;
const printable = (code: number): boolean => code > 32 && code < 127;

const classes: Readonly<Record<string, (code: number) => boolean>> = {
  a: letter,
  c: (code) => code < 32 || code === 127,
  d: digit,
  g: printable,
  l: (code) => code >= 97 && code <= 122,
  p: (code) => printable(code) && !letter(code) && !digit(code),
  s: (code) => code === 32 || (code >= 9 && code <= 13),
  u: (code) => code >= 65 && code <= 90,
  w: (code) => letter(code) || digit(code),
  x: (code) => digit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
  z: (code) => code === 0,
};

/**
 * Finds a Lua pattern in a text. Interpreted, since Lua's patterns (balanced pairs, frontiers, captured positions) have no counterpart in
 * regular expressions; each step is charged, so that no pattern can hold the process up.
 *
 * @param from - where to begin, from 0
 * @throws TemplateError for a pattern that is none
 */
export function findPattern(run: Run, text: string, pattern: string, from: number): PatternMatch | undefined {
  const anchored = pattern.startsWith("^");
  for (let start = from; start <= text.length; start += 1) {
    const matcher = new Matcher(run, text, pattern);
    const end = matcher.match(start, anchored ? 1 : 0);
    if (end !== undefined) return { start, end, captures: matcher.captures() };
    if (anchored) return undefined;
  }
  return undefined;
}

class Matcher {
  readonly #run: Run;
  readonly #text: string;
  readonly #pattern: string;
  readonly #captures: { start: number; length: number }[] = [];
  #depth = 0;

  constructor(run: Run, text: string, pattern: string) {
    this.#run = run;
    this.#text = text;
    this.#pattern = pattern;
  }

  captures(): LuaValue[] {
    return this.#captures.map(({ start, length }) => {
      if (length === POSITION) return start + 1;
      if (length === OPEN) throw new TemplateError("unfinished capture");
      return this.#text.slice(start, start + length);
    });
  }

  /** Where a match of the rest of the pattern ends, when there is one at this place of the text. */
  match(at: number, from: number): number | undefined {
    this.#depth += 1;
    if (this.#depth > 200) throw new TemplateError("pattern too complex");
    const end = this.#matchHere(at, from);
    this.#depth -= 1;
    return end;
  }

  #matchHere(start: number, from: number): number | undefined {
    const pattern = this.#pattern;
    let at = start;
    let p = from;
    while (p < pattern.length) {
      this.#run.charge(1);
      const char = pattern[p];
      if (char === "(") return pattern[p + 1] === ")" ? this.#open(at, p + 2, POSITION) : this.#open(at, p + 1, OPEN);
      if (char === ")") return this.#close(at, p + 1);
      if (char === "$" && p + 1 === pattern.length) return at === this.#text.length ? at : undefined;
      const special = char === "%" ? pattern[p + 1] : undefined;
      if (special === "b" || special === "f" || (special !== undefined && /\d/.test(special))) {
        const next =
          special === "b" ? this.#balanced(at, p + 2) : special === "f" ? this.#frontier(at, p + 2) : this.#again(at, special);
        if (next === undefined) return undefined;
        at = next;
        p = special === "b" ? p + 4 : special === "f" ? this.#itemEnd(p + 2) : p + 2;
        continue;
      }
      const end = this.#itemEnd(p);
      switch (pattern[end]) {
        case "?": {
          const found = this.#single(at, p, end) ? this.match(at + 1, end + 1) : undefined;
          if (found !== undefined) return found;
          p = end + 1;
          continue;
        }
        case "+":
          return this.#single(at, p, end) ? this.#most(at + 1, p, end) : undefined;
        case "*":
          return this.#most(at, p, end);
        case "-":
          return this.#fewest(at, p, end);
        default:
          if (!this.#single(at, p, end)) return undefined;
          at += 1;
          p = end;
      }
    }
    return at;
  }

  /** Where the item (a character, a class, a set) that begins at `p` ends. */
  #itemEnd(p: number): number {
    const pattern = this.#pattern;
    if (pattern[p] === "%") {
      if (p + 1 >= pattern.length) throw new TemplateError("malformed pattern (ends with '%')");
      return p + 2;
    }
    if (pattern[p] !== "[") return p + 1;
    let q = pattern[p + 1] === "^" ? p + 2 : p + 1;
    do {
      if (q >= pattern.length) throw new TemplateError("malformed pattern (missing ']')");
      q += pattern[q] === "%" ? 2 : 1;
    } while (pattern[q] !== "]");
    return q + 1;
  }

  #single(at: number, p: number, end: number): boolean {
    if (at >= this.#text.length) return false;
    const code = this.#text.charCodeAt(at);
    switch (this.#pattern[p]) {
      case ".":
        return true;
      case "%":
        return isInClass(code, this.#pattern[p + 1] as string);
      case "[":
        return this.#inSet(code, p, end - 1);
      default:
        return this.#pattern.charCodeAt(p) === code;
    }
  }

  #inSet(code: number, p: number, end: number): boolean {
    const pattern = this.#pattern;
    const negated = pattern[p + 1] === "^";
    for (let q = negated ? p + 2 : p + 1; q < end; q += 1) {
      if (pattern[q] === "%") {
        q += 1;
        if (isInClass(code, pattern[q] as string)) return !negated;
      } else if (pattern[q + 1] === "-" && q + 2 < end) {
        if (pattern.charCodeAt(q) <= code && code <= pattern.charCodeAt(q + 2)) return !negated;
        q += 2;
      } else if (pattern.charCodeAt(q) === code) return !negated;
    }
    return negated;
  }

  #most(start: number, p: number, end: number): number | undefined {
    let at = start;
    while (this.#single(at, p, end)) {
      this.#run.charge(1);
      at += 1;
    }
    for (; at >= start; at -= 1) {
      const found = this.match(at, end + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #fewest(start: number, p: number, end: number): number | undefined {
    for (let at = start; ; at += 1) {
      const found = this.match(at, end + 1);
      if (found !== undefined) return found;
      if (!this.#single(at, p, end)) return undefined;
    }
  }

  #open(at: number, p: number, length: number): number | undefined {
    if (this.#captures.length >= MOST_CAPTURES) throw new TemplateError("too many captures");
    this.#captures.push({ start: at, length });
    const found = this.match(at, p);
    if (found === undefined) this.#captures.pop();
    return found;
  }

  #close(at: number, p: number): number | undefined {
    const capture = this.#captures.findLast(({ length }) => length === OPEN);
    if (capture === undefined) throw new TemplateError("invalid pattern capture");
    capture.length = at - capture.start;
    const found = this.match(at, p);
    if (found === undefined) capture.length = OPEN;
    return found;
  }

  #balanced(at: number, p: number): number | undefined {
    const [open, close] = [this.#pattern[p], this.#pattern[p + 1]];
    if (open === undefined || close === undefined) throw new TemplateError("malformed pattern (missing arguments to '%b')");
    if (this.#text[at] !== open) return undefined;
    let depth = 1;
    for (let i = at + 1; i < this.#text.length; i += 1) {
      this.#run.charge(1);
      const char = this.#text[i];
      if (char === close) {
        depth -= 1;
        if (depth === 0) return i + 1;
      } else if (char === open) depth += 1;
    }
    return undefined;
  }

  #frontier(at: number, p: number): number | undefined {
    if (this.#pattern[p] !== "[") throw new TemplateError("missing '[' after '%f' in pattern");
    const end = this.#itemEnd(p) - 1;
    const code = (i: number): number => (i < 0 || i >= this.#text.length ? 0 : this.#text.charCodeAt(i));
    return !this.#inSet(code(at - 1), p, end) && this.#inSet(code(at), p, end) ? at : undefined;
  }

  #again(at: number, number: string): number | undefined {
    const capture = this.#captures[Number(number) - 1];
    if (capture === undefined || capture.length < 0) throw new TemplateError("invalid capture index");
    const text = this.#text.slice(capture.start, capture.start + capture.length);
    return this.#text.startsWith(text, at) ? at + text.length : undefined;
  }
}

function isInClass(code: number, name: string): boolean {
  const lower = name.toLowerCase();
  const test = Object.hasOwn(classes, lower) ? classes[lower] : undefined;
  if (test === undefined) return name.charCodeAt(0) === code;
  return test(code) === (name === lower);
}
