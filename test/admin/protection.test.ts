import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGateway, type GatewayEvents } from "postern";
import { describe, expect, it } from "vitest";
import { waitFor } from "../support/wait-for.js";
import { live, silent } from "./live.js";

describe("a token", () => {
  it("is asked of every request to the Admin API, in either form", async () => {
    await using node = await live({ database: "memory", admin: { token: "s3cret" } });
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/nowhere"],
      ["HEAD", "/services"],
      ["DELETE", "/cache"],
    ] as const) {
      const refused = await node.ask(method, path);
      expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="admin"']);
    }
    expect((await node.ask("POST", "/services", { host: "h" })).body).toEqual({ message: "Unauthorized" });
    for (const headers of [
      { "kong-admin-token": "s3cret" },
      { authorization: "Bearer s3cret" },
      { authorization: "bearer s3cret" },
    ]) {
      expect((await node.ask("GET", "/services", undefined, headers as Record<string, string>)).body).toEqual({
        data: [],
        next: null,
      });
    }
    const wrong = [
      { "kong-admin-token": "s3cre" },
      { "kong-admin-token": "" },
      { authorization: "Basic s3cret" },
      { authorization: "Bearer" },
    ];
    for (const headers of wrong)
      expect((await node.ask("GET", "/services", undefined, headers as Record<string, string>)).status).toBe(401);
    expect((await node.ask("OPTIONS", "/services")).status).toBe(204);
    expect((await node.askStatus("GET", "/status/ready")).status).toBe(200);
  });

  it("may be one of several, each with a name", async () => {
    await using node = await live({ admin: { token: { ann: "a", bob: "b" } } });
    for (const token of ["a", "b"])
      expect((await node.ask("GET", "/", undefined, { "kong-admin-token": token })).status).toBe(200);
    expect((await node.ask("GET", "/", undefined, { "kong-admin-token": "ann" })).status).toBe(401);
  });
});

describe("without a token", () => {
  it("what protects the API is that it listens on 127.0.0.1", async () => {
    const gateway = createGateway({ logger: silent });
    const { admin, status } = await gateway.listen({ admin: 0, status: 0 });
    expect([admin?.address, status?.address]).toEqual(["127.0.0.1", "127.0.0.1"]);
    await gateway.close();
  });
});

describe("an allow-list", () => {
  it("lets in who is on it, by the address of the connection", async () => {
    await using near = await live({ admin: { allow: ["127.0.0.0/8", "::1"] } });
    expect((await near.ask("GET", "/")).status).toBe(200);
    await using far = await live({ admin: { allow: ["10.0.0.0/8"] } });
    const refused = await far.ask("GET", "/", undefined, { "x-forwarded-for": "10.0.0.1", "x-real-ip": "10.0.0.1" });
    expect([refused.status, refused.body]).toEqual([403, { message: "Forbidden" }]);
    expect((await far.ask("OPTIONS", "/")).status).toBe(403);
  });

  it.each([
    [["unix:"], 200],
    [["127.0.0.1"], 403],
  ])("%j on a Unix socket", async (allow, status) => {
    const gateway = createGateway({ admin: { allow }, logger: silent });
    const socketPath = join(tmpdir(), `postern-${process.pid}-${status}.sock`);
    const server = createServer(gateway.admin);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      request({ socketPath, path: "/" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    expect(answered).toBe(status);
    server.close();
    server.closeAllConnections();
    await gateway.close();
  });
});

describe("pages of other sites", () => {
  it("may use the API with cookies when they are named", async () => {
    await using node = await live({ admin: { guiUrl: ["https://manager.test/ui", "http://other.test:8002"] } });
    const from = async (origin: string): Promise<[string | null, string | null]> => {
      const { headers } = await node.ask("GET", "/", undefined, { origin });
      return [headers.get("access-control-allow-origin"), headers.get("access-control-allow-credentials")];
    };
    expect(await from("http://other.test:8002")).toEqual(["http://other.test:8002", "true"]);
    expect(await from("http://evil.test")).toEqual(["https://manager.test", "true"]);
  });
});

describe("a body", () => {
  it("has a limit", async () => {
    await using node = await live({ admin: { maxBodyBytes: 100 } });
    expect((await node.ask("POST", "/schemas/services/validate", { host: "h" })).status).toBe(200);
    for (const body of [{ host: "h".repeat(100) }, new URLSearchParams({ host: "h".repeat(100) })]) {
      expect(await node.ask("POST", "/schemas/services/validate", body)).toMatchObject({
        status: 413,
        body: { message: "Payload too large" },
      });
    }
  });
});

describe("the option `admin`", () => {
  it.each([
    [{ token: "" }, "option 'admin.token'"],
    [{ token: {} }, "option 'admin.token'"],
    [{ token: { ann: "" } }, "option 'admin.token'"],
    [{ allow: ["nowhere"] }, "option 'admin.allow'"],
    [{ maxBodyBytes: 0 }, "option 'admin.maxBodyBytes'"],
    [{ guiUrl: "manager" }, "option 'admin.guiUrl'"],
    [{ tokens: "a" }, "option 'admin.tokens'"],
  ])("%j is refused", (admin, message) => {
    expect(() => createGateway({ admin: admin as object })).toThrow(message);
  });
});

describe("adminRequest", () => {
  it("tells who did what and how it ended, and no secrets", async () => {
    const events: GatewayEvents["adminRequest"][0][] = [];
    await using node = await live({ database: "memory", admin: { token: { ann: "t0ken" } }, clock: () => 1_700_000_000_000 });
    node.gateway.on("adminRequest", (event) => events.push(event));
    const headers = { "kong-admin-token": "t0ken" };
    await node.ask("POST", "/consumers?x=secret-query", { username: "bob" }, headers);
    await node.ask("POST", "/consumers/bob/key-auth", { key: "secret-key" }, headers);
    await node.ask("GET", "/key-auths/secret-key", undefined, headers);
    await node.ask("GET", "/cache/secret-key", undefined, headers);
    await node.ask("PURGE", "/services", undefined, headers);
    await node.ask("DELETE", "/consumers/bob", undefined, { "kong-admin-token": "wr0ng" });
    await node.ask("GET", "/secret-path", undefined, headers);
    await waitFor(() => events.length === 7);
    expect(events.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      "POST /consumers 201",
      "POST /consumers/bob/key-auth 201",
      "GET /key-auths/*** 200",
      "GET /cache/*** 404",
      "PURGE /services 405",
      "DELETE /consumers/bob 401",
      "GET *** 404",
    ]);
    expect(events[0]).toEqual({
      at: 1_700_000_000_000,
      method: "POST",
      path: "/consumers",
      pattern: "/consumers",
      operation: "insert",
      entity: "consumers",
      status: 201,
      durationMs: expect.any(Number),
      address: "127.0.0.1",
      administrator: "ann",
    });
    expect(events[5]).toMatchObject({ operation: "delete", entity: "consumers", administrator: undefined });
    expect(events[6]).toMatchObject({ pattern: undefined, operation: undefined, entity: undefined });
    expect(JSON.stringify(events)).not.toMatch(/secret|t0ken|wr0ng/);
  });

  it("of a listener that fails does not fail the request", async () => {
    const logged: string[] = [];
    await using node = await live({ logger: { ...silent, error: (message) => logged.push(message) } });
    node.gateway.on("adminRequest", () => {
      throw new Error("no room in the log");
    });
    expect((await node.ask("GET", "/")).status).toBe(200);
    await waitFor(() => logged.length > 0);
  });
});

/** Status of a request with a `Host` header of its own, which `fetch` does not let anybody set. */
function statusFor(port: number, host: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/services", headers: { host, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.once("error", reject);
    sent.end();
  });
}

describe("names that other people's DNS decides on", () => {
  it("are refused where nothing but the loopback address protects the API", async () => {
    await using node = await live({ admin: { hosts: ["Admin.example.com"] } });
    const { admin } = node.ports;
    for (const host of [
      "127.0.0.1",
      `127.0.0.1:${admin}`,
      "localhost:1",
      "LOCALHOST",
      "[::1]",
      "[::1]:80",
      "10.1.2.3",
      "admin.example.com:81",
    ]) {
      expect(await statusFor(admin, host), host).toBe(200);
    }
    for (const host of ["evil.test", `evil.test:${admin}`, "127.0.0.1.evil.test", "localhost.evil.test", "[evil.test]"]) {
      expect(await statusFor(admin, host), host).toBe(403);
    }
  });

  it("are told to the audit as what they are", async () => {
    await using node = await live();
    const statuses: number[] = [];
    node.gateway.on("adminRequest", ({ status }) => statuses.push(status));
    await statusFor(node.ports.admin, "evil.test");
    await waitFor(() => statuses.length === 1);
    expect(statuses).toEqual([403]);
  });

  it("do not matter where a token is asked for, on other addresses, or where the host application has mounted the API", async () => {
    await using guarded = await live({ admin: { token: "t" } });
    expect(await statusFor(guarded.ports.admin, "evil.test", { "kong-admin-token": "t" })).toBe(200);
    const gateway = createGateway({ logger: silent });
    const { admin } = await gateway.listen({ admin: { host: "0.0.0.0", port: 0 } });
    expect(await statusFor(admin?.port ?? 0, "kong.internal")).toBe(200);
    const server = createServer(gateway.admin);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const mounted = server.address();
    expect(await statusFor(typeof mounted === "object" ? (mounted?.port ?? 0) : 0, "app.example.com")).toBe(200);
    await new Promise((resolve) => server.close(resolve));
    await gateway.close({ graceMs: 0 });
  });

  it("are a list of texts", () => {
    for (const hosts of ["a.test", [""], [1]]) {
      expect(() => createGateway({ admin: { hosts } as never })).toThrow("option 'admin.hosts': must be a list of host names");
    }
  });
});
