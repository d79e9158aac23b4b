import { describe, expect, it } from "vitest";
import { normalizeTarget, targets } from "../../src/entities/targets.js";
import { upstreams } from "../../src/entities/upstreams.js";
import { compileSchema } from "../../src/schema/compile.js";
import { type AnyRecord, complete, faults } from "../schema/support.js";

const id = "00000000-0000-4000-8000-000000000000";

describe("upstreams", () => {
  it("have Kong's defaults, at every depth", () => {
    const made = complete(upstreams, { name: "u" });
    expect(made).toMatchObject({
      algorithm: "round-robin",
      hash_on: "none",
      hash_fallback: "none",
      hash_on_cookie_path: "/",
      slots: 10_000,
    });
    expect(made.healthchecks).toEqual({
      threshold: 0,
      active: {
        type: "http",
        timeout: 1,
        concurrency: 10,
        http_path: "/",
        https_sni: null,
        https_verify_certificate: true,
        headers: null,
        healthy: { interval: 0, http_statuses: [200, 302], successes: 0 },
        unhealthy: {
          interval: 0,
          http_statuses: [429, 404, 500, 501, 502, 503, 504, 505],
          tcp_failures: 0,
          timeouts: 0,
          http_failures: 0,
        },
      },
      passive: {
        type: "http",
        healthy: {
          http_statuses: [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308],
          successes: 0,
        },
        unhealthy: { http_statuses: [429, 500, 503], tcp_failures: 0, timeouts: 0, http_failures: 0 },
      },
    });
  });

  it.each([
    ["a b", "Invalid name ('a b'); must be a valid hostname"],
    ["1.2.3.4", "Invalid name ('1.2.3.4'); no ip addresses allowed"],
    ["::1", "Invalid name ('::1'); no ip addresses allowed"],
    ["a:80", "Invalid name ('a:80'); no port allowed"],
  ])("may not be called %s", (name, text) => {
    expect(faults(upstreams, { name })).toEqual({ name: text });
  });

  const conditional = (field: string): string => `failed conditional validation given value of field '${field}'`;

  it.each<[AnyRecord, string, AnyRecord]>([
    [{ hash_on: "header" }, "hash_on", { hash_on_header: "required field missing" }],
    [{ hash_on: "ip", hash_fallback: "header" }, "hash_fallback", { hash_fallback_header: "required field missing" }],
    [{ hash_on: "cookie" }, "hash_on", { hash_on_cookie: "required field missing" }],
    [{ hash_fallback: "ip" }, "hash_on", { hash_fallback: "expected one of: none" }],
    [{ hash_on: "cookie", hash_on_cookie: "c", hash_fallback: "ip" }, "hash_on", { hash_fallback: "expected one of: none" }],
    [
      { hash_on: "ip", hash_fallback: "ip" },
      "hash_on",
      { hash_fallback: "expected one of: none, consumer, header, cookie, path, query_arg, uri_capture" },
    ],
    [{ hash_on: "query_arg" }, "hash_on", { hash_on_query_arg: "required field missing" }],
    [{ hash_on: "uri_capture" }, "hash_on", { hash_on_uri_capture: "required field missing" }],
  ])("refuse %j", (input, field, found) => {
    expect(faults(upstreams, { name: "u", ...input })).toEqual({ "@entity": [conditional(field)], ...found });
  });

  it("hash by two different things", () => {
    const both = { name: "u", hash_on: "header", hash_fallback: "header", hash_on_header: "a" };
    expect(faults(upstreams, { ...both, hash_fallback_header: "b" })).toBeUndefined();
    expect(faults(upstreams, { ...both, hash_fallback_header: "a" })).toEqual({
      "@entity": ["values of these fields must be distinct: 'hash_on_header', 'hash_fallback_header'"],
    });
  });

  it("refuse an algorithm that does not exist", () => {
    expect(faults(upstreams, { name: "u", algorithm: "random" })).toEqual({
      algorithm: "expected one of: consistent-hashing, least-connections, round-robin, latency",
    });
    expect(faults(upstreams, { name: "u", algorithm: 5 })).toEqual({ algorithm: "expected a string" });
  });
});

describe("algorithm and hash_on of an upstream", () => {
  it.each<[AnyRecord, AnyRecord]>([
    [
      { algorithm: "least-connections", hash_on: "ip" },
      { algorithm: "least-connections", hash_on: "none" },
    ],
    [{ algorithm: "latency" }, { algorithm: "latency", hash_on: "none" }],
    [{ hash_on: "ip" }, { algorithm: "consistent-hashing", hash_on: "ip" }],
    [
      { hash_on: "ip", algorithm: "round-robin" },
      { algorithm: "consistent-hashing", hash_on: "ip" },
    ],
    [{ algorithm: "consistent-hashing" }, { algorithm: "round-robin", hash_on: "none" }],
    [{ algorithm: null }, { algorithm: "round-robin", hash_on: "none" }],
    [{ hash_on: null }, { algorithm: "round-robin", hash_on: "none" }],
  ])("%j", (input, expected) => {
    expect(complete(upstreams, { name: "u", ...input })).toMatchObject(expected);
  });

  it.each<[stored: AnyRecord, change: AnyRecord, expected: AnyRecord]>([
    [{ hash_on: "ip" }, { algorithm: "round-robin" }, { algorithm: "consistent-hashing", hash_on: "ip" }],
    [{ hash_on: "ip" }, { algorithm: "least-connections" }, { algorithm: "least-connections", hash_on: "none" }],
    [{ hash_on: "ip" }, { hash_on: "none" }, { algorithm: "round-robin", hash_on: "none" }],
    [{ algorithm: "latency" }, { hash_on: "ip" }, { algorithm: "consistent-hashing", hash_on: "ip" }],
    [{ algorithm: "latency" }, { slots: 20 }, { algorithm: "latency", hash_on: "none", slots: 20 }],
  ])("%j updated with %j", (stored, change, expected) => {
    const schema = compileSchema(upstreams);
    const before = complete(upstreams, { name: "u", ...stored });
    expect(schema.merge(before, complete(upstreams, change, "update"))).toMatchObject(expected);
  });
});

describe("targets", () => {
  it("need an upstream and an address", () => {
    expect(faults(targets, {})).toEqual({ upstream: "required field missing", target: "required field missing" });
    expect(faults(targets, { upstream: { id }, target: "a b" })).toEqual({
      target: "Invalid target ('a b'); not a valid hostname or ip address",
    });
    expect(faults(targets, { upstream: { id }, target: "a:1", weight: 65_536 })).toEqual({
      weight: "value should be between 0 and 65535",
    });
    expect(complete(targets, { upstream: { id }, target: "a" })).toMatchObject({ weight: 100, created_at: 1_700_000_000.123 });
    expect(faults(targets, { upstream: { id }, target: "a", weight: null })).toBeUndefined();
  });

  it.each([
    ["a.com", "a.com:8000"],
    ["A.com:80", "A.com:80"],
    ["010.0.0.1:5", "10.0.0.1:5"],
    ["::1", "[0000:0000:0000:0000:0000:0000:0000:0001]:8000"],
    ["[::1]:80", "[0000:0000:0000:0000:0000:0000:0000:0001]:80"],
    ["a:99999", undefined],
  ])("are normalised: %s", (target, normal) => {
    expect(normalizeTarget(target)).toBe(normal);
  });
});
