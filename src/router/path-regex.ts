import { boundRegExp } from "../util/bounded-pattern.js";
import { compilePcre } from "../util/regex.js";

/**
 * The regex of a path, cut in two: the plain text at its start, which the index finds, and the rest, which is run behind
 * that text. Routes such as `~/users/(?<id>\d+)$` and `~/orders/(?<id>\d+)$` so share one compiled rest: with 10,000
 * of them a match stays in the processor's caches.
 */
export interface PathRegex {
  /** As configured, without the `~`. */
  readonly source: string;
  /** Every path that matches starts with this text; may be empty. */
  readonly literal: string;
  /** What must follow: sticky when `anchored`, else the whole pattern. `null`: nothing. */
  readonly rest: RegExp | null;
  /** Whether a match starts at the first character. */
  readonly anchored: boolean;
  /** Whether `rest` has groups. */
  readonly groups: boolean;
}

/** Compiled regexes by source and flags, shared by the routes of one router. */
export type RegexPool = Map<string, { readonly regex: RegExp; readonly groups: boolean }>;

/**
 * Compiles the regex of a path (without its `~`).
 *
 * As in Kong a `^` is put in front and nothing else, so in `~/a|/b` only the first branch is anchored. JavaScript's
 * regexes backtrack, where Kong's engine is linear: a pattern that may take long on a hostile path (ReDoS) is stopped,
 * and the request fails. To go on as if it did not match could lead past the plugins of its route.
 *
 * @throws RegexFault when the pattern does not compile.
 */
export function compilePathRegex(source: string, pool: RegexPool): PathRegex {
  // Compiled without the `^` first, for inline flags are only understood at the start.
  const plain = compilePcre(source);
  if (plain.flags !== "" || hasTopLevelAlternative(plain.source)) {
    const { regex, groups } = pooled(pool, `^${plain.source}`, plain.flags);
    return { source, literal: "", rest: regex, anchored: false, groups };
  }
  const { literal, length } = leadingLiteral(plain.source);
  if (length === plain.source.length) return { source, literal, rest: null, anchored: true, groups: false };
  const { regex, groups } = pooled(pool, plain.source.slice(length), "y");
  return { source, literal, rest: regex, anchored: true, groups };
}

function pooled(pool: RegexPool, source: string, flags: string): { readonly regex: RegExp; readonly groups: boolean } {
  const key = `${flags}/${source}`;
  const known = pool.get(key);
  if (known !== undefined) return known;
  // With an empty branch added everything matches, and the match tells the number of groups.
  const groups = (new RegExp(`${source}|`, flags).exec("")?.length ?? 1) > 1;
  const fresh = { regex: boundRegExp(new RegExp(source, flags)), groups };
  pool.set(key, fresh);
  return fresh;
}

function hasTopLevelAlternative(source: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    if (character === "\\") i++;
    else if (inClass) inClass = character !== "]";
    else if (character === "[") inClass = true;
    else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "|" && depth === 0) return true;
  }
  return false;
}

const LETTER_OR_DIGIT = /[0-9A-Za-z]/;

/** The plain characters at the start of a pattern, without one that has a quantifier, and how much of the pattern they take. */
function leadingLiteral(source: string): { literal: string; length: number } {
  let literal = "";
  let length = 0;
  // In front of everything a `^` says nothing new.
  while (source[length] === "^") length++;
  while (length < source.length) {
    let next = length;
    let character = String.fromCodePoint(source.codePointAt(next) as number);
    if (character === "\\") {
      next++;
      character = source.slice(next, next + 1);
      if (character === "" || LETTER_OR_DIGIT.test(character)) break;
    } else if (".[](){}*+?^$|".includes(character)) {
      break;
    }
    next += character.length;
    const follower = source[next];
    if (follower !== undefined && "*+?{".includes(follower)) break;
    literal += character;
    length = next;
  }
  return { literal, length };
}

/** Whether the regex matches, by the same rules as the search. */
export function testPathRegex({ literal, rest }: PathRegex, path: string): boolean {
  if (!path.startsWith(literal)) return false;
  if (rest === null) return true;
  rest.lastIndex = literal.length;
  return rest.test(path);
}
