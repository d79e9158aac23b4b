import { escapePath } from "../util/uri.js";
import type { RouteMatch } from "./router.js";

const SLASH = 0x2f;

/**
 * The path to send upstream, escaped, without the query. The rules are those of Kong's `path_handling` `v0`.
 *
 * @param match what the router found.
 * @param servicePath the service's `path`; `null` counts as `/`.
 * @param stripPath the route's `strip_path`.
 */
export function upstreamPath(
  match: Pick<RouteMatch<unknown>, "path" | "prefix">,
  servicePath: string | null,
  stripPath: boolean,
): string {
  const { path } = match;
  const base = servicePath === null || servicePath === "" ? "/" : servicePath;
  if (!stripPath) return escapePath(joinWhole(base, path));
  // Without a matched path the prefix is the first slash.
  return escapePath(joinRest(base, path, withoutLeadingDots(path.slice(match.prefix.length || 1))));
}

function joinWhole(base: string, path: string): string {
  if (base === "/") return path.charCodeAt(0) === SLASH ? path : base + path.slice(1);
  if (endsWithSlash(base)) return base + path.slice(1);
  return path === "/" ? base : base + path;
}

function joinRest(base: string, path: string, rest: string): string {
  const startsWithSlash = rest.charCodeAt(0) === SLASH;
  if (endsWithSlash(base)) {
    if (startsWithSlash) return base.length === 1 ? rest : base.slice(0, -1) + rest;
    if (rest !== "" || base === "/" || endsWithSlash(path)) return base + rest;
    return base.slice(0, -1);
  }
  if (rest === "") return path.length > 1 && endsWithSlash(path) ? `${base}/` : base;
  return startsWithSlash ? base + rest : `${base}/${rest}`;
}

/** `/route../x` behind the prefix `/route` leaves `../x`, which must not climb out of the service's path. */
function withoutLeadingDots(rest: string): string {
  if (rest.charCodeAt(0) !== 0x2e) return rest;
  if (rest === "." || rest === "..") return "";
  if (rest.startsWith("./")) return rest.slice(2);
  return rest.startsWith("../") ? rest.slice(3) : rest;
}

function endsWithSlash(text: string): boolean {
  return text.charCodeAt(text.length - 1) === SLASH;
}

/**
 * The value of `X-Forwarded-Prefix` for a client that is not trusted to send its own: what `strip_path` took off the
 * path, or `undefined` when that is nothing or just `/`.
 *
 * The text is escaped like an upstream path, since a regex may have matched characters that cannot stand in a header.
 */
export function forwardedPrefix(match: Pick<RouteMatch<unknown>, "prefix">, stripPath: boolean): string | undefined {
  if (!stripPath || match.prefix.length === 0 || match.prefix === "/") return undefined;
  return escapePath(match.prefix);
}
