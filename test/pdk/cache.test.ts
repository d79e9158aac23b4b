import { expect, it } from "vitest";
import { PdkCache } from "../../src/pdk/cache.js";
import { Cache } from "../../src/util/cache.js";

const cache = new PdkCache(new Cache({ maxBytes: 10_000, ttl: 0, negTtl: 0, resurrectTtl: 30 }));

it("says in Kong's words that a loader failed, and keeps its error", async () => {
  const cause = new Error("no connection");
  const text = "failed to get from node cache: no connection";
  const loader = (): never => {
    throw cause;
  };
  expect(() => cache.get("sync", {}, loader)).toThrow(expect.objectContaining({ message: text, cause }));
  await expect(cache.get("async", {}, async () => loader())).rejects.toMatchObject({ message: text, cause });
  await expect(cache.renew("async", {}, async () => loader())).rejects.toMatchObject({ message: text });
  const odd = (): never => {
    throw "odd";
  };
  expect(() => cache.get("odd", {}, odd)).toThrow("failed to get from node cache: odd");
});

it("hands on everything else", () => {
  expect(cache.get("a:1", {}, () => 1)).toBe(1);
  expect(cache.probe("a:1")).toEqual({ value: 1, ttl: Number.POSITIVE_INFINITY });
  cache.invalidate("a:1");
  expect(cache.probe("a:1")).toBeUndefined();
  void cache.get("a:1", {}, () => 1);
  cache.invalidatePrefix("a:");
  expect(cache.probe("a:1")).toBeUndefined();
  void cache.get("a:1", {}, () => 1);
  cache.purge();
  expect(cache.stats).toMatchObject({ entries: 0, maxBytes: 10_000 });
});
