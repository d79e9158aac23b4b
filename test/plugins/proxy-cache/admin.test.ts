import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { type CacheGateway, cacheGateway } from "./support.js";

const [ONE, TWO] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];

/** Two services with a zone each, and the Admin API. */
async function setup(): Promise<
  { t: CacheGateway; admin: (method: string, path: string) => Promise<Response> } & AsyncDisposable
> {
  const t = await cacheGateway(
    {},
    {
      document: (url) => ({
        services: [[ONE, "a"] as const, [TWO, "b"] as const].map(([id, name]) => ({
          name,
          url,
          routes: [{ paths: [`/${name}`] }],
          plugins: [{ id, name: "proxy-cache", config: { strategy: "memory", memory: { dictionary_name: name } } }],
        })),
      }),
    },
  );
  const server = createServer(t.gateway.gateway.admin);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    t,
    admin: (method, path) => fetch(`http://127.0.0.1:${port}${path}`, { method }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await t[Symbol.asyncDispose]();
    },
  };
}

describe("proxy-cache on the Admin API", () => {
  it("shows what is stored", async () => {
    await using s = await setup();
    const { headers, text } = await s.t.ask({ path: "/a" });
    const key = String(headers["x-cache-key"]);
    for (const path of [`/proxy-cache/${key}`, `/proxy-cache/${ONE}/caches/${key}`]) {
      const response = await s.admin("GET", path);
      expect([response.status, await response.json()]).toEqual([
        200,
        {
          status: 200,
          headers: expect.objectContaining({ "content-type": "application/json", "x-cache-status": "Miss" }),
          body: text,
          body_len: text.length,
          timestamp: s.t.time.now / 1000,
          ttl: 300,
          version: 1,
        },
      ]);
    }
  });

  it.each(["GET", "DELETE"])("answers %s of what is not there with 404", async (method) => {
    await using s = await setup();
    const { headers } = await s.t.ask({ path: "/a" });
    const paths = [
      "nothing",
      `${TWO}/caches/${headers["x-cache-key"]}`,
      `${ONE}/caches/nothing`,
      `nobody/caches/${headers["x-cache-key"]}`,
    ];
    for (const path of paths) expect((await s.admin(method, `/proxy-cache/${path}`)).status).toBe(404);
    s.t.time.now += 300_000;
    expect((await s.admin(method, `/proxy-cache/${headers["x-cache-key"]}`)).status).toBe(404);
  });

  it("purges one answer, of any instance or of one", async () => {
    await using s = await setup();
    for (const [path, prefix] of [
      ["/b", "/proxy-cache"],
      ["/a", `/proxy-cache/${ONE}/caches`],
    ] as const) {
      const { headers } = await s.t.ask({ path });
      await s.t.ask({ path: `${path}/other` });
      const response = await s.admin("DELETE", `${prefix}/${headers["x-cache-key"]}`);
      expect([response.status, await response.text()]).toEqual([204, ""]);
      expect(await s.t.paths(path, path, `${path}/other`)).toEqual(["Miss", "Hit", "Hit"]);
    }
  });

  it("purges everything", async () => {
    await using s = await setup();
    expect(await s.t.paths("/a", "/b", "/a", "/b")).toEqual(["Miss", "Miss", "Hit", "Hit"]);
    expect((await s.admin("DELETE", "/proxy-cache")).status).toBe(204);
    expect(await s.t.paths("/a", "/b")).toEqual(["Miss", "Miss"]);
  });

  it("knows no other methods", async () => {
    await using s = await setup();
    expect((await s.admin("GET", "/proxy-cache")).status).toBe(405);
    expect((await s.admin("PUT", "/proxy-cache/key")).status).toBe(405);
  });

  it("forgets what belonged to instances that are gone", async () => {
    await using s = await setup();
    const { headers } = await s.t.ask({ path: "/a" });
    const { gateway } = s.t.gateway;
    const [a, b] = s.t.document.services as { plugins: unknown[] }[];
    await gateway.loadConfig({ ...s.t.document, services: [b] } as never);
    expect((await s.admin("GET", `/proxy-cache/${headers["x-cache-key"]}`)).status).toBe(404);
    await gateway.loadConfig({ ...s.t.document, services: [a, b] } as never);
    expect(await s.t.paths("/a")).toEqual(["Miss"]);
  });
});

describe("proxy-cache, schema", () => {
  it("keeps what is stored over a reload", async () => {
    await using t = await cacheGateway();
    expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
    await t.gateway.gateway.loadConfig(t.document as never);
    expect(await t.paths("/")).toEqual(["Hit"]);
  });

  it.each([
    [{ strategy: undefined }, "required field missing"],
    [{ strategy: "redis" }, "expected one of: memory"],
    [{ response_code: [] }, "length must be at least 1"],
    [{ response_code: [99] }, "value should be between 100 and 900"],
    [{ response_code: ["abc"] }, "expected an integer"],
    [{ request_method: ["OPTIONS"] }, "expected one of: HEAD, GET, POST, PATCH, PUT"],
    [{ cache_ttl: 0 }, "value must be greater than 0"],
    [{ memory: null }, "required field missing"],
    [{ memory: { dictionary_name: null } }, "required field missing"],
    [{ content_type: null }, "required field missing"],
  ])("refuses %j: %s", async (config, text) => {
    await expect(cacheGateway(config)).rejects.toThrow(text);
  });

  it("takes statuses as texts on the Admin API", async () => {
    await using t = await cacheGateway({}, { options: { database: "memory" } });
    const server = createServer(t.gateway.gateway.admin);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}/plugins`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: "name=proxy-cache&config.strategy=memory&config.response_code[1]=200&config.response_code[2]=418",
      });
      expect([response.status, ((await response.json()) as { config: object }).config]).toEqual([
        201,
        expect.objectContaining({ response_code: [200, 418] }),
      ]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
