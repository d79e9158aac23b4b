import { parseHttpDate } from "../../util/http-date.js";

/** What a `Cache-Control` says, by lower-case name; `true` for a directive without a value. */
export type Directives = ReadonlyMap<string, string | true>;

const none: Directives = new Map();

const directive = /([\w-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?/g;

/** Reads `Cache-Control`. Of a directive that is there more than once, the stricter counts (RFC 9111 section 4.2.1). */
export function parseDirectives(lines: readonly string[] | undefined): Directives {
  if (lines === undefined) return none;
  const found = new Map<string, string | true>();
  for (const [, name = "", quoted, plain] of lines.join(",").matchAll(directive)) {
    const key = name.toLowerCase();
    const value = quoted ?? plain ?? true;
    const before = found.get(key);
    if (before === undefined || (isNumber(before) && !(Number(value) >= Number(before)))) found.set(key, value);
  }
  return found;
}

function isNumber(value: string | true): boolean {
  return value !== true && /^\d+$/.test(value);
}

/**
 * The seconds that a directive gives.
 *
 * @param otherwise - for a value that is no number, or none
 * @returns `undefined` when the directive is not there
 */
export function secondsOf(directives: Directives, name: string, otherwise: number): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return isNumber(value) ? Number(value) : otherwise;
}

/**
 * For how many seconds an answer says that it is good. What cannot be read counts as stale (RFC 9111 sections 4.2.1 and 5.3).
 *
 * @param expires - the value of the header
 * @param now - milliseconds since the epoch
 */
export function lifetime(directives: Directives, expires: string | undefined, now: number): number {
  const told = secondsOf(directives, "s-maxage", 0) ?? secondsOf(directives, "max-age", 0);
  if (told !== undefined) return told;
  const date = expires === undefined ? undefined : parseHttpDate(expires);
  return date === undefined ? 0 : Math.max(0, Math.floor((date - now) / 1000));
}
