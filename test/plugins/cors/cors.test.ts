import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { type EchoUpstream, echoUpstream } from "../../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../../support/test-gateway.js";

const ALL_METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT";

interface Setup extends AsyncDisposable {
  readonly upstream: EchoUpstream;
  readonly gateway: TestGateway;
}

async function setup(
  config: object = {},
  more: Config = {},
  upstreamHeaders: Record<string, string> = {},
  options: object = {},
): Promise<Setup> {
  const upstream = await echoUpstream({ answer: (_record, res) => void res.writeHead(200, upstreamHeaders).end("ok") });
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "cors", config }],
      ...more,
    },
    options,
  });
  return {
    upstream,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** The CORS headers of an answer, and `Vary`. */
function corsHeaders(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => name === "vary" || name.startsWith("access-control-")));
}

function preflight(t: Setup, headers: Record<string, string> = {}): Promise<Response> {
  return t.gateway.fetch("/", {
    method: "OPTIONS",
    headers: { origin: "http://a.test", "access-control-request-method": "PUT", ...headers },
  });
}

describe("cors, preflight", () => {
  it("is answered by the gateway", async () => {
    await using t = await setup();
    const response = await preflight(t);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-length")).toBe("0");
    expect(corsHeaders(response)).toEqual({ "access-control-allow-origin": "*", "access-control-allow-methods": ALL_METHODS });
    expect(t.upstream.requests).toEqual([]);
  });

  it("carries everything that is configured", async () => {
    await using t = await setup({
      origins: ["http://a.test", "http://b.test"],
      methods: ["GET", "PUT"],
      headers: ["X-One", "X-Two"],
      exposed_headers: ["X-Three"],
      max_age: 23,
      credentials: true,
    });
    expect(corsHeaders(await preflight(t))).toEqual({
      "access-control-allow-origin": "http://a.test",
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "X-One,X-Two",
      "access-control-allow-methods": "GET,PUT",
      "access-control-max-age": "23",
      vary: "Origin",
    });
  });

  it("allows the headers that the browser asks for when none are configured", async () => {
    await using t = await setup();
    const response = await preflight(t, { "access-control-request-headers": "x-a, x-b" });
    expect(response.headers.get("access-control-allow-headers")).toBe("x-a, x-b");
  });

  it("names no origin that is not on the list, but the methods", async () => {
    await using t = await setup({ origins: ["http://b.test", "http://c.test"] });
    expect(corsHeaders(await preflight(t))).toEqual({ "access-control-allow-methods": ALL_METHODS, vary: "Origin" });
  });

  it("opens private networks only when configured and asked", async () => {
    await using closed = await setup();
    const asked = { "access-control-request-private-network": "true" };
    expect(corsHeaders(await preflight(closed, asked))).not.toHaveProperty("access-control-allow-private-network");

    await using t = await setup({ private_network: true });
    expect((await preflight(t, asked)).headers.get("access-control-allow-private-network")).toBe("true");
    expect(corsHeaders(await preflight(t))).not.toHaveProperty("access-control-allow-private-network");
  });

  it("goes upstream untouched when told so", async () => {
    await using t = await setup({ preflight_continue: true }, {}, { "access-control-allow-origin": "upstream" });
    const response = await preflight(t);
    expect(corsHeaders(response)).toEqual({ "access-control-allow-origin": "upstream" });
    expect(t.upstream.requests).toHaveLength(1);
  });

  it.each([
    ["Origin", { "access-control-request-method": "PUT" }],
    ["Access-Control-Request-Method", { origin: "http://a.test" }],
  ])("is an ordinary request without %s", async (_name, headers) => {
    await using t = await setup();
    const response = await t.gateway.fetch("/", { method: "OPTIONS", headers: headers as Record<string, string> });
    expect(await response.text()).toBe("ok");
    expect(corsHeaders(response)).toEqual({ "access-control-allow-origin": "*" });
  });
});

describe("cors, other requests", () => {
  it("carry the origin headers and the exposed ones", async () => {
    await using t = await setup({
      origins: ["http://a.test", "http://b.test"],
      exposed_headers: ["X-One", "X-Two"],
      credentials: true,
    });
    const response = await t.gateway.fetch("/", { headers: { origin: "http://b.test:80" } });
    expect(corsHeaders(response)).toEqual({
      "access-control-allow-origin": "http://b.test",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "X-One,X-Two",
      vary: "Origin",
    });
  });

  it("add to the upstream's Vary and replace its origin", async () => {
    const upstream = { vary: "Accept", "access-control-allow-origin": "upstream" };
    await using t = await setup({ origins: ["http://a.test"] }, {}, upstream);
    expect(corsHeaders(await t.gateway.fetch("/"))).toEqual({
      "access-control-allow-origin": "http://a.test",
      vary: "Accept, Origin",
    });
  });

  it("lose the upstream's origin when theirs is not on the list", async () => {
    await using t = await setup({ origins: ["http://a.test", "http://b.test"] }, {}, { "access-control-allow-origin": "*" });
    expect(corsHeaders(await t.gateway.fetch("/", { headers: { origin: "http://c.test" } }))).toEqual({ vary: "Origin" });
  });

  it("leave the upstream's Vary alone when every origin is let in", async () => {
    await using t = await setup({}, {}, { vary: "Accept" });
    expect(corsHeaders(await t.gateway.fetch("/"))).toEqual({ "access-control-allow-origin": "*", vary: "Accept" });
  });

  it("get their own origin in place of the asterisk when credentials are allowed", async () => {
    await using t = await setup({ credentials: true });
    expect(corsHeaders(await t.gateway.fetch("/", { headers: { origin: "http://a.test" } }))).toEqual({
      "access-control-allow-origin": "http://a.test",
      "access-control-allow-credentials": "true",
      vary: "Origin",
    });
    expect(corsHeaders(await t.gateway.fetch("/"))).toEqual({ "access-control-allow-origin": "*" });
  });

  it("get nothing without an origin when told so", async () => {
    await using t = await setup({ allow_origin_absent: false, exposed_headers: ["X-One"] });
    expect(corsHeaders(await t.gateway.fetch("/"))).toEqual({});
    expect(corsHeaders(await t.gateway.fetch("/", { headers: { origin: "http://a.test" } }))).toEqual({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "X-One",
    });
  });

  it.each([
    ["no route matches", 404, { services: [] }],
    ["another plugin refuses", 401, { plugins: [{ name: "cors" }, { name: "key-auth" }] }],
    [
      "the upstream is gone",
      502,
      { services: [{ name: "gone", url: "http://127.0.0.1:1", retries: 0, routes: [{ paths: ["/"] }] }] },
    ],
  ])("carry the headers also when %s", async (_case, status, more) => {
    await using t = await setup({}, more);
    const response = await t.gateway.fetch("/", { headers: { origin: "http://a.test" } });
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("cors, in the way of failures", () => {
  const broken = definePlugin({
    name: "broken",
    version: "1.0.0",
    priority: 1,
    config: {},
    access() {
      throw new Error("broken");
    },
  });

  it("carries the headers also when a plugin fails", async () => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const more = { plugins: [{ name: "cors" }, { name: "broken" }] };
    await using t = await setup({}, more, {}, { plugins: ["bundled", broken], logger });
    const response = await t.gateway.fetch("/", { headers: { origin: "http://a.test" } });
    expect([response.status, corsHeaders(response)]).toEqual([500, { "access-control-allow-origin": "*" }]);
  });

  it("allows credentials where no origin matched, which lets nobody in", async () => {
    await using t = await setup({ origins: ["http://b.test", "http://c.test"], credentials: true });
    const headers = { "access-control-allow-credentials": "true", vary: "Origin" };
    expect(corsHeaders(await preflight(t))).toEqual({ ...headers, "access-control-allow-methods": ALL_METHODS });
    expect(corsHeaders(await t.gateway.fetch("/", { headers: { origin: "http://a.test" } }))).toEqual(headers);
  });

  it("takes an empty origin for none", async () => {
    await using t = await setup({ allow_origin_absent: false });
    const { headers } = await t.gateway.request({ headers: { host: "x", origin: "" } });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
    const asked = { host: "x", origin: "", "access-control-request-method": "PUT" };
    expect((await t.gateway.request({ method: "OPTIONS", headers: asked })).text).toBe("ok");
  });

  it("allows all methods where the list is null, and tells a max_age of 0", async () => {
    await using t = await setup({ methods: null, max_age: 0 });
    expect(corsHeaders(await preflight(t))).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": ALL_METHODS,
      "access-control-max-age": "0",
    });
  });
});

describe("cors, attacks", () => {
  it.each(["http://(a+)+b", "http://(\\w|a)*b", "(.*).*(.*)x"])(
    "goes on when a pattern is slow on what a client sends: %s",
    async (pattern) => {
      await using t = await setup({ origins: [pattern, "http://good.test"], credentials: true });
      const hostile = await t.gateway.fetch("/", { headers: { origin: `http://${"a".repeat(2_000)}!` } });
      expect([hostile.status, hostile.headers.has("access-control-allow-origin")]).toEqual([200, false]);
      const good = await t.gateway.fetch("/", { headers: { origin: "http://good.test" } });
      expect(good.headers.get("access-control-allow-origin")).toBe("http://good.test");
    },
    30_000,
  );

  it.each([
    "http://good.test.evil.test",
    "http://evil.test/good.test",
    "http://evil.test?good.test",
    "http://evil.test#good.test",
    "http://evil.test/@good.test",
    "http://xgood.test",
    "http://good.test:1",
    "https://good.test",
    "null",
    "__proto__",
    "file://good.test",
  ])("gives nothing to %j", async (origin) => {
    await using t = await setup({ origins: ["http://good.test", "http://also.test"], credentials: true });
    const { headers } = await t.gateway.request({ headers: { host: "x", origin } });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("cors, schema", () => {
  it.each([
    [{ origins: ["("] }, "'(' is not a valid regex"],
    [{ methods: ["GRAB"] }, "expected one of: GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS, TRACE, CONNECT"],
  ])("refuses %j", async (config, message) => {
    await expect(setup(config)).rejects.toThrow(message);
  });
});
