import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway, definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { cacheGateway } from "./support.js";

describe("proxy-cache", () => {
  it("stores an answer and sends it again", async () => {
    await using t = await cacheGateway({}, { headers: { "x-own": ["a", "b"], age: "77", "x-ratelimit-remaining-minute": "3" } });
    const first = await t.ask();
    expect(first.headers).toMatchObject({ "x-cache-status": "Miss", "x-cache-key": expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(first.headers.age).toBe("77");
    t.time.now += 12_900;
    const second = await t.ask();
    expect(second).toMatchObject({ status: 200, text: first.text });
    expect(second.headers).toMatchObject({
      age: "12",
      "x-cache-status": "Hit",
      "x-cache-key": first.headers["x-cache-key"],
      "content-type": "application/json",
      "content-length": String(first.body.length),
      "x-own": ["a", "b"],
    });
    expect(second.headers).not.toHaveProperty("x-ratelimit-remaining-minute");
    expect(t.upstream.requests).toHaveLength(1);
  });

  it("tells the latencies of proxied answers on hits too", async () => {
    await using t = await cacheGateway();
    for (const status of ["Miss", "Hit"]) {
      const { headers } = await t.ask();
      expect(headers).toMatchObject({ "x-cache-status": status, "x-kong-upstream-latency": expect.any(String) });
      expect(headers).toHaveProperty("x-kong-proxy-latency");
      expect(headers).not.toHaveProperty("x-kong-response-latency");
      expect(headers).toHaveProperty("x-kong-request-id");
    }
  });

  it("sends no Age with what it does not have", async () => {
    await using t = await cacheGateway();
    expect((await t.ask()).headers).not.toHaveProperty("age");
  });

  it("stores for cache_ttl", async () => {
    await using t = await cacheGateway({ cache_ttl: 2 });
    expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
    t.time.now += 1_999;
    expect(await t.paths("/")).toEqual(["Hit"]);
    t.time.now += 1;
    expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
  });

  it("stores for storage_ttl, and refreshes what is older than cache_ttl", async () => {
    await using t = await cacheGateway({ cache_ttl: 2, storage_ttl: 10 });
    expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
    t.time.now += 3_000;
    expect(await t.paths("/", "/")).toEqual(["Refresh", "Hit"]);
    t.time.now += 10_000;
    expect(await t.paths("/")).toEqual(["Miss"]);
  });

  it("passes requests by whose method is not listed", async () => {
    await using t = await cacheGateway({ request_method: ["GET"] });
    const { headers } = await t.ask({ method: "HEAD" });
    expect(headers["x-cache-status"]).toBe("Bypass");
    expect(headers).not.toHaveProperty("x-cache-key");
    expect(await t.statuses({ method: "HEAD" }, { method: "DELETE" })).toEqual(["Bypass", "Bypass"]);
  });

  it("stores answers to POST when told to, whatever was posted", async () => {
    await using t = await cacheGateway({ request_method: ["POST"] });
    const post = (body: string) => ({ method: "POST", body, headers: { "content-length": String(body.length) } });
    expect(await t.statuses(post("one"), post("two"))).toEqual(["Miss", "Hit"]);
    expect(t.upstream.requests.map(({ body }) => body)).toEqual(["one"]);
  });

  it("lets a body that is too long to hold go through", async () => {
    await using t = await cacheGateway({ request_method: ["POST"] }, { options: { clientBodyBufferSize: 8 } });
    const body = "much too long";
    const post = { method: "POST", body, headers: { "content-length": String(body.length) } };
    expect(await t.statuses(post, post)).toEqual(["Miss", "Hit"]);
    expect(t.upstream.requests.map((request) => request.body)).toEqual([body]);
  });

  it("stores statuses that are listed only", async () => {
    const answer = (status: number) => ({
      answer: (_: unknown, response: ServerResponse) =>
        void response.writeHead(status, { "content-type": "text/plain" }).end("x"),
    });
    for (const status of [200, 301, 404]) {
      await using t = await cacheGateway({ content_type: ["text/plain"] }, answer(status));
      expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
      expect((await t.ask()).status).toBe(status);
    }
    await using t = await cacheGateway({}, answer(418));
    expect(await t.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
    await using own = await cacheGateway({ response_code: [418] }, answer(418));
    expect(await own.paths("/", "/")).toEqual(["Miss", "Hit"]);
  });

  it.each([
    ["text/plain", ["text/plain"], true],
    ["text/plain; charset=latin1", ["text/plain"], false],
    ["Text/Plain;charset=latin1", ["text/plain; charset=latin1"], true],
    ["text/plain", ["text/plain; charset=latin1"], false],
    ['application/json; v="1 a"', ['application/json;v="1 a"'], true],
    ["application/json; v=1", ["application/json; v=2"], false],
    ["application/xml", ["application/*"], true],
    ["image/png", ["*/png"], true],
    ["image/png", ["*"], true],
    ["image/png; q=1", ["*/*"], false],
    ["application/json", ["nonsense", "application/", "application/json"], true],
    ["nonsense", ["nonsense"], false],
    ["application/json; =", ["*/*"], false],
  ])("answers of type %s, where %j are stored: %s", async (type, content_type, stored) => {
    await using t = await cacheGateway({ content_type }, { headers: { "content-type": type } });
    expect(await t.paths("/", "/")).toEqual(stored ? ["Miss", "Hit"] : ["Bypass", "Bypass"]);
    expect(t.logged).toEqual([]);
  });

  it("does not store answers without a type, or with two", async () => {
    await using none = await cacheGateway(
      { content_type: ["*/*"] },
      { answer: (_, response) => void response.writeHead(200).end("x") },
    );
    expect(await none.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
    const headers = ["content-type", "text/plain", "content-type", "text/plain"];
    await using two = await cacheGateway({}, { answer: (_, response) => void response.writeHead(200, headers).end("x") });
    expect(await two.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
  });

  it("stores what comes in pieces, and bytes as they are", async () => {
    const bytes = Buffer.from([0, 255, 128, 10, 13, 254]);
    await using t = await cacheGateway(
      { content_type: ["image/png"] },
      {
        answer(_, response) {
          response.writeHead(200, { "content-type": "image/png" });
          response.write(bytes);
          setImmediate(() => response.end(bytes));
        },
      },
    );
    const first = await t.ask();
    expect(first.headers).toMatchObject({ "x-cache-status": "Miss", "transfer-encoding": "chunked" });
    const second = await t.ask();
    expect(second.headers).toMatchObject({ "x-cache-status": "Hit", "content-length": "12" });
    expect(second.body.equals(Buffer.concat([bytes, bytes]))).toBe(true);
  });

  it("leaves answers their length while storing them, those to HEAD on hits too", async () => {
    await using t = await cacheGateway({}, { headers: { "content-length": "11" } });
    expect((await t.ask()).headers["content-length"]).toBe("11");
    for (const status of ["Miss", "Hit"]) {
      expect((await t.ask({ method: "HEAD" })).headers).toMatchObject({ "x-cache-status": status, "content-length": "11" });
    }
  });

  it("shares an answer whatever the order of arguments is", async () => {
    await using t = await cacheGateway();
    expect(await t.paths("/?a=b&b=c", "/?b=c&a=b", "/?a&b", "/?b&a", "/?a=&b=")).toEqual(["Miss", "Hit", "Miss", "Hit", "Miss"]);
    expect(await t.paths("/?m=1&m=2", "/?m=2&m=1", "/?m=1", "/?m=1%2C2")).toEqual(["Miss", "Hit", "Miss", "Miss"]);
  });

  it("looks at the arguments that it was told to", async () => {
    await using t = await cacheGateway({ vary_query_params: ["id", "lang"] });
    expect(await t.paths("/?id=1&x=1", "/?x=2&id=1", "/?id=2", "/", "/?x=1", "/?lang=1")).toEqual([
      "Miss",
      "Hit",
      "Miss",
      "Miss",
      "Hit",
      "Miss",
    ]);
  });

  it("looks at the headers that it was told to", async () => {
    await using t = await cacheGateway({ vary_headers: ["X-Lang"] });
    const lang = (value: string) => ({ headers: { "x-lang": value, "x-other": String(Math.random()) } });
    expect(await t.statuses(lang("a"), lang("a"), lang("b"), {}, {})).toEqual(["Miss", "Hit", "Miss", "Miss", "Hit"]);
  });

  it("takes paths for different by their case, unless told not to", async () => {
    await using strict = await cacheGateway();
    expect(await strict.paths("/a", "/A")).toEqual(["Miss", "Miss"]);
    await using loose = await cacheGateway({ ignore_uri_case: true });
    expect(await loose.paths("/a", "/A")).toEqual(["Miss", "Hit"]);
  });

  it("hides the headers that it is told to hide, but not from who debugs", async () => {
    await using t = await cacheGateway({ response_headers: { age: false, "X-Cache-Status": false, "X-Cache-Key": false } });
    await t.ask();
    const own = (headers: object) => Object.keys(headers).filter((name) => /^(age|x-cache-.*)$/.test(name));
    expect(own((await t.ask()).headers)).toEqual([]);
    expect(own((await t.ask({ headers: { "kong-debug": "1" } })).headers).sort()).toEqual([
      "age",
      "x-cache-key",
      "x-cache-status",
    ]);
  });

  it("tells other plugins about a hit", async () => {
    const hits: unknown[] = [];
    const watcher = definePlugin({
      name: "watcher",
      version: "1.0.0",
      priority: 1,
      config: {},
      log: (pdk) => void hits.push(pdk.ctx.shared.proxy_cache_hit),
    });
    await using t = await cacheGateway(
      { request_method: ["POST"] },
      {
        options: { plugins: ["bundled", watcher] },
        document: (url) => ({
          services: [{ url, routes: [{ paths: ["/"] }] }],
          plugins: [{ name: "proxy-cache", config: { strategy: "memory", request_method: ["POST"] } }, { name: "watcher" }],
        }),
      },
    );
    const post = { method: "POST", body: "abc", headers: { "content-length": "3" } };
    expect(await t.statuses(post, post)).toEqual(["Miss", "Hit"]);
    expect(hits).toEqual([
      undefined,
      {
        res: expect.objectContaining({ status: 200, body_len: 11, ttl: 300, version: 1, timestamp: t.time.now / 1000 }),
        req: { body: Buffer.from("abc") },
        server_addr: "127.0.0.1",
      },
    ]);
  });

  it("serves a route without a service from memory as well", async () => {
    const gateway = createGateway({
      _format_version: "3.0",
      routes: [{ name: "own", paths: ["/"] }],
      plugins: [{ name: "proxy-cache", config: { strategy: "memory" } }],
    } as never);
    let asked = 0;
    const server = createServer((request, response) => {
      gateway.handler(request, response, () => {
        asked += 1;
        response.setHeader("content-type", "text/plain").end("mine");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      for (const status of ["Miss", "Hit"]) {
        const response = await fetch(`http://127.0.0.1:${port}/`);
        expect([response.headers.get("x-cache-status"), await response.text()]).toEqual([status, "mine"]);
      }
      expect(asked).toBe(1);
    } finally {
      server.closeAllConnections();
      server.close();
      await gateway.close();
    }
  });
});
