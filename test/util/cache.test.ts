import { beforeEach, describe, expect, it, vi } from "vitest";
import { Cache, type CacheLoad } from "../../src/util/cache.js";

let now = 0;
let cache: Cache;

beforeEach(() => {
  now = 1_000_000;
  cache = makeCache();
});

function makeCache(options: { maxBytes?: number; ttl?: number; negTtl?: number; resurrectTtl?: number } = {}): Cache {
  return new Cache({ maxBytes: 1_000_000, ttl: 10, negTtl: 5, resurrectTtl: 30, now: () => now, ...options });
}

/** A promise that a test settles. */
function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: Error): void } {
  let settle: { resolve(value: T): void; reject(error: Error): void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}

const fail = (): never => {
  throw new Error("no connection");
};

describe("get", () => {
  it("loads once and answers at once from then on", () => {
    const loader = vi.fn(() => "value");
    expect(cache.get("k", {}, loader)).toBe("value");
    expect(cache.get("k", {}, loader)).toBe("value");
    expect(loader).toHaveBeenCalledTimes(1);
    expect(cache.stats).toMatchObject({ hits: 1, misses: 1, entries: 1 });
  });

  it("waits only when the loader does", async () => {
    const first = cache.get("k", {}, async () => 7);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toBe(7);
    expect(cache.get("k", {}, fail)).toBe(7);
  });

  it("loads a key one time for all who wait", async () => {
    const { promise, resolve } = deferred<string>();
    const loader = vi.fn(() => promise);
    const all = Array.from({ length: 20 }, () => cache.get("k", {}, loader));
    resolve("value");
    expect(new Set(await Promise.all(all))).toEqual(new Set(["value"]));
    expect(loader).toHaveBeenCalledTimes(1);
    expect(await cache.get("other", {}, () => "other")).toBe("other");
  });

  it("keeps values for the time of the cache, the call, or the loader", () => {
    void cache.get("usual", {}, () => 1);
    void cache.get("call", { ttl: 100 }, () => 1);
    void cache.get("loader", { ttl: 100 }, (load: CacheLoad) => {
      load.ttl = 1;
      return 1;
    });
    void cache.get("never", {}, (load: CacheLoad) => {
      load.ttl = -1;
      return 1;
    });
    void cache.get("for ever", { ttl: 0 }, () => 1);
    expect(cache.probe("usual")?.ttl).toBe(10);
    expect(cache.probe("call")?.ttl).toBe(100);
    expect(cache.probe("loader")?.ttl).toBe(1);
    expect(cache.probe("never")).toBeUndefined();
    expect(cache.probe("for ever")?.ttl).toBe(Number.POSITIVE_INFINITY);
    now += 10_000;
    expect(cache.get("usual", {}, () => 2)).toBe(2);
    expect(cache.get("call", {}, () => 2)).toBe(1);
    now += 1e12;
    expect(cache.get("for ever", {}, () => 2)).toBe(1);
  });

  it.each([undefined, null])("remembers for its own time that there is nothing (%s)", (nothing) => {
    const loader = vi.fn(() => nothing);
    expect(cache.get("k", {}, loader)).toBeUndefined();
    expect(cache.get("k", {}, loader)).toBeUndefined();
    expect(loader).toHaveBeenCalledTimes(1);
    expect(cache.probe("k")).toEqual({ value: undefined, ttl: 5 });
    now += 5000;
    void cache.get("k", {}, loader);
    expect(loader).toHaveBeenCalledTimes(2);
    void cache.get("short", { negTtl: 1 }, loader);
    expect(cache.probe("short")?.ttl).toBe(1);
  });
});

describe("a loader that fails", () => {
  it("fails the call and is asked again", async () => {
    expect(() => cache.get("k", {}, fail)).toThrow("no connection");
    await expect(cache.get("k", {}, async () => fail())).rejects.toThrow("no connection");
    expect(cache.get("k", {}, () => "value")).toBe("value");
  });

  it("leaves the old value in place for a while", async () => {
    void cache.get("k", {}, () => "old");
    now += 11_000;
    expect(await cache.get("k", {}, async () => fail())).toBe("old");
    expect(cache.probe("k")?.ttl).toBe(30);
    const loader = vi.fn(() => "new");
    expect(cache.get("k", {}, loader)).toBe("old");
    expect(loader).not.toHaveBeenCalled();
    now += 30_000;
    expect(cache.get("k", {}, loader)).toBe("new");
  });

  it("has no old value to go on with when there never was one, or when that is not wanted", () => {
    void cache.get("nothing", {}, () => undefined);
    void cache.get("value", {}, () => "old");
    now += 60_000;
    expect(() => cache.get("nothing", {}, fail)).toThrow("no connection");
    expect(() => cache.get("value", { resurrectTtl: 0 }, fail)).toThrow("no connection");
  });
});

describe("invalidation", () => {
  it("forgets a key, a family of keys, or all", () => {
    for (const key of ["jwks:a", "jwks:b", "token:a"]) void cache.get(key, {}, () => key);
    cache.invalidate("jwks:a");
    expect(cache.probe("jwks:a")).toBeUndefined();
    void cache.get("jwks:a", {}, () => 1);
    cache.invalidatePrefix("jwks:");
    expect([cache.probe("jwks:a"), cache.probe("jwks:b")]).toEqual([undefined, undefined]);
    expect(cache.probe("token:a")?.value).toBe("token:a");
    cache.purge();
    expect(cache.stats).toMatchObject({ entries: 0, bytes: 0 });
  });

  it.each([
    ["invalidate", (c: Cache) => c.invalidate("k")],
    ["invalidatePrefix", (c: Cache) => c.invalidatePrefix("k")],
    ["purge", (c: Cache) => c.purge()],
    ["renew", (c: Cache) => void c.renew("k", {}, () => "new")],
  ])("keeps nothing that was loaded before it (%s)", async (_name, invalidate) => {
    const { promise, resolve } = deferred<string>();
    const before = cache.get("k", {}, () => promise);
    invalidate(cache);
    const after = cache.get("k", {}, () => "new");
    resolve("old");
    expect(await before).toBe("old");
    expect(await after).toBe("new");
    expect(cache.probe("k")?.value).toBe("new");
  });

  it("does not bring an old value back when an overtaken load fails", async () => {
    void cache.get("k", {}, () => "old");
    now += 11_000;
    const { promise, reject } = deferred<string>();
    const before = cache.get("k", {}, () => promise);
    cache.invalidate("k");
    reject(new Error("no connection"));
    await expect(before).rejects.toThrow("no connection");
    expect(cache.probe("k")).toBeUndefined();
  });
});

describe("renew", () => {
  it("loads although there is a value", () => {
    void cache.get("k", {}, () => "old");
    expect(cache.renew("k", {}, () => "new")).toBe("new");
    expect(cache.get("k", {}, fail)).toBe("new");
  });
});

describe("size", () => {
  it("stays within the bounds, and lets go what was not used for longest", () => {
    const small = makeCache({ maxBytes: 50_000 });
    const text = "x".repeat(1000);
    void small.get("kept", {}, () => text);
    for (let index = 0; index < 100; index++) {
      void small.get(`k${index}`, {}, () => text);
      void small.get("kept", {}, fail);
    }
    const { bytes, entries, evictions, maxBytes } = small.stats;
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(entries + evictions).toBe(101);
    expect(evictions).toBeGreaterThan(40);
    expect(small.probe("k99")).toBeDefined();
    expect(small.probe("k0")).toBeUndefined();
  });

  it("does not keep what is larger than the whole cache", () => {
    const small = makeCache({ maxBytes: 1000 });
    expect(small.get("k", {}, () => "x".repeat(2000))).toHaveLength(2000);
    expect(small.probe("k")).toBeUndefined();
  });
});
