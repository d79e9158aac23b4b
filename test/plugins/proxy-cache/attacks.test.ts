import { connect } from "node:net";
import fc from "fast-check";
import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { rawServer } from "../../support/raw-server.js";
import { waitFor } from "../../support/wait-for.js";
import { cacheGateway } from "./support.js";

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/** A gateway before an upstream that answers the n-th request with the n-th text, and cuts the connection where told to. */
async function rawUpstream(answers: readonly { text: string; cut?: "end" | "reset" }[]) {
  let next = 0;
  const upstream = await rawServer({
    onRequest({ socket }) {
      const { text, cut } = answers[Math.min(next++, answers.length - 1)] as (typeof answers)[number];
      socket.write(text, () => {
        if (cut === "end") socket.end();
        if (cut === "reset") socket.resetAndDestroy();
      });
    },
  });
  const t = await cacheGateway(
    {},
    {
      document: () => ({
        services: [
          {
            url: `http://127.0.0.1:${upstream.port}`,
            retries: 0,
            routes: [{ paths: ["/"] }],
            plugins: [{ name: "proxy-cache", config: { strategy: "memory" } }],
          },
        ],
      }),
    },
  );
  return {
    t,
    upstream,
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

describe("proxy-cache is not poisoned", () => {
  it.each([
    ["is shorter than its Content-Length", `${HEAD}Content-Length: 10\r\n\r\n{"a":`, "end"],
    ["is reset", `${HEAD}Content-Length: 10\r\n\r\n{"a":`, "reset"],
    ["is chunked and has no last chunk", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n`, "end"],
    ["has a chunk of no length", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nzz\r\n`, undefined],
  ] as const)("by an answer that %s", async (_what, text, cut) => {
    const whole = { text: `${HEAD}Content-Length: 2\r\n\r\n{}` };
    await using raw = await rawUpstream([cut === undefined ? { text } : { text, cut }, whole]);
    await raw.t.ask().catch(() => undefined);
    const { headers, text: body } = await raw.t.ask();
    expect([headers["x-cache-status"], body]).toEqual(["Miss", "{}"]);
    expect((await raw.t.ask()).text).toBe("{}");
  });

  it("by an answer that is longer than its Content-Length", async () => {
    await using raw = await rawUpstream([{ text: `${HEAD}Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\nevil` }]);
    await raw.t.ask().catch(() => undefined);
    expect((await raw.t.ask()).text).toBe("{}");
  });

  it("by a client that leaves in the middle", async () => {
    let abandoned = false;
    let begun = 0;
    await using t = await cacheGateway(
      {},
      {
        answer(_, response) {
          begun += 1;
          response.writeHead(200, { "content-type": "application/json" });
          if (begun > 1) return void response.end("whole");
          response.on("close", () => {
            abandoned = true;
          });
          response.write("part");
        },
      },
    );
    const socket = connect(t.gateway.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await waitFor(() => abandoned, { what: "the end of the upstream's answer" });
    const { headers, text } = await t.ask();
    expect([headers["x-cache-status"], text]).toEqual(["Miss", "whole"]);
  });

  it("with what was meant for one client by its cookies", async () => {
    await using t = await cacheGateway({}, { headers: { "set-cookie": ["session=alice", "b=c"] } });
    expect(await t.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
  });

  it("with the gateway's own errors", async () => {
    await using t = await cacheGateway(
      {},
      {
        document: () => ({
          services: [{ url: "http://127.0.0.1:1", retries: 0, routes: [{ paths: ["/"] }] }],
          plugins: [
            { name: "proxy-cache", config: { strategy: "memory", response_code: [502, 503, 504], content_type: ["*/*"] } },
          ],
        }),
      },
    );
    expect((await t.ask()).status).toBe(502);
    expect((await t.ask({ headers: { accept: "application/json" } })).headers["x-cache-status"]).not.toBe("Hit");
  });

  it("through the host that the client names", async () => {
    await using t = await cacheGateway();
    expect(await t.statuses({ headers: { host: "evil.test" } }, {}, { headers: { host: "X" } })).toEqual(["Miss", "Miss", "Hit"]);
    expect(await t.statuses({ headers: { host: "x:81" } })).toEqual(["Miss"]);
  });

  it("through forwarding headers", async () => {
    const forged = { "x-forwarded-host": "evil.test", "x-forwarded-proto": "https", "x-forwarded-prefix": "/evil" };
    await using closed = await cacheGateway();
    expect(await closed.statuses({ headers: forged }, {})).toEqual(["Miss", "Hit"]);
    expect(closed.upstream.requests[0]?.headers["x-forwarded-host"]).not.toBe("evil.test");
    await using trusting = await cacheGateway({}, { options: { trustedIps: ["127.0.0.1"] } });
    for (const [name, value] of Object.entries(forged)) {
      expect(await trusting.statuses({ path: `/${name}`, headers: { [name]: value } }, { path: `/${name}` })).toEqual([
        "Miss",
        "Miss",
      ]);
    }
  });

  it.each([
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
  ])("through %s", async (name) => {
    await using t = await cacheGateway();
    expect(await t.statuses({ headers: { [name]: "evil" } }, {}, { headers: { [name]: "evil" } })).toEqual([
      "Miss",
      "Miss",
      "Hit",
    ]);
  });

  it("by a coding that others do not understand", async () => {
    await using t = await cacheGateway({}, { headers: { "content-encoding": "br" } });
    const brotli = { headers: { "accept-encoding": "br" } };
    expect(await t.statuses(brotli, {}, {}, brotli)).toEqual(["Miss", "Miss", "Hit", "Miss"]);
  });

  it("by headers that are taken off on the way to the upstream", async () => {
    await using t = await cacheGateway({ vary_headers: ["x-lang"] });
    const smuggled = { "x-lang": "fr", connection: "close, X-Lang" };
    expect(await t.statuses({ headers: smuggled }, { headers: { "x-lang": "fr" } })).toEqual(["Bypass", "Miss"]);
    expect(t.upstream.requests[0]?.headers).not.toHaveProperty("x-lang");
    expect(await t.statuses({ headers: { "x-lang": "fr", connection: "keep-alive" } })).toEqual(["Hit"]);
  });

  it("by a body that nobody expects", async () => {
    await using t = await cacheGateway();
    expect(await t.statuses({ body: "id=2", headers: { "content-length": "4" } }, {})).toEqual(["Bypass", "Miss"]);
    expect(await t.statuses({ body: "1\r\nx\r\n0\r\n\r\n", headers: { "transfer-encoding": "chunked" } })).toEqual(["Bypass"]);
  });

  it("by what the answer itself says that it depends on", async () => {
    await using t = await cacheGateway({}, { headers: { vary: "Accept-Language, X-Theme" } });
    const german = { headers: { "accept-language": "de" } };
    expect(await t.statuses({}, {}, german, german, {})).toEqual(["Miss", "Hit", "Miss", "Hit", "Miss"]);
    await using any = await cacheGateway({}, { headers: { vary: "*" } });
    expect(await any.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
  });

  it("by a part of an answer", async () => {
    const config = { response_code: [200, 206, 304] };
    await using part = await cacheGateway(config, {
      answer: (_, response) =>
        void response.writeHead(206, { "content-type": "text/plain", "content-range": "bytes 0-0/9" }).end("x"),
    });
    expect(await part.statuses({ headers: { range: "bytes=0-0" } }, {})).toEqual(["Bypass", "Bypass"]);
    await using same = await cacheGateway(config, {
      answer: (_, response) => void response.writeHead(304, { "content-type": "text/plain" }).end(),
    });
    expect(await same.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
  });

  it("by plugins that change what they are shown", async () => {
    const vandal = definePlugin({
      name: "vandal",
      version: "1.0.0",
      priority: 1,
      config: {},
      headerFilter(pdk) {
        const hit = pdk.ctx.shared.proxy_cache_hit as { res: { status: number; headers: Record<string, string> } } | undefined;
        if (hit === undefined) return;
        expect(() => Object.assign(hit.res, { status: 500 })).toThrow(TypeError);
        expect(() => Object.assign(hit.res.headers, { evil: "1" })).toThrow(TypeError);
        expect(() => (hit.res.headers["x-list"] as unknown as string[]).push("evil")).toThrow(TypeError);
      },
    });
    await using t = await cacheGateway(
      {},
      {
        headers: { "x-list": ["a", "b"] },
        options: { plugins: ["bundled", vandal] },
        document: (url) => ({
          services: [{ url, routes: [{ paths: ["/"] }] }],
          plugins: [{ name: "proxy-cache", config: { strategy: "memory" } }, { name: "vandal" }],
        }),
      },
    );
    expect(await t.paths("/", "/", "/")).toEqual(["Miss", "Hit", "Hit"]);
  });

  it("by a header filter that answers after it", async () => {
    const late = definePlugin({
      name: "late",
      version: "1.0.0",
      priority: 1,
      config: {},
      headerFilter: (pdk) => (pdk.request.getHeader("x-bad") === undefined ? undefined : pdk.response.exit(200, "replaced")),
    });
    await using t = await cacheGateway(
      {},
      {
        options: { plugins: ["bundled", late] },
        document: (url) => ({
          services: [{ url, routes: [{ paths: ["/"] }] }],
          plugins: [{ name: "proxy-cache", config: { strategy: "memory" } }, { name: "late" }],
        }),
      },
    );
    expect((await t.ask({ headers: { "x-bad": "1" } })).text).toBe("replaced");
    expect((await t.ask()).text).toBe('{"count":2}');
  });
});

describe("proxy-cache with filters that run after it", () => {
  it("stores nothing whose status they have changed", async () => {
    const late = definePlugin({
      name: "late",
      version: "1.0.0",
      priority: 1,
      config: {},
      headerFilter: (pdk) => pdk.response.setStatus(503),
    });
    await using t = await cacheGateway(
      {},
      {
        options: { plugins: ["bundled", late] },
        document: (url) => ({
          services: [{ url, routes: [{ paths: ["/"] }] }],
          plugins: [{ name: "proxy-cache", config: { strategy: "memory" } }, { name: "late" }],
        }),
      },
    );
    expect(await t.paths("/", "/")).toEqual(["Miss", "Miss"]);
  });
});

describe("proxy-cache does not mix up", () => {
  it("methods", async () => {
    await using t = await cacheGateway();
    expect(await t.statuses({ method: "HEAD" }, {}, { method: "HEAD" }, {})).toEqual(["Miss", "Miss", "Hit", "Hit"]);
    expect((await t.ask()).text).toBe('{"count":2}');
    expect((await t.ask({ method: "HEAD" })).body).toHaveLength(0);
  });

  it("routes and consumers, under one global instance", async () => {
    await using t = await cacheGateway(
      {},
      {
        document: (url) => ({
          services: [
            {
              url,
              routes: [
                { name: "a", hosts: ["x"], paths: ["/"] },
                { name: "b", hosts: ["x"], paths: ["/"], headers: { "x-route": ["b"] } },
              ],
            },
          ],
          consumers: ["alice", "bob"].map((username) => ({ username, keyauth_credentials: [{ key: username }] })),
          plugins: [
            { name: "key-auth", config: { key_names: ["apikey"], hide_credentials: true } },
            { name: "proxy-cache", config: { strategy: "memory" } },
          ],
        }),
      },
    );
    const as = (apikey: string, more: object = {}) => ({ headers: { apikey, ...more } });
    expect(await t.statuses(as("alice"), as("alice"), as("bob"), as("bob"))).toEqual(["Miss", "Hit", "Miss", "Hit"]);
    expect(await t.statuses(as("alice", { "x-route": "b" }), as("alice", { "x-route": "b" }))).toEqual(["Miss", "Hit"]);
    const refused = await t.ask();
    expect(refused.status).toBe(401);
    expect(Object.keys(refused.headers).filter((name) => name.startsWith("x-cache"))).toEqual([]);
  });

  it("those who tell the upstream who they are", async () => {
    await using t = await cacheGateway();
    const as = (who: string) => ({ headers: { authorization: `Bearer ${who}` } });
    expect(await t.statuses(as("alice"), as("alice"), as("bob"), {}, {})).toEqual(["Miss", "Hit", "Miss", "Miss", "Hit"]);
  });

  it.each([
    ["/?a=b:c=d", "/?a=b&c=d"],
    ["/?a=b%3Ac%3Dd", "/?a=b&c=d"],
    ["/?a=1,2", "/?a=1&a=2"],
    ["/?a=1%2C2", "/?a=1&a=2"],
    ["/?a=b%26c=d", "/?a=b&c=d"],
    ["/?a", "/?a="],
    ["/?a%3D", "/?a="],
    ["/?a%3Db", "/?a=b"],
    ["/?a=%FF", "/?a=%25FF"],
    ["/?a=%2B", "/?a=+"],
    ["/a?b", "/a%3Fb"],
    ["/a/b", "/a%2Fb"],
    ["/a|b", "/a%7Cb"],
    ["/a/../b", "/b"],
    ["/?", "/??"],
    ["/?__proto__=1", "/?__proto__=2"],
    ["/?constructor=1", "/"],
  ])("%s and %s", async (one, other) => {
    await using t = await cacheGateway();
    expect(await t.paths(one, other, one, other)).toEqual(["Miss", "Miss", "Hit", "Hit"]);
  });

  it("arguments beyond the hundredth", async () => {
    await using t = await cacheGateway();
    const many = Array.from({ length: 150 }, (_, i) => `a${i}=1`).join("&");
    expect(await t.paths(`/?${many}&id=1`, `/?${many}&id=2`, `/?${many}&id=1`)).toEqual(["Miss", "Miss", "Hit"]);
  });

  it("any two lists of arguments that differ in more than their order", async () => {
    await using t = await cacheGateway();
    const text = fc.constantFrom("a", "b", "a=b", "a:b", "a,b", "a&b", "", "%", "[", '"', "\u00e9", "|");
    const list = fc.array(fc.tuple(text, fc.option(text, { nil: undefined })), { maxLength: 3 });
    const pieces = (args: [string, string | undefined][]) =>
      args.map(([name, value]) => encodeURIComponent(name) + (value === undefined ? "" : `=${encodeURIComponent(value)}`));
    await fc.assert(
      fc.asyncProperty(list, list, async (one, other) => {
        const [a, b] = [pieces(one), pieces(other)].map((all) => all.filter((piece) => piece !== ""));
        const keys = [];
        for (const all of [a, b]) keys.push((await t.ask({ path: `/?${all?.join("&")}` })).headers["x-cache-key"]);
        expect(keys[0] === keys[1]).toBe(JSON.stringify(a?.sort()) === JSON.stringify(b?.sort()));
      }),
      { numRuns: 60 },
    );
  });

  it("plain requests and upgrades", async () => {
    await using t = await cacheGateway();
    const upgrade = { headers: { connection: "Upgrade", upgrade: "websocket" } };
    await t.ask();
    // The upstream knows no upgrades, and answers as if it had not been asked for one.
    expect((await t.ask(upgrade)).text).toBe('{"count":2}');
  });
});

describe("proxy-cache is bounded", () => {
  it("in memory: what was not used for longest goes first", async () => {
    await using t = await cacheGateway(
      {},
      {
        options: { memCacheSize: "64k" },
        answer: (_, response) => void response.setHeader("content-type", "application/json").end("x".repeat(5_000)),
      },
    );
    const paths = Array.from({ length: 40 }, (_, i) => `/${i}`);
    await t.paths(...paths);
    expect(await t.paths("/39")).toEqual(["Hit"]);
    const again = await t.paths(...paths);
    expect(again.filter((status) => status === "Hit").length).toBeLessThan(13);
  });

  it("for each answer: a longer one is sent and not stored", async () => {
    const body = "x".repeat(9_000);
    await using t = await cacheGateway(
      {},
      {
        options: { memCacheSize: "64k" },
        answer: (_, response) => void response.setHeader("content-type", "application/json").end(body),
      },
    );
    expect(await t.paths("/", "/")).toEqual(["Miss", "Miss"]);
    expect((await t.ask()).text).toBe(body);
  });
});
