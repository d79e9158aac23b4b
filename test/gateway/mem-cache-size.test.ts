import { createGateway, definePlugin, OptionsError } from "postern";
import { describe, expect, it } from "vitest";
import { startGateway } from "../../src/testing/index.js";

const consumers = (count: number) => Array.from({ length: count }, (_, index) => ({ username: `user-${index}` }));
const document = (count: number) => ({ _format_version: "3.0", consumers: consumers(count) });
const text =
  /^Configuration does not fit in memory: it takes about \d+\.\d MiB of at most 0\.5 MiB, consider raising the "mem_cache_size" config \(option memCacheSize\)$/;

describe("memCacheSize", () => {
  it("refuses a configuration that is larger, and keeps the one before", async () => {
    const gateway = createGateway({ memCacheSize: "512k", declarativeConfig: document(10) });
    const rejected: Error[] = [];
    gateway.on("config:rejected", (error) => rejected.push(error));
    const { hash } = gateway.config;
    await expect(gateway.loadConfig(document(5000))).rejects.toMatchObject({
      name: "ConfigTooLargeError",
      code: "ERR_CONFIG_TOO_LARGE",
      status: 413,
      maxBytes: 524_288,
      message: expect.stringMatching(text),
    });
    expect(rejected).toHaveLength(1);
    expect(gateway.config.hash).toBe(hash);
    expect((await gateway.db.consumers.page()).data).toHaveLength(10);
    await gateway.loadConfig(document(100));
    await gateway.close();
  });

  it("refuses the first one too", () => {
    expect(() => createGateway({ memCacheSize: 524_288, declarativeConfig: document(5000) })).toThrow(text);
  });

  it("is answered with 413 by the Admin API", async () => {
    const gateway = createGateway({ memCacheSize: "512k" });
    const { admin } = await gateway.listen({ admin: { port: 0, host: "127.0.0.1" } });
    const response = await fetch(`http://127.0.0.1:${admin?.port}/config`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(document(5000)),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: expect.stringMatching(text) });
    await gateway.close();
  });

  it.each(["128 mb", "", 0, -1, "0"])("must be a size, which %j is not", (memCacheSize) => {
    expect(() => createGateway({ memCacheSize })).toThrow(OptionsError);
  });

  it.each(["dbCacheTtl", "dbCacheNegTtl", "dbResurrectTtl"])("%s must be a number", (name) => {
    expect(() => createGateway({ [name]: -1 })).toThrow(`option '${name}': must be a number, 0 or more`);
  });
});

describe("pdk.cache", () => {
  const counting = () => {
    let loads = 0;
    const plugin = definePlugin({
      name: "counting",
      version: "1.0.0",
      priority: 1,
      config: {},
      async access(pdk) {
        const count = await pdk.cache.get("counting:n", {}, async () => {
          loads += 1;
          return loads;
        });
        return pdk.response.exit(200, { count });
      },
    });
    return {
      plugin,
      document: (path: string) => ({ _format_version: "3.0", routes: [{ paths: [path] }], plugins: [{ name: "counting" }] }),
    };
  };

  it("is kept between requests, is emptied with a new configuration, and is no other gateway's", async () => {
    const { plugin, document: routes } = counting();
    await using first = await startGateway({ plugins: [plugin], declarativeConfig: routes("/a") });
    await using second = await startGateway({ plugins: [plugin], declarativeConfig: routes("/a") });
    const count = async (gateway: typeof first, path: string) =>
      ((await (await gateway.fetch(path)).json()) as { count: number }).count;
    expect([await count(first, "/a"), await count(first, "/a"), await count(second, "/a")]).toEqual([1, 1, 2]);
    await first.gateway.loadConfig(routes("/b"));
    expect(await count(first, "/b")).toBe(3);
    expect(await count(second, "/a")).toBe(2);
  });

  it("takes its times from the options and the clock", async () => {
    let now = 1_000_000;
    const { plugin, document: routes } = counting();
    await using gateway = await startGateway({
      plugins: [plugin],
      declarativeConfig: routes("/"),
      dbCacheTtl: 60,
      clock: () => now,
    });
    const count = async () => ((await (await gateway.fetch("/")).json()) as { count: number }).count;
    expect([await count(), await count()]).toEqual([1, 1]);
    now += 60_000;
    expect(await count()).toBe(2);
  });
});
