import { connect } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probe, proxyTest } from "../gateway/support.js";
import { echoUpstream } from "../support/echo-upstream.js";
import { testGateway } from "../support/test-gateway.js";

const stop = (body: string): object => ({
  name: "request-termination",
  config: { status_code: 200, content_type: "text/plain", body },
});

describe("a path in disguise", () => {
  it.each([
    ["/admin", "admin"],
    ["//admin", "admin"],
    ["/./admin", "admin"],
    ["/x/../admin", "admin"],
    ["/x/%2e%2e/admin", "admin"],
    ["/x/%2E./admin", "admin"],
    ["/%61dmin", "admin"],
    ["/admin/", "admin"],
    ["/../admin", "admin"],
    ["/x%2f..%2fadmin", "rest"],
    ["/x/..%5cadmin", "rest"],
    ["/x/..;a=b/admin", "rest"],
    ["/%2561dmin", "rest"],
    ["/ADMIN", "rest"],
    ["/x?/admin", "rest"],
  ])("%s goes to %s", async (path, expected) => {
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        routes: [
          { name: "admin", paths: ["/admin"], plugins: [stop("admin")] },
          { name: "rest", paths: ["/"], plugins: [stop("rest")] },
        ],
      },
    });
    const response = await gateway.request({ path, headers: { host: "x" } });
    expect([response.status, response.text]).toEqual([200, expected]);
  });

  it.each([
    "/api/../admin",
    "/api/%2e%2e/admin",
    "/api../admin",
    "/api/..%2fadmin",
    "/api/x/../../admin",
    "/api//../..//admin",
    "/api/.%2e/admin",
    "/api%2f../admin",
    "/api/..\\admin",
  ])("%s never climbs out of the service's path", async (path) => {
    await using t = await proxyTest({ servicePath: "/base", route: { paths: ["/api"] } });
    await t.gateway.request({ path, headers: { host: "x" } });
    for (const { url } of t.upstream.requests) {
      expect(url.startsWith("/base")).toBe(true);
      expect(url).not.toMatch(/\/(\.|%2e){2}(\/|$)/i);
    }
  });
});

it.each([
  ["path", { paths: ["~/x/(a+)+$"] }, { path: `/x/${"a".repeat(2_000)}!`, headers: { host: "x" } }],
  [
    "path, in an upgrade",
    { paths: ["~/x/(a+)+$"] },
    { path: `/x/${"a".repeat(2_000)}!`, headers: { host: "x", connection: "upgrade", upgrade: "websocket" } },
  ],
  ["header", { headers: { "x-a": ["~*^(a+)+$"] } }, { headers: { host: "x", "x-a": `${"a".repeat(2_000)}!` } }],
])(
  "a pattern for a %s that is slow on what a client sends ends that request, which takes no other route",
  async (_what, route, request) => {
    await using t = await proxyTest({
      service: {
        routes: [
          { name: "slow", ...route },
          { name: "rest", paths: ["/"] },
        ],
      },
    });
    expect((await t.gateway.request(request)).status).toBe(500);
    expect(t.log.errors).toEqual([expect.stringContaining("(a+)+$' takes too long on what a client has sent")]);
    expect(t.upstream.requests).toEqual([]);
    expect((await t.gateway.fetch("/x/aaa!")).status).toBe(200);
  },
);

describe("an odd target", () => {
  it("cannot choose the upstream, be it absolute, with user info or of another port", async () => {
    await using other = await echoUpstream();
    await using t = await proxyTest();
    for (const path of [
      `http://127.0.0.1:${other.port}/x`,
      `http://user@127.0.0.1:${other.port}/x`,
      `//127.0.0.1:${other.port}/x`,
      `/@127.0.0.1:${other.port}/`,
    ]) {
      await t.gateway.request({
        path,
        headers: { host: `127.0.0.1:${other.port}`, "x-forwarded-host": `127.0.0.1:${other.port}` },
      });
    }
    expect(other.requests).toEqual([]);
    for (const { headers } of t.upstream.requests) expect(headers.host).toBe(`127.0.0.1:${t.upstream.port}`);
  });

  it.each([
    ["*", "OPTIONS"],
    ["*", "GET"],
    ["http://x", "GET"],
    ["http://x/%00", "GET"],
    ["/%00", "GET"],
    ["/%", "GET"],
    ["/%zz", "GET"],
    ["/a#b", "GET"],
    ["/\u00ff", "GET"],
    ["/%ff%fe", "GET"],
    ["?x", "GET"],
    ["x:443", "CONNECT"],
    ["/", "TRACE"],
    ["/", "PURGE"],
    ["/", "FOO"],
    [`/${"a".repeat(8_000)}`, "GET"],
    [`/?${"a=b&".repeat(2_000)}`, "GET"],
    [`/${"../".repeat(2_000)}`, "GET"],
    [`/${"%2e%2e/".repeat(1_000)}`, "GET"],
    [`/${"a".repeat(70_000)}`, "GET"],
  ])("%s of %s is answered or refused, and the gateway lives", async (path, method) => {
    await using t = await proxyTest();
    const answer = await t.gateway.request({ path, method, headers: { host: "x" } }).catch((error: Error) => error.message);
    if (typeof answer === "string") expect(answer).toMatch(/closed before|ECONNRESET|EPIPE/);
    else expect(answer.status).toBeGreaterThanOrEqual(200);
    for (const { url } of t.upstream.requests) expect(url).toMatch(/^\/[\x21-\x7e]*$/);
    expect((await t.gateway.fetch("/alive")).status).toBe(200);
  });

  it("that is absolute counts for its path alone, in what the upstream is told and where clients are sent", async () => {
    await using t = await proxyTest();
    await t.gateway.request({ path: "http://evil.test/a?b", headers: { host: "x" } });
    await t.gateway.request({ path: "http://evil.test?b", headers: { host: "x" } });
    expect(t.upstream.requests.map(({ url, headers }) => [url, headers["x-forwarded-path"]])).toEqual([
      ["/a?b", "/a"],
      ["/?b", "/"],
    ]);
    await using secure = await proxyTest({ route: { paths: ["/"], protocols: ["https"], https_redirect_status_code: 302 } });
    const redirected = await secure.gateway.request({ path: "http://evil.test/a", headers: { host: "x" } });
    expect([redirected.status, redirected.headers.location]).toEqual([302, "https://x/a"]);
  });

  it("may come with an old version, or none", async () => {
    await using t = await proxyTest();
    const old = await t.gateway.request({ version: "HTTP/1.0", headers: {} });
    expect([old.status, old.headers.connection]).toEqual([200, "close"]);
    expect((await t.gateway.request("GET / HTTP/9.9\r\nHost: x\r\n\r\n")).status).toBe(400);
    expect((await t.gateway.request("GET / HTTP/1.1\r\n\r\n")).status).toBe(400);
  });
});

describe("headers", () => {
  it("that are too large are refused", async () => {
    await using t = await proxyTest();
    expect((await t.gateway.request({ headers: { host: "x", "x-big": "a".repeat(100_000) } })).status).toBe(431);
    const many = Array.from({ length: 5_000 }, (_, i) => [`x-${i}`, "1"] as const);
    const response = await t.gateway.request({ headers: [["host", "x"], ...many] });
    expect([200, 431]).toContain(response.status);
    expect((await t.gateway.fetch("/")).status).toBe(200);
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty", "0", "length"])(
    "named %s are headers like others",
    async (name) => {
      await using t = await proxyTest({
        route: { paths: ["/"] },
        document: { plugins: [{ name: "correlation-id", config: { header_name: "constructor-id" } }] },
      });
      const response = await t.gateway.request({
        path: `/?${name}=1&${name}[a]=2`,
        headers: { host: "x", [name === "__proto__" ? "x-a" : name]: "1" },
      });
      expect(response.status).toBe(200);
      const raw = await t.gateway.request(`GET / HTTP/1.1\r\nHost: x\r\n${name}: 1\r\n${name}: 2\r\n\r\n`);
      expect(raw.status).toBe(200);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
  );

  it.each([
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Forwarded-Host",
    "X-Consumer-ID",
    "X-Consumer-Username",
    "X-Credential-Identifier",
    "X-Kong-Request-Id",
    "Via",
  ])("of the gateway are not taken off by Connection: %s", async (name) => {
    await using t = await proxyTest({
      document: {
        plugins: [{ name: "key-auth" }],
        consumers: [{ username: "bob", keyauth_credentials: [{ key: "bob" }] }],
      },
    });
    const response = await t.gateway.request({
      headers: { host: "x", apikey: "bob", connection: `close, ${name}`, [name]: "forged" },
    });
    const { headers } = JSON.parse(response.text) as { headers: Record<string, string> };
    const sent = headers[name.toLowerCase()];
    expect(sent).toBeDefined();
    expect(sent).not.toBe("forged");
  });

  it("of a consumer cannot be forged, in any spelling of case", async () => {
    await using t = await proxyTest({
      document: { plugins: [{ name: "key-auth" }], consumers: [{ username: "bob", keyauth_credentials: [{ key: "bob" }] }] },
    });
    const headers: [string, string][] = [
      ["Host", "x"],
      ["apikey", "bob"],
      ["X-CONSUMER-USERNAME", "root"],
      ["x-consumer-username", "root"],
      ["X-Consumer-Custom-ID", "root"],
      ["X-Anonymous-Consumer", "true"],
    ];
    const seen = JSON.parse((await t.gateway.request({ headers })).text).headers as Record<string, unknown>;
    expect(seen["x-consumer-username"]).toBe("bob");
    expect(seen).not.toHaveProperty("x-consumer-custom-id");
    expect(seen).not.toHaveProperty("x-anonymous-consumer");
  });

  it("never carry a line break that a plugin was fed", async () => {
    const feeds = probe("feeds", {
      access(pdk) {
        const text = pdk.request.getQueryArg("text");
        pdk.response.setHeader("X-Answer", String(text));
        pdk.service.request.setHeader("X-Request", String(text));
      },
    });
    await using t = await proxyTest({ probes: [feeds] });
    for (const text of ["%0d%0aX-Evil:1", "%0aX-Evil:1", "%00", "a%0d"]) {
      const response = await t.gateway.request({ path: `/?text=${text}`, headers: { host: "x" } });
      expect(response.status).toBe(500);
      expect(response.headers).not.toHaveProperty("x-evil");
    }
    expect(t.upstream.requests).toEqual([]);
    const fine = await t.gateway.request({ path: "/?text=gr%C3%BCn", headers: { host: "x" } });
    expect(fine.headers["x-answer"]).toBe("gr\u00fcn");
  });
});

it("takes JSON and forms with the names of prototypes", async () => {
  const reads = probe("reads", {
    async access(pdk) {
      const { body } = await pdk.request.getBody();
      pdk.response.exit(200, JSON.stringify(Object.keys(body ?? {})));
    },
  });
  await using t = await proxyTest({ probes: [reads] });
  const json = await t.gateway.fetch("/", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"__proto__":{"polluted":1},"constructor":2}',
  });
  expect(await json.json()).toEqual(["__proto__", "constructor"]);
  const form = await t.gateway.fetch("/", { method: "POST", body: new URLSearchParams("__proto__=1&constructor=2") });
  expect(await form.json()).toEqual(["__proto__", "constructor"]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

/** Bytes that look enough like HTTP to get somewhere. */
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "GET ",
      "POST ",
      "/",
      "/a",
      " HTTP/1.1\r\n",
      "Host: x\r\n",
      "\r\n",
      "\r\n\r\n",
      "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Connection: upgrade\r\n",
      "Upgrade: websocket\r\n",
      "Upgrade: h2c\r\n",
      "0\r\n\r\n",
      "3\r\nabc\r\n",
      "Expect: 100-continue\r\n",
      "%2e%2e/",
      "?a=b",
      "__proto__: 1\r\n",
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);
const whole = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
const started = fc.array(piece, { maxLength: 8 }).map((pieces) => `GET / HTTP/1.1\r\nHost: x\r\n${pieces.join("")}\r\n\r\n`);

it("survives any bytes, and holds no connection that the client has ended", async () => {
  await using t = await proxyTest({ document: { plugins: [{ name: "key-auth" }, { name: "correlation-id" }] } });
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, started), async (bytes) => {
      await new Promise<void>((resolve, reject) => {
        const deadline = setTimeout(() => reject(new Error("the connection hangs")), 3_000);
        const socket = connect(t.gateway.port, "127.0.0.1", () => socket.end(Buffer.from(bytes, "latin1")));
        socket.resume();
        socket.on("error", () => undefined);
        socket.on("close", () => {
          clearTimeout(deadline);
          resolve();
        });
      });
    }),
    { numRuns: 400 },
  );
  expect((await t.gateway.fetch("/")).status).toBe(401);
}, 30_000);
