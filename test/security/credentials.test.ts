import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { keptLog, type ProxyTest, proxyTest } from "../gateway/support.js";
import { authenticators, byKey, byPassword, bySignature, byToken, consumers, signedAt } from "../support/credentials.js";
import { base64url, makeToken } from "../support/jwt.js";
import { rawRequest } from "../support/raw-request.js";
import type { RawResponse } from "../support/raw-response.js";

const clock = (): number => Date.parse(signedAt);

function guarded(...plugins: readonly object[]): Promise<ProxyTest> {
  return proxyTest({ document: { consumers, plugins }, options: { clock } });
}

/** Every secret of the consumers, and what clients send to prove that they know one. */
const secrets = [
  ...["key-secret", "password-secret", "jwt-secret", "hmac-secret"],
  ...authenticators.flatMap(({ good, bad }) => [good, bad]).flatMap(({ date: _, ...credential }) => Object.values(credential)),
];

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

describe.each(authenticators)("$name", ({ name, good, bad }) => {
  it.each([
    ["HEAD", { method: "HEAD" }],
    ["OPTIONS", { method: "OPTIONS" }],
    ["a preflight", { method: "OPTIONS", headers: { host: "x", origin: "http://a", "access-control-request-method": "PUT" } }],
    ["an unusual method", { method: "PROPFIND" }],
    ["an upgrade", { headers: { host: "x", ...upgrade } }],
    ["an upgrade to another protocol", { headers: { host: "x", connection: "Upgrade", upgrade: "h2c" } }],
    ["gRPC-Web", { method: "POST", headers: { host: "x", "content-type": "application/grpc-web", "content-length": "0" } }],
    ["an absolute target", { path: "http://x/open" }],
    ["an old version", { version: "HTTP/1.0" }],
    ["a target that climbs", { path: "/open/../x" }],
  ])("is asked for %s", async (_what, request) => {
    await using t = await guarded({ name });
    expect((await t.gateway.request({ headers: { host: "x" }, ...request })).status).toBe(401);
    expect(t.upstream.requests).toEqual([]);
  });

  it("is asked for each request of a connection by itself", async () => {
    await using t = await guarded({ name });
    const lines = Object.entries({ host: "x", ...good }).map(([header, value]) => `${header}: ${value}\r\n`);
    const requests = `GET /a HTTP/1.1\r\n${lines.join("")}\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const received = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect(t.gateway.port, "127.0.0.1", () => socket.write(requests));
      socket.setEncoding("latin1").on("data", (piece: string) => {
        text += piece;
      });
      socket.on("close", () => resolve(text));
    });
    expect([...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status)).toEqual(["200", "401"]);
    expect(t.upstream.requests.map(({ url }) => url)).toEqual(["/a"]);
  });

  it("does not take an invalid credential for a good one where there is an anonymous consumer", async () => {
    await using t = await guarded({ name, config: { anonymous: "guest" } });
    expect((await t.gateway.request({ headers: { host: "x", ...bad } })).status).toBe(200);
    expect(t.upstream.requests[0]?.headers).toMatchObject({ "x-consumer-username": "guest", "x-anonymous-consumer": "true" });
    expect(t.upstream.requests[0]?.headers).not.toHaveProperty("x-credential-identifier");
  });

  it("guards a route of the host, however it is written", async () => {
    const gateway = createGateway({
      declarativeConfig: { _format_version: "3.0", consumers, routes: [{ paths: ["/api"], plugins: [{ name }] }] } as never,
      logger: keptLog(),
      clock,
    });
    let served = 0;
    const server = createServer((request, response) =>
      gateway.handler(request, response, () => {
        served += 1;
        response.end("host");
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      for (const path of ["/api", "/api/", "//api/x", "/x/../api", "/%61pi", "/api%2fx", "http://x/api", "/./api?x=/open"]) {
        expect([path, (await rawRequest({ port }, { path, headers: { host: "x" } })).status]).toEqual([path, 401]);
      }
      // Not for this route, as the gateway reads it, and yet what a host would take for it.
      for (const path of [
        "/api/../x",
        "/api/%2e%2e/x",
        "/api/.%2E",
        "/api/x/../../y?z",
        "http://x/api/..",
        "/api/../../",
        "/api/./../x",
      ]) {
        expect([path, (await rawRequest({ port }, { path, headers: { host: "x" } })).status]).toEqual([path, 404]);
      }
      expect(served).toBe(0);
      expect((await rawRequest({ port }, { path: "/api", headers: { host: "x", ...good } })).text).toBe("host");
      for (const path of ["/other", "/other/...", "/other/.x?/../y", "/other/..x"]) {
        expect([path, (await rawRequest({ port }, { path, headers: { host: "x" } })).text]).toEqual([path, "host"]);
      }
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
    }
  });

  it("tells secrets to nobody, neither in logs nor in answers", async () => {
    await using t = await guarded({ name, config: { anonymous: "not-there" } });
    const answers: RawResponse[] = [];
    for (const given of [{}, bad]) answers.push(await t.gateway.request({ headers: { host: "x", ...given } }));
    expect(answers.map(({ status }) => status)).toEqual([500, 500]);
    expect(t.log.errors.join()).toContain("not-there");
    const told = [...t.log.errors, ...t.log.warnings, ...answers.map((answer) => JSON.stringify(answer))].join("\n");
    for (const secret of secrets) expect(told).not.toContain(secret);
  });
});

describe("two lines of Authorization are refused, of which the upstream might take the other one", () => {
  it.each([byPassword, byToken, bySignature])("$name", async ({ name, good, bad }) => {
    await using t = await guarded({ name });
    const { authorization: right = "", ...rest } = good;
    for (const second of [bad.authorization as string, right]) {
      const authorization = [right, second];
      expect((await t.gateway.request({ headers: { host: "x", ...rest, authorization } })).status).toBe(400);
    }
    expect((await t.gateway.request({ headers: { host: "x", ...good } })).status).toBe(200);
    expect(t.upstream.requests).toHaveLength(1);
  });
});

describe("more headers than Node reads", () => {
  const flood = "a:\r\n".repeat(2_000);

  it("are refused: the gateway would not see what the upstream sees", async () => {
    await using t = await guarded({ name: "key-auth", config: { anonymous: "guest" } });
    const late = "apikey: key-secret\r\nX-Consumer-Custom-ID: root\r\n";
    for (const lines of [1_000, 1_010, 2_000]) {
      const response = await t.gateway.request(`GET / HTTP/1.1\r\nHost: x\r\n${"a:\r\n".repeat(lines)}${late}\r\n`);
      expect(response.status).toBe(431);
    }
    expect(t.upstream.requests).toEqual([]);
    expect((await t.gateway.request(`GET / HTTP/1.1\r\nHost: x\r\n${"a:\r\n".repeat(900)}${late}\r\n`)).status).toBe(200);
    expect(t.upstream.requests[0]?.headers).toMatchObject({ "x-consumer-username": "by-key" });
  });

  it("do not make a request of a body", async () => {
    await using t = await proxyTest();
    const body = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    const ask = "Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n";
    const response = await t.gateway.request(
      `GET /outer HTTP/1.1\r\n${ask}${flood}Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect([response.status, response.headers.connection]).toEqual([431, "close"]);
    expect(t.upstream.requests).toEqual([]);
  });
});

const wide = "x".repeat(4_000);
const odd: readonly (readonly [string, string])[] = [
  ["NUL", "\0"],
  ["an escaped NUL", "%00"],
  ["an emoji", "\u{1f600}"],
  ["bytes that are no UTF-8", "%ff%fe"],
  ["half a surrogate", "%ed%a0%80"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["SQL", "' or 1=1 --"],
  ["a template", "$(headers.host)"],
  ["a reference", "{vault://env/path}"],
  ["a path", "../../etc/passwd"],
  ["4,000 characters", wide],
];

describe("a credential of any content and size is refused, and nothing else happens", () => {
  const headerText = (text: string): string => Buffer.from(text.replaceAll("\0", ""), "utf8").toString("latin1");
  const hmac = (user: string): string => `hmac username="${user}", algorithm="hmac-sha256", headers="date", signature="eA=="`;
  const basic = (bytes: string | Buffer): string => `Basic ${Buffer.from(bytes as string).toString("base64")}`;
  const cases = odd.flatMap(([what, text]): (readonly [string, string, string, string])[] => [
    ["key-auth", what, `apikey: ${headerText(text)}`, "/"],
    ["key-auth", `${what} in the query`, "X-A: 1", `/?apikey=${encodeURIComponent(text)}`],
    ["basic-auth", what, `Authorization: ${basic(`${text}:${text}`)}`, "/"],
    ["hmac-auth", what, `Date: ${signedAt}\r\nAuthorization: ${hmac(headerText(text))}`, "/"],
    ["jwt", `${what} as issuer`, `Authorization: Bearer ${makeToken({ iss: text }, "x")}`, "/"],
    ["jwt", `${what} in place of JSON`, `Authorization: Bearer ${base64url(text)}.${base64url(text)}.x`, "/"],
    ["jwt", `${what} as second token`, `Authorization: ${byToken.bad.authorization}`, `/?jwt=${encodeURIComponent(text)}`],
  ]);

  it.each<readonly [string, string, string, string]>([
    ...cases,
    ["basic-auth", "bytes that are no UTF-8", `Authorization: ${basic(Buffer.from([0xff, 0xfe, 0x3a, 0xff]))}`, "/"],
    ["basic-auth", "half a surrogate", `Authorization: ${basic(Buffer.from([0xed, 0xa0, 0x80, 0x3a, 0]))}`, "/"],
    ["key-auth", "behind 200 arguments", "X-A: 1", `/?${"a=1&".repeat(200)}apikey=key-secret`],
    ["key-auth", "twice in the query", "X-A: 1", "/?apikey=key-secret&apikey=key-secret"],
    ["key-auth", "as a list", "X-A: 1", "/?apikey[]=key-secret"],
    ["key-auth", "under a name in another case", "X-A: 1", "/?APIKEY=key-secret"],
    ["key-auth", "behind a semicolon", "X-A: 1", "/?a=1;apikey=key-secret"],
    ["key-auth", "behind an escaped question mark", "X-A: 1", "/%3fapikey=key-secret"],
    ["key-auth", "behind an escaped ampersand", "X-A: 1", "/?a%26apikey=key-secret"],
    ["key-auth", "twice in headers", "apikey: key-secret\r\napikey: key-secret", "/"],
    ["key-auth", "as a list in a header", "apikey: key-secret, key-secret", "/"],
    ["key-auth", "in a cookie", "Cookie: apikey=key-secret", "/"],
    ["key-auth", "in a forwarded path", "X-Forwarded-Path: /?apikey=key-secret", "/"],
    ["key-auth", "in a trailer", "Trailer: apikey", "/"],
  ])("%s: %s", async (name, _what, header, path) => {
    await using t = await guarded({ name });
    const response = await t.gateway.request(`GET ${path} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
    expect(response.status).toBe(401);
    expect(t.upstream.requests).toEqual([]);
    expect([...t.log.errors, ...t.log.warnings]).toEqual([]);
  });

  it.each([
    '{"__proto__":{"apikey":"key-secret"}}',
    '{"constructor":{"prototype":{"apikey":"key-secret"}}}',
    '[["apikey","key-secret"]]',
    '{"apikey":["key-secret"]}',
    '{"apikey":{"0":"key-secret"}}',
    `${"[".repeat(100_000)}`,
    `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
  ])("key-auth, in the body: %.40s", async (body) => {
    await using t = await guarded({ name: "key-auth", config: { key_in_body: true } });
    const headers = { "content-type": "application/json" };
    for (let i = 0; i < 2; i += 1) expect((await t.gateway.fetch("/", { method: "POST", body, headers })).status).toBe(401);
  });
});

describe("hidden credentials", () => {
  const hidden = (headers: object | undefined): void => {
    for (const name of ["apikey", "authorization", "proxy-authorization"]) expect(headers).not.toHaveProperty(name);
  };
  const config = { anonymous: "guest", hide_credentials: true };

  it.each([byKey, byPassword, bySignature])("do not go upstream with the anonymous consumer: $name", async ({ name, bad }) => {
    await using t = await guarded({ name, config });
    expect((await t.gateway.request({ headers: { host: "x", ...bad } })).status).toBe(200);
    expect(t.upstream.requests[0]?.headers).toMatchObject({ "x-consumer-username": "guest" });
    hidden(t.upstream.requests[0]?.headers);
  });

  it.each([
    ["basic-auth after key-auth", byKey, byPassword],
    ["hmac-auth after key-auth", byKey, bySignature],
    ["hmac-auth after basic-auth", byPassword, bySignature],
  ])("do not go upstream where a plugin before has recognised the client: %s", async (_what, first, second) => {
    await using t = await guarded({ name: first.name, config }, { name: second.name, config });
    const { authorization = "", ...rest } = second.good;
    const both = { ...rest, "proxy-authorization": authorization, ...first.good };
    expect((await t.gateway.request({ headers: { host: "x", ...both } })).status).toBe(200);
    expect(t.upstream.requests[0]?.headers).toMatchObject({ "x-consumer-username": first.consumer });
    hidden(t.upstream.requests[0]?.headers);
  });

  it("do not go upstream in query and body either, where a token was enough", async () => {
    await using t = await guarded(
      { name: "jwt", config: { anonymous: "guest" } },
      { name: "key-auth", config: { ...config, key_in_body: true } },
    );
    const headers = { ...byToken.good, "content-type": "application/json" };
    await t.gateway.fetch("/?apikey=key-secret&a=1", { headers });
    await t.gateway.fetch("/", { method: "POST", headers, body: '{"apikey":"key-secret","a":1}' });
    expect(t.upstream.requests.map(({ url, body }) => [url, body])).toEqual([
      ["/?a=1", ""],
      ["/", '{"a":1}'],
    ]);
    for (const request of t.upstream.requests) expect(request.headers).toMatchObject({ "x-consumer-username": "by-token" });
  });

  it("leave what belongs to another plugin alone", async () => {
    await using t = await guarded(
      { name: "jwt", config: { anonymous: "guest" } },
      { name: "basic-auth", config },
      { name: "hmac-auth", config },
    );
    await t.gateway.request({ headers: { host: "x", ...byToken.good } });
    expect(t.upstream.requests[0]?.headers).toMatchObject({ ...byToken.good, "x-consumer-username": "by-token" });
  });
});
