import { createHash } from "node:crypto";
import type { Pdk } from "../../pdk/pdk.js";
import type { Config } from "./config.js";

/** Headers that many upstreams take for another method, path or origin. (What the gateway sets itself is looked at apart.) */
const overriding = [
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
  "forwarded",
  "x-host",
  "x-original-host",
  "x-forwarded-server",
  "x-forwarded-scheme",
  "x-forwarded-ssl",
];

/**
 * What distinguishes answers, as the SHA-256 of a JSON text: no value of a request can pass for a part of another one.
 *
 * Beside Kong's parts (consumer and route, method, path, arguments, headers) these are the client's `Authorization`, the origin that the
 * upstream is told of, and what may override parts of the request: answers may depend on each, and whoever asks first must not choose
 * them for the others.
 */
export function cacheKey(pdk: Pdk, config: Config): string {
  const { request } = pdk;
  const path = request.getRawPath();
  const parts = [
    pdk.client.getConsumer()?.id ?? null,
    pdk.router.getRoute()?.id ?? null,
    request.getMethod(),
    config.ignore_uri_case ? path.toLowerCase() : path,
    distinguishingArguments(request.getRawQuery(), config.vary_query_params),
    (config.vary_headers ?? []).map((name) => request.getHeaderValues(name)?.toSorted() ?? null),
    request.getHeaderValues("authorization") ?? null,
    request.getHeader("host")?.toLowerCase() ?? null,
    request.getForwardedScheme(),
    request.getForwardedHost(),
    request.getForwardedPort(),
    request.getForwardedPrefix() ?? null,
    overriding.map((name) => request.getHeaderValues(name) ?? null),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/**
 * The arguments that count, with their values in order: all, or those whose names are given. They are read here and not by the PDK,
 * which stops at a hundred, while the upstream gets all of them.
 */
function distinguishingArguments(query: string, names: readonly string[] | null): unknown {
  const values = new Map<string, string[]>();
  for (const piece of query.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    const name = decoded(equals === -1 ? piece : piece.slice(0, equals));
    const value = equals === -1 ? "" : `=${decoded(piece.slice(equals + 1))}`;
    const before = values.get(name);
    if (before === undefined) values.set(name, [value]);
    else before.push(value);
  }
  for (const list of values.values()) list.sort();
  if (names === null || names.length === 0) return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return names.map((name) => values.get(name) ?? null);
}

/** Percent triplets that are no UTF-8 stay, marked by a character that no other value begins with. */
function decoded(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return `\uFFFF${text}`;
  }
}
