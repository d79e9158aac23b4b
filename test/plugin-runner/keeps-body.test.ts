import { definePlugin, int } from "postern";
import { describe, expect, it } from "vitest";
import { startGateway, startUpstream } from "../../src/testing/index.js";

describe("keepsBody", () => {
  const counter = definePlugin({
    name: "counter",
    version: "1.0.0",
    priority: 20,
    config: {},
    keepsBody: true,
    headerFilter(pdk) {
      pdk.ctx.plugin.bytes = 0;
    },
    bodyFilter(pdk, _config, { data, last }) {
      pdk.ctx.plugin.bytes = (pdk.ctx.plugin.bytes as number) + data.length;
      if (last) counted.push(pdk.ctx.plugin.bytes as number);
    },
  });
  const doubler = definePlugin({
    name: "doubler",
    version: "1.0.0",
    priority: 10,
    config: {},
    bodyFilter: (_pdk, _config, { data }) => Buffer.concat([data, data]),
  });
  const counted: number[] = [];

  it("leaves bodies their length, unless another plugin changes them", async () => {
    await using upstream = await startUpstream((_recorded, response) => void response.setHeader("content-length", 4).end("body"));
    await using gateway = await startGateway({
      plugins: [counter, doubler],
      declarativeConfig: {
        _format_version: "3.0",
        services: [
          {
            url: upstream.url,
            routes: [{ paths: ["/one"] }, { paths: ["/two"], plugins: [{ name: "doubler" }] }],
            plugins: [{ name: "counter" }],
          },
        ],
      },
    });
    const seen = [];
    for (const path of ["/one", "/two"]) {
      const response = await gateway.fetch(path);
      seen.push([response.headers.get("content-length"), await response.text()]);
    }
    expect(seen).toEqual([
      ["4", "body"],
      [null, "bodybody"],
    ]);
    expect(counted).toEqual([4, 4]);
  });
});

describe("withoutDatabase", () => {
  const limited = definePlugin({
    name: "limited",
    version: "1.0.0",
    priority: 10,
    config: { copies: int({ default: 1 }) },
    withoutDatabase: { copies: int({ default: 1, between: [1, 1] }) },
  });
  const start = (database: "off" | "memory", copies: number) =>
    startGateway({
      database,
      plugins: [limited],
      declarativeConfig: { _format_version: "3.0", plugins: [{ name: "limited", config: { copies } }] },
    });

  it("puts other fields in the place of those of the configuration where nothing can be written", async () => {
    await expect(start("off", 2)).rejects.toThrow("value should be between 1 and 1");
    await using readOnly = await start("off", 1);
    await using writable = await start("memory", 2);
    const configOf = async ({ gateway }: typeof writable | typeof readOnly): Promise<unknown> =>
      (await gateway.db.plugins.page()).data[0]?.config;
    expect([await configOf(readOnly), await configOf(writable)]).toEqual([{ copies: 1 }, { copies: 2 }]);
  });
});
