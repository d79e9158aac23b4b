import { describe, expect, it } from "vitest";
import type { RawHeaders } from "../support/raw-request.js";
import { type ProxySetup, proxyTest } from "./support.js";

const TRUSTED: ProxySetup = { options: { trustedIps: ["127.0.0.1", "172.16.0.1", "192.168.0.1"] } };

/** The headers that the upstream gets, and the gateway's port. */
async function sent(
  headers: RawHeaders,
  setup: ProxySetup = {},
  path = "/",
): Promise<{ seen: Record<string, string | string[]>; port: string; upstreamPort: number }> {
  await using t = await proxyTest(setup);
  const given: RawHeaders = Array.isArray(headers)
    ? [["Host", "Client.Example:8123"], ...headers]
    : { host: "Client.Example:8123", ...headers };
  const response = await t.gateway.request({ path, headers: given });
  expect(response.status).toBe(200);
  return { seen: JSON.parse(response.text).headers, port: String(t.gateway.port), upstreamPort: t.upstream.port };
}

describe("the request that the upstream gets", () => {
  it("names the client, whom nobody vouches for", async () => {
    const { seen, port, upstreamPort } = await sent({}, { route: { paths: ["/api"] } }, "/api/%7Ex?y=1");
    expect(seen).toMatchObject({
      host: `127.0.0.1:${upstreamPort}`,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "client.example",
      "x-forwarded-port": port,
      "x-forwarded-path": "/api/%7Ex",
      "x-forwarded-prefix": "/api",
      "x-real-ip": "127.0.0.1",
      via: expect.stringMatching(/^1\.1 postern\/\d/),
      "x-kong-request-id": expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(seen.connection ?? "keep-alive").toBe("keep-alive");
  });

  const claims = {
    "x-forwarded-for": "10.1.1.1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "Other.example:9",
    "x-forwarded-port": "9999",
    "x-forwarded-path": "/claimed",
    "x-forwarded-prefix": "/claimed-prefix",
    "x-real-ip": "10.2.2.2",
  };

  it("does not repeat what a stranger claims, but for the list of addresses", async () => {
    const { seen, port } = await sent(claims);
    expect(seen).toMatchObject({
      "x-forwarded-for": "10.1.1.1, 127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "client.example",
      "x-forwarded-port": port,
      "x-forwarded-path": "/",
      "x-real-ip": "127.0.0.1",
    });
    expect(seen).not.toHaveProperty("x-forwarded-prefix");
  });

  it("repeats what a trusted peer claims", async () => {
    const { seen } = await sent(claims, TRUSTED);
    expect(seen).toMatchObject({ ...claims, "x-forwarded-for": "10.1.1.1, 127.0.0.1" });
  });

  it("finds the client's address in the header that the gateway was told of", async () => {
    const list = "127.0.0.1, 10.0.0.1, 192.168.0.1, 127.0.0.1, 172.16.0.1";
    const options = { ...TRUSTED.options, realIpHeader: "X-Forwarded-For" };
    const recursive = await sent({ "x-forwarded-for": list }, { options: { ...options, realIpRecursive: true } });
    expect(recursive.seen).toMatchObject({ "x-real-ip": "10.0.0.1", "x-forwarded-for": `${list}, 127.0.0.1` });
    const flat = await sent({ "x-forwarded-for": list }, { options });
    expect(flat.seen["x-real-ip"]).toBe("172.16.0.1");
    const garbage = await sent({ "x-forwarded-for": "10.0.0.1, <script>" }, { options });
    expect(garbage.seen["x-real-ip"]).toBe("127.0.0.1");
  });

  it.each([
    ["websocket in a plain request", { upgrade: "websocket" }, "upgrade"],
    ["Keep-Alive", { "keep-alive": "timeout=5" }, "keep-alive"],
    ["Proxy", { proxy: "http://evil" }, "proxy"],
    ["Proxy-Connection", { "proxy-connection": "keep-alive" }, "proxy-connection"],
    ["TE without trailers", { te: "gzip" }, "te"],
    ["debug headers", { "x-kong-request-debug": "*" }, "x-kong-request-debug"],
    ["what Connection names", { connection: "close, X-Hop", "x-hop": "1" }, "x-hop"],
    ["what Connection names in another case", { connection: "x-HOP ,keep-alive", "X-Hop": "1" }, "x-hop"],
  ])("has no %s", async (_what, headers, name) => {
    expect((await sent(headers)).seen).not.toHaveProperty(name);
  });

  it.each([
    ["TE: trailers", { te: "trailers" }, "te", "trailers"],
    ["TE with trailers among others", { te: "gzip, trailers" }, "te", "trailers"],
    ["Trailer", { trailer: "x-checksum" }, "trailer", "x-checksum"],
    ["Proxy-Authorization", { "proxy-authorization": "Basic eA==" }, "proxy-authorization", "Basic eA=="],
    ["names with underscores", { x_under_score: "1" }, "x_under_score", "1"],
    ["bytes beyond ASCII", { "x-latin": "gr\u00fcn" }, "x-latin", "gr\u00fcn"],
    ["empty values", { "x-empty": "" }, "x-empty", ""],
    ["the names close and keep-alive apart", { connection: "close", close: "1" }, "close", "1"],
  ])("keeps %s", async (_what, headers, name, value) => {
    expect((await sent(headers)).seen[name]).toBe(value);
  });

  it("keeps repeated headers apart and in order", async () => {
    const { seen } = await sent([
      ["X-A", "1"],
      ["x-a", "2"],
      ["Cookie", "a=1"],
      ["Cookie", "b=2"],
    ]);
    expect([seen["x-a"], seen.cookie]).toEqual([
      ["1", "2"],
      ["a=1", "b=2"],
    ]);
  });

  it("continues Via", async () => {
    expect((await sent({ via: "1.0 first, 1.1 second" })).seen.via).toMatch(/^1\.0 first, 1\.1 second, 1\.1 postern\//);
  });

  it("has the gateway's request id in place of the client's, unless that is switched off", async () => {
    const claim = { "x-kong-request-id": "mine" };
    expect((await sent(claim)).seen["x-kong-request-id"]).not.toBe("mine");
    expect((await sent(claim, { options: { headersUpstream: ["off"] } })).seen["x-kong-request-id"]).toBe("mine");
  });

  it("has the client's Host where the route preserves it", async () => {
    expect((await sent({}, { route: { paths: ["/"], preserve_host: true } })).seen.host).toBe("Client.Example:8123");
  });
});

it.each([
  ["http://name.test", "name.test"],
  ["http://name.test:80", "name.test"],
  ["http://name.test:8080", "name.test:8080"],
  ["http://[::1]:8080", "[::1]:8080"],
])("names a service at %s by %s", async (url, host) => {
  let seen: readonly string[] = [];
  const transport = {
    name: "fake",
    exchange(
      request: { headers: readonly string[] },
      handler: { onHead(status: number, text: string, headers: string[]): void; onEnd(): void },
    ) {
      seen = request.headers;
      queueMicrotask(() => {
        handler.onHead(200, "OK", ["Content-Length", "0"]);
        handler.onEnd();
      });
      return { resume() {}, abort() {} };
    },
    close: async () => undefined,
  };
  await using t = await proxyTest({
    document: { services: [{ name: "s", url, routes: [{ name: "r", paths: ["/"] }] }] },
    options: { transport },
  });
  expect((await t.gateway.fetch("/")).status).toBe(200);
  expect(seen.slice(0, 2)).toEqual(["Host", host]);
});
