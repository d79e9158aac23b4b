import { describe, expect, it } from "vitest";
import { proxyTest } from "../gateway/support.js";
import { authenticators, consumers, signedAt } from "../support/credentials.js";
import { rawServer } from "../support/raw-server.js";
import { testGateway } from "../support/test-gateway.js";

const clock = (): number => Date.parse(signedAt);

/** What a client would like the upstream to believe, each in the spellings that some upstream takes for the same name. */
const claims = [
  "X-Consumer-ID",
  "X-Consumer-Username",
  "X-Consumer-Custom-ID",
  "X-Consumer-Groups",
  "X-Credential-Identifier",
  "X-Credential-Username",
  "X-Anonymous-Consumer",
  "X-Authenticated-Groups",
  "X-Authenticated-Userid",
  "X-Authenticated-Scope",
];
const spellings = (name: string): string[] => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  name.replaceAll("-", "_"),
  name.replace("-", "_"),
  name.toUpperCase().replaceAll("-", "_"),
];
const forged = claims.flatMap(spellings).map((name) => [name, "root"] as const);

/** Values by the name under which CGI, WSGI, Rack and PHP see a header. */
function asCgi(headers: Readonly<Record<string, string | string[]>>): Record<string, string[]> {
  const seen: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const variable = name.toLowerCase().replaceAll("-", "_");
    seen[variable] = [...(seen[variable] ?? []), value].flat();
  }
  return seen;
}

describe.each(["undici", "http-proxy-3"] as const)("who calls, over %s", (transport) => {
  const gatewayWith = (plugins: readonly object[]) =>
    proxyTest({ document: { consumers, plugins }, options: { clock, transport } });

  it.each(authenticators)("is only what $name says", async ({ name, consumer, good }) => {
    await using t = await gatewayWith([{ name }]);
    const response = await t.gateway.request({ headers: [["host", "x"], ...Object.entries(good), ...forged] });
    expect(response.status).toBe(200);
    const seen = asCgi(t.upstream.requests[0]?.headers ?? {});
    expect(seen).toMatchObject({ x_consumer_username: [consumer], x_consumer_id: [expect.any(String)] });
    expect(Object.values(seen).flat()).not.toContain("root");
  });

  it.each(authenticators)("is nobody, for $name's anonymous consumer", async ({ name }) => {
    await using t = await gatewayWith([{ name, config: { anonymous: "guest" } }]);
    expect((await t.gateway.request({ headers: [["host", "x"], ...forged] })).status).toBe(200);
    const seen = asCgi(t.upstream.requests[0]?.headers ?? {});
    expect(seen).toMatchObject({ x_consumer_username: ["guest"], x_anonymous_consumer: ["true"] });
    expect(Object.values(seen).flat()).not.toContain("root");
  });
});

it.each(["key-auth", "jwt"])("is nobody's business in a preflight that %s lets pass", async (name) => {
  await using t = await proxyTest({ document: { plugins: [{ name, config: { run_on_preflight: false } }] } });
  expect((await t.gateway.request({ method: "OPTIONS", headers: [["host", "x"], ...forged, ["X-A", "1"]] })).status).toBe(200);
  const seen = asCgi(t.upstream.requests[0]?.headers ?? {});
  expect(Object.values(seen).flat()).not.toContain("root");
  expect(seen).toMatchObject({ x_a: ["1"] });
});

it("is told once, also where another plugin tells more of it", async () => {
  const acls = [{ group: "staff" }];
  const [alice] = [{ username: "alice", acls, keyauth_credentials: [{ key: "a" }] }];
  await using t = await proxyTest({
    document: {
      consumers: [alice],
      plugins: [
        { name: "key-auth" },
        { name: "acl", config: { allow: ["staff"] } },
        { name: "request-transformer", config: { add: { headers: ["X-Credential-Username:from-the-gateway"] } } },
      ],
    },
  });
  const groups = spellings("X-Consumer-Groups").map((name) => [name, "admins"] as const);
  await t.gateway.request({ headers: [["host", "x"], ["apikey", "a"], ...groups] });
  expect(asCgi(t.upstream.requests[0]?.headers ?? {})).toMatchObject({
    x_consumer_groups: ["staff"],
    x_credential_username: ["from-the-gateway"],
  });
});

it("has no twins of what the gateway says of the connection, nor of what a plugin has set or removed", async () => {
  await using t = await proxyTest({
    document: {
      plugins: [
        {
          name: "request-transformer",
          config: { remove: { headers: ["X-Internal-Role"] }, replace: { headers: ["X-Tenant-Id:acme"] }, add: { headers: [] } },
        },
        { name: "correlation-id", config: { header_name: "X-Trace-Id" } },
      ],
    },
  });
  const names = [
    "X-Real-IP",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Kong-Request-Id",
    "Transfer-Encoding",
    "X-Trace-Id",
  ];
  const twins = names.map((name) => [name.replaceAll("-", "_"), "forged"] as const);
  const response = await t.gateway.request({
    headers: [
      ["host", "x"],
      ...twins,
      ["X-Internal-Role", "root"],
      ["X_Internal_Role", "forged"],
      ["X-Tenant-Id", "mine"],
      ["X_Tenant_Id", "forged"],
    ],
  });
  expect(response.status).toBe(200);
  const seen = asCgi(t.upstream.requests[0]?.headers ?? {});
  expect(Object.values(seen).flat()).not.toContain("forged");
  expect(seen).toMatchObject({ x_tenant_id: ["acme"], x_real_ip: ["127.0.0.1"], x_trace_id: [expect.any(String)] });
});

it("is only what the plugin says in an upgrade too", async () => {
  await using upstream = await rawServer({
    onRequest: ({ socket }) => void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
  });
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "s", url: `http://127.0.0.1:${upstream.port}`, routes: [{ paths: ["/"] }] }],
      consumers,
      plugins: [{ name: "key-auth" }],
    },
  });
  const upgrade = [
    ["host", "x"],
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
    ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["sec-websocket-version", "13"],
  ] as const;
  expect((await gateway.request({ headers: [...upgrade, ...forged] })).status).toBe(401);
  expect(upstream.connections).toEqual([]);
  expect((await gateway.request({ headers: [...upgrade, ["apikey", "key-secret"], ...forged] })).status).toBe(403);
  const received = upstream.connections.map((connection) => connection.received).join("");
  expect(received).toMatch(/^X-Consumer-Username: by-key\r$/m);
  expect(received).not.toContain("root");
});
