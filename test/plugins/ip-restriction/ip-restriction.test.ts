import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import type { RawResponse } from "../../support/raw-response.js";
import { testGateway } from "../../support/test-gateway.js";

/** Asks a gateway from 127.0.0.1. */
async function ask(config: object, headers: Record<string, string> = {}, options: object = {}): Promise<RawResponse> {
  await using upstream = await echoUpstream();
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "ip-restriction", config }],
    },
    options,
  });
  const response = await gateway.request({ headers: { host: "x", ...headers } });
  expect(upstream.requests).toHaveLength(response.status === 200 ? 1 : 0);
  return response;
}

async function faultsOf(config: object): Promise<Record<string, unknown>> {
  try {
    await createGateway({ _format_version: "3.0", plugins: [{ name: "ip-restriction", config }] } as never).close();
    return {};
  } catch (error) {
    return (error as { fields: { plugins: Record<string, unknown>[] } }).fields.plugins[0] ?? {};
  }
}

describe("ip-restriction, configuration", () => {
  it.each([{}, { allow: [] }, { allow: [], deny: [] }, { allow: null }])("%j lacks a list", async (config) => {
    expect(await faultsOf(config)).toEqual({
      "@entity": ["at least one of these fields must be non-empty: 'config.allow', 'config.deny'"],
    });
  });

  it.each(["0.0.0.0/0", "::/0", "127.0.0.1", "10.0.0.0/32", "fe80::/128", "::1", "[::1]"])("takes %s", async (entry) => {
    expect(await faultsOf({ allow: [entry] })).toEqual({});
    expect(await faultsOf({ deny: [entry] })).toEqual({});
  });

  it.each(["0.0.0.0/a", "0.0.0.0/-1", "0.0.0.0/33", "::/129", "::/a", "300.0.0.1", "host", "1.2.3"])(
    "refuses %s",
    async (entry) => {
      expect(await faultsOf({ allow: ["::1", entry] })).toEqual({
        config: { allow: [null, `invalid ip or cidr range: '${entry}'`] },
      });
    },
  );
});

describe("ip-restriction", () => {
  it.each([
    ["a denied address", { deny: ["127.0.0.1"] }, 403],
    ["a denied range", { deny: ["10.0.0.0/8", "127.0.0.0/24"] }, 403],
    ["another denied address", { deny: ["127.0.0.2"] }, 200],
    ["an allowed address", { allow: ["127.0.0.1"] }, 200],
    ["an allowed range", { allow: ["127.0.0.0/30"] }, 200],
    ["a list without the address", { allow: ["127.0.0.2", "::1"] }, 403],
    ["a denied address in an allowed range", { allow: ["127.0.0.0/24"], deny: ["127.0.0.1"] }, 403],
    ["everything denied", { deny: ["0.0.0.0/0"] }, 403],
    ["everything of the other kind denied", { deny: ["::/0"] }, 200],
    ["everything allowed", { allow: ["0.0.0.0/0"] }, 200],
  ])("%s", async (_what, config, status) => {
    const response = await ask(config);
    expect(response.status).toBe(status);
    if (status === 403) {
      expect(JSON.parse(response.text)).toEqual({ message: "IP address not allowed: 127.0.0.1", request_id: expect.any(String) });
    }
  });

  it("answers with the status and the message that it is given", async () => {
    const response = await ask({ deny: ["127.0.0.1"], status: 401, message: "Forbidden" });
    expect([response.status, JSON.parse(response.text)]).toMatchObject([401, { message: "Forbidden" }]);
  });

  it.each([200, 403.5, 999])("answers with 403 in place of %d", async (status) => {
    expect((await ask({ deny: ["127.0.0.1"], status })).status).toBe(403);
  });

  it("answers in the form that the client accepts", async () => {
    const response = await ask({ deny: ["127.0.0.1"] }, { accept: "text/plain" });
    expect(response.text).toMatch(/^IP address not allowed: 127\.0\.0\.1\nrequest_id: \w+\n$/);
  });

  it("follows a change of the configuration at once", async () => {
    await using upstream = await echoUpstream();
    const document = (deny: string) => ({
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "ip-restriction", config: { deny: [deny] } }],
    });
    await using gateway = await testGateway({ config: document("127.0.0.1") });
    expect((await gateway.fetch("/")).status).toBe(403);
    await gateway.gateway.loadConfig(document("127.0.0.2") as never);
    expect((await gateway.fetch("/")).status).toBe(200);
  });

  it("refuses clients without an address", async () => {
    const folder = await mkdtemp(join(tmpdir(), "postern-"));
    const gateway = createGateway({
      _format_version: "3.0",
      plugins: [{ name: "ip-restriction", config: { allow: ["0.0.0.0/0", "::/0"] } }],
      routes: [{ paths: ["/"] }],
    } as never);
    const server = createServer(gateway.handler);
    try {
      const socketPath = join(folder, "socket");
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
      const answer = await new Promise((resolve, reject) => {
        request({ socketPath, path: "/" }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (piece: string) => {
            text += piece;
          });
          response.on("end", () => resolve([response.statusCode, JSON.parse(text).message]));
        })
          .on("error", reject)
          .end();
      });
      expect(answer).toEqual([403, "Cannot identify the client IP address, unix domain sockets are not supported."]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe("ip-restriction, attacks", () => {
  const forged = { "x-forwarded-for": "10.0.0.1", "x-real-ip": "10.0.0.1", forwarded: "for=10.0.0.1", "client-ip": "10.0.0.1" };

  it("does not believe a peer that is not trusted", async () => {
    expect((await ask({ allow: ["10.0.0.1"] }, forged)).status).toBe(403);
    expect((await ask({ deny: ["10.0.0.1"] }, forged)).status).toBe(200);
    expect((await ask({ allow: ["10.0.0.1"] }, forged, { trustedIps: ["127.0.0.2"] })).status).toBe(403);
  });

  const behindProxy = { trustedIps: ["127.0.0.1"], realIpHeader: "X-Forwarded-For" };

  it("judges the address that a trusted peer names", async () => {
    expect((await ask({ allow: ["10.0.0.1"] }, forged, behindProxy)).status).toBe(200);
    expect((await ask({ deny: ["10.0.0.0/8"] }, forged, behindProxy)).status).toBe(403);
  });

  it("judges the last address of several: the one that the trusted peer saw itself", async () => {
    const spoofed = { "x-forwarded-for": "10.0.0.1, 192.0.2.7" };
    expect((await ask({ allow: ["10.0.0.1"] }, spoofed, behindProxy)).status).toBe(403);
    const recursive = { ...behindProxy, realIpRecursive: true };
    expect((await ask({ allow: ["10.0.0.1"] }, spoofed, recursive)).status).toBe(403);
  });

  it.each([
    [{ deny: ["2001:db8::/32"] }, "2001:db8:1::7", 403],
    [{ deny: ["2001:db8::/32"] }, "2001:db9::7", 200],
    [{ allow: ["fe80::1"] }, "[fe80::1]:443", 200],
    [{ allow: ["::/0"], deny: ["::1"] }, "0:0:0:0:0:0:0:1", 403],
    [{ allow: ["0.0.0.0/0"] }, "2001:db8::1", 403],
  ])("%j judges %s: %d", async (config, address, status) => {
    const response = await ask(config, { "x-forwarded-for": address }, behindProxy);
    expect(response.status).toBe(status);
  });

  it.each(["::ffff:10.0.0.1", "::ffff:a00:1", "[::FFFF:A00:1]:80"])("knows an IPv4 address in the form %s", async (address) => {
    expect((await ask({ deny: ["10.0.0.1"] }, { "x-forwarded-for": address }, behindProxy)).status).toBe(403);
  });
});
