import type { RoutableRoute } from "./router.js";

const PLAIN_HOSTS = 1n << 60n;
const REGEX_PATH = 1n << 51n;
const MAX_HEADERS = 255;
const MAX_PREFIX_LENGTH = 0x7ffff;
const MIN_REGEX_PRIORITY = -(2 ** 31);
const MAX_REGEX_PRIORITY = 2 ** 32 - 1;

/** The paths of one matcher: either all are regexes, or all are prefixes of one length. */
export interface PathGroup {
  readonly regex: boolean;
  /** Without the `~` of a regex. */
  readonly paths: readonly string[];
}

/**
 * Kong's 64-bit priority (larger wins): bits 63-61 number of criteria, 60 only plain hosts, 59-52 number of header names,
 * 51 regex paths, 50-19 `regex_priority`, 18-0 length of the prefix in bytes.
 *
 * A negative `regex_priority` is taken as a number below zero: it ranks under the regexes with none. In Kong its sign
 * spills into the bits above, which puts such a route before all others.
 */
export function matcherPriority(route: RoutableRoute, group: PathGroup | undefined): bigint {
  const headerNames = route.headers === null ? 0 : Object.keys(route.headers).length;
  let criteria = 0;
  if (isGiven(route.methods)) criteria++;
  if (isGiven(route.hosts)) criteria++;
  if (headerNames > 0) criteria++;
  if (isGiven(route.snis)) criteria++;
  if (group !== undefined) criteria++;

  let priority = (BigInt(criteria) << 61n) | (BigInt(Math.min(headerNames, MAX_HEADERS)) << 52n);
  if (isGiven(route.hosts) && !route.hosts.some((host) => host.includes("*"))) priority |= PLAIN_HOSTS;
  if (group === undefined) return priority;
  if (!group.regex) return priority | BigInt(Buffer.byteLength(group.paths[0] ?? "") & MAX_PREFIX_LENGTH);
  const regexPriority = Math.min(Math.max(route.regex_priority ?? 0, MIN_REGEX_PRIORITY), MAX_REGEX_PRIORITY);
  return (priority | REGEX_PATH) + (BigInt(regexPriority) << 19n);
}

/** Whether a criterion is set: an empty list counts as none. */
export function isGiven<V>(values: readonly V[] | null): values is readonly V[] {
  return values !== null && values.length > 0;
}
