import { type EntityCheck, type Shorthands, str } from "../schema/field.js";
import { isAddressFault, parseAddress } from "../util/address.js";

/** The message about a name that is no host name, has a port, or is an address. */
export function upstreamNameFault(value: string): string | undefined {
  const address = parseAddress(value);
  const start = `Invalid name ('${value}'); `;
  if (isAddressFault(address)) return `${start}must be a valid hostname`;
  if (address.kind !== "name") return `${start}no ip addresses allowed`;
  return address.port === undefined ? undefined : `${start}no port allowed`;
}

const needs = (ifField: string, value: string, thenField: string): EntityCheck => ({
  kind: "conditional",
  ifField,
  ifMatch: { oneOf: [value] },
  thenField,
  thenMatch: { required: true },
});

const fallsBackTo = (value: string, fallbacks: readonly string[]): EntityCheck => ({
  kind: "conditional",
  ifField: "hash_on",
  ifMatch: { oneOf: [value] },
  thenField: "hash_fallback",
  thenMatch: { oneOf: fallbacks },
});

const distinct = (...fields: string[]): EntityCheck => ({ kind: "distinct", fields });

/** What hashing needs, and what it can fall back to. */
export const upstreamChecks: readonly EntityCheck[] = [
  needs("hash_on", "header", "hash_on_header"),
  needs("hash_fallback", "header", "hash_fallback_header"),
  needs("hash_on", "cookie", "hash_on_cookie"),
  needs("hash_fallback", "cookie", "hash_on_cookie"),
  fallsBackTo("none", ["none"]),
  fallsBackTo("cookie", ["none"]),
  fallsBackTo("consumer", ["none", "ip", "header", "cookie", "path", "query_arg", "uri_capture"]),
  fallsBackTo("ip", ["none", "consumer", "header", "cookie", "path", "query_arg", "uri_capture"]),
  fallsBackTo("path", ["none", "consumer", "header", "cookie", "query_arg", "ip", "uri_capture"]),
  distinct("hash_on_header", "hash_fallback_header"),
  needs("hash_on", "query_arg", "hash_on_query_arg"),
  needs("hash_fallback", "query_arg", "hash_fallback_query_arg"),
  distinct("hash_on_query_arg", "hash_fallback_query_arg"),
  needs("hash_on", "uri_capture", "hash_on_uri_capture"),
  needs("hash_fallback", "uri_capture", "hash_fallback_uri_capture"),
  distinct("hash_on_uri_capture", "hash_fallback_uri_capture"),
];

/** `algorithm` and `hash_on` imply each other: hashing by anything is consistent hashing, and the others do not hash. */
export const balancingShorthands: Shorthands = {
  algorithm: {
    field: str(),
    expand: (algorithm: string | null) =>
      algorithm === "least-connections" || algorithm === "latency" ? { algorithm, hash_on: null } : { algorithm },
  },
  hash_on: {
    field: str(),
    expand: (hashOn: string | null) => {
      if (hashOn === null) return { hash_on: "none" };
      return { hash_on: hashOn, algorithm: hashOn === "none" ? "round-robin" : "consistent-hashing" };
    },
  },
};
