import { testHeader } from "./header-test.js";
import type { Matcher } from "./matcher.js";
import { ANY_METHOD, methodMask, OTHER_METHOD } from "./method-bits.js";
import type { PathRegex } from "./path-regex.js";
import { testPattern } from "./pattern-test.js";
import type { RoutingRequest } from "./router.js";

/**
 * A place of the index at which a matcher can be found. One matcher may have several. Holds copies of what decides most
 * requests: at 10,000 routes nearly every further object touched is a cache miss.
 */
export class Entry<T> {
  readonly value: T;
  readonly methods: number;
  /** Whether the path criterion is the `literal`, which is then what a match strips. */
  readonly isPrefix: boolean;
  /** Whether nothing but host, path prefix and method remains to be tested. */
  readonly plain: boolean;

  constructor(
    readonly matcher: Matcher<T>,
    /** Place in the order of all matchers; 0 is the best. */
    readonly rank: number,
    /** What the path must start with: the prefix itself, the start of a regex, or nothing. */
    readonly literal: string,
    /** The port that goes with the host under which the entry is filed; -1 when any will do. */
    readonly port: number,
  ) {
    this.value = matcher.value;
    this.methods = methodMask(matcher.methods);
    this.isPrefix = matcher.prefixes !== null;
    const asksOtherMethod = matcher.methods !== null && (this.methods & OTHER_METHOD) !== 0;
    this.plain = matcher.snis === null && matcher.regexes === null && matcher.headers === null && !asksOtherMethod;
  }
}

/** Larger than any rank, and a small integer for the engine. */
export const NO_RANK = 0x3fffffff;

/**
 * One search: what was read from the request, and the best entry so far. A router keeps a single cursor and uses it
 * for every match, which is safe since matching never yields.
 */
export class Cursor<T> {
  path = "";
  host = "";
  port = -1;
  methodBit: number = ANY_METHOD;
  /** Rank of the best entry so far. */
  best: number = NO_RANK;
  entry: Entry<T> | undefined = undefined;
  /** Length of the text at the start of the path that the winner's regex matched. */
  matchedLength = 0;
  /** The text that the winner's regex matched, when that did not start with the path. */
  matchedText: string | null = null;
  /** The regex matches of the winner that may hold groups: that of the path first, then those of headers. */
  groups: RegExpExecArray[] | null = null;

  // What the latest path regex found, until the entry is taken.
  private foundLength = 0;
  private foundText: string | null = null;
  private foundGroups: RegExpExecArray | null = null;

  /** Takes the entry if its remaining criteria hold. Host and the literal start of the path hold already. */
  accept(entry: Entry<T>, request: RoutingRequest): boolean {
    if ((entry.methods & this.methodBit) === 0) return false;
    if (entry.port !== -1 && entry.port !== this.port) return false;
    if (!entry.plain) return this.acceptRest(entry, request);
    this.best = entry.rank;
    this.entry = entry;
    this.matchedLength = 0;
    this.matchedText = null;
    this.groups = null;
    return true;
  }

  private acceptRest(entry: Entry<T>, request: RoutingRequest): boolean {
    const { matcher } = entry;
    if (matcher.methods !== null && this.methodBit === OTHER_METHOD && !matcher.methods.includes(request.method)) return false;
    if (matcher.snis !== null && !testSni(matcher, request)) return false;
    this.foundLength = 0;
    this.foundText = null;
    this.foundGroups = null;
    if (matcher.regexes !== null && !this.findRegex(matcher.regexes)) return false;

    // The compiler does not see that findRegex sets it.
    const pathGroups = this.foundGroups as RegExpExecArray | null;
    let groups = pathGroups === null ? null : [pathGroups];
    if (matcher.headers !== null) {
      for (const test of matcher.headers) {
        const found = testHeader(test, request.headers);
        if (found === false) return false;
        if (found === true) continue;
        if (groups === null) groups = [found];
        else groups.push(found);
      }
    }
    this.best = entry.rank;
    this.entry = entry;
    this.matchedLength = this.foundLength;
    this.matchedText = this.foundText;
    this.groups = groups;
    return true;
  }

  /** The first regex that matches decides. */
  private findRegex(regexes: readonly PathRegex[]): boolean {
    const { path } = this;
    for (const { literal, rest, anchored, groups } of regexes) {
      if (!path.startsWith(literal)) continue;
      this.foundLength = literal.length;
      if (rest === null) return true;
      rest.lastIndex = literal.length;
      if (anchored && !groups) {
        if (!rest.test(path)) continue;
        this.foundLength = rest.lastIndex;
        return true;
      }
      const match = rest.exec(path);
      if (match === null) continue;
      if (literal !== "") match[0] = literal + match[0];
      this.foundLength = match[0].length;
      if (!anchored) this.foundText = match[0];
      if (groups) this.foundGroups = match;
      return true;
    }
    return false;
  }
}

/** A server name counts on TLS only; over plain text the criterion is passed over. */
export function testSni(matcher: Matcher<unknown>, request: RoutingRequest): boolean {
  if (matcher.snis === null || request.scheme !== "https") return true;
  const { sni } = request;
  return sni !== undefined && matcher.snis.some((test) => testPattern(test, sni));
}
