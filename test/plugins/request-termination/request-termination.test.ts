import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import { type TestGateway, testGateway } from "../../support/test-gateway.js";

function terminated(config: object, url = "http://127.0.0.1:9"): Promise<TestGateway> {
  const plugins = [{ name: "request-termination", config }];
  return testGateway({
    config: { _format_version: "3.0", services: [{ name: "closed", url, routes: [{ name: "all", paths: ["/"] }], plugins }] },
  });
}

describe("request-termination", () => {
  it.each([
    [{}, 503, "Service unavailable"],
    [{ status_code: 404 }, 404, "Not found"],
    [{ status_code: 401 }, 401, "Unauthorized"],
    [{ status_code: 405 }, 405, "Method not allowed"],
    [{ status_code: 500 }, 500, "An unexpected error occurred"],
    [{ status_code: 502 }, 502, "Bad Gateway"],
    [{ status_code: 406, message: "no such thing" }, 406, "no such thing"],
    [{ status_code: 200, message: "closed" }, 200, "closed"],
  ])("answers as JSON for %j", async (config, status, message) => {
    await using gateway = await terminated(config);
    const response = await gateway.fetch("/", { headers: { accept: "text/html" } });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.text()).toBe(JSON.stringify({ message }));
  });

  it("has no body for a status without a text of its own", async () => {
    await using gateway = await terminated({ status_code: 406 });
    const response = await gateway.request({ headers: { host: "x" } });
    expect([response.status, response.text, response.headers["content-length"]]).toEqual([406, "", "0"]);
  });

  it("answers 204 without Content-Length", async () => {
    await using gateway = await terminated({ status_code: 204 });
    const response = await gateway.request({ headers: { host: "x" } });
    expect(response.status).toBe(204);
    expect(response.headers).not.toHaveProperty("content-length");
  });

  it("sends a body as it is, with the type that it is given", async () => {
    await using gateway = await terminated({ status_code: 200, content_type: "text/x-note", body: "<ö>" });
    const response = await gateway.fetch("/");
    expect(response.headers.get("content-type")).toBe("text/x-note");
    expect(await response.text()).toBe("<ö>");
  });

  it("sends a body without a type when none is given", async () => {
    await using gateway = await terminated({ body: "closed" });
    const response = await gateway.fetch("/");
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toBeNull();
    expect(await response.text()).toBe("closed");
  });

  it("says that the gateway itself has answered", async () => {
    await using gateway = await terminated({});
    const { headers } = await gateway.request({ headers: { host: "x" } });
    expect(headers.server).toMatch(/^postern\/\d/);
    expect(headers).not.toHaveProperty("x-kong-upstream-latency");
  });

  it("works on a route without a service", async () => {
    const plugins = [{ name: "request-termination", config: { status_code: 403, message: "no" } }];
    await using gateway = await testGateway({ config: { _format_version: "3.0", routes: [{ paths: ["/"], plugins }] } });
    expect((await gateway.fetch("/")).status).toBe(403);
  });

  it("closes the gateway to one consumer", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [{ url: upstream.url, name: "echo", routes: [{ paths: ["/"] }] }],
        plugins: [{ name: "key-auth" }],
        consumers: [
          { username: "alice", keyauth_credentials: [{ key: "alice" }] },
          {
            username: "bob",
            keyauth_credentials: [{ key: "bob" }],
            plugins: [{ name: "request-termination", config: { status_code: 403 } }],
          },
        ],
      },
    });
    expect((await gateway.fetch("/", { headers: { apikey: "alice" } })).status).toBe(200);
    expect((await gateway.fetch("/", { headers: { apikey: "bob" } })).status).toBe(403);
  });

  it("acts only on requests with its trigger", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await terminated({ status_code: 403, trigger: "stop-here" }, upstream.url);
    expect((await gateway.fetch("/")).status).toBe(200);
    expect((await gateway.fetch("/", { headers: { "Stop-Here": "whatever" } })).status).toBe(403);
    expect((await gateway.fetch("/?stop-here")).status).toBe(403);
    expect((await gateway.fetch("/?stop-here=no")).status).toBe(403);
    expect((await gateway.fetch("/?stop=here")).status).toBe(200);
  });
});

describe("request-termination, echo", () => {
  it("answers with what the gateway knows of the request", async () => {
    await using gateway = await terminated({ echo: true, status_code: 404 });
    const response = await gateway.fetch("/a%20b?x=1&y=%C3%A4", {
      method: "POST",
      body: '{"n":1}',
      headers: { "content-type": "application/json", "X-Mine": "yes" },
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      message: "Not found",
      kong: { node_id: expect.stringMatching(/^[0-9a-f-]{36}$/), worker_pid: process.pid, hostname: hostname() },
      request: {
        scheme: "http",
        host: "127.0.0.1",
        port: gateway.port,
        headers: { "x-mine": "yes", "content-type": "application/json" },
        query: { x: "1", y: "ä" },
        body: { n: 1 },
        raw_body: '{"n":1}',
        method: "POST",
        uri_captures: { named: {}, unnamed: [] },
      },
      matched_route: { name: "all", paths: ["/"] },
      matched_service: { name: "closed" },
    });
  });

  it("tells the captures of the route, the path, and a message of its own", async () => {
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        routes: [
          {
            name: "regex",
            paths: ["~/users/(?<id>\\d+)/(\\w+)"],
            plugins: [{ name: "request-termination", config: { echo: true, message: "look", trigger: "x-look" } }],
          },
        ],
      },
    });
    const response = await gateway.fetch("/users/12/mail", { headers: { "x-look": "1" } });
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({
      message: "look",
      request: {
        path: "/users/12/mail",
        uri_captures: { named: { id: "12" }, unnamed: ["/users/12/mail", "12", "mail"] },
      },
      matched_route: { name: "regex" },
    });
    expect(body).not.toHaveProperty("matched_service.name");
  });

  it("leaves out a body that it cannot decode", async () => {
    await using gateway = await terminated({ echo: true });
    const response = await gateway.fetch("/", { method: "POST", body: "abc", headers: { "content-type": "text/plain" } });
    const { request } = (await response.json()) as { request: Record<string, unknown> };
    expect(request).not.toHaveProperty("body");
    expect(request.raw_body).toBe("abc");
  });
});

describe("request-termination, schema", () => {
  it.each([
    [{ status_code: 600 }, "value should be between 100 and 599"],
    [{ message: "a", body: "b" }, "message cannot be used with content_type or body"],
    [{ message: "a", content_type: "b" }, "message cannot be used with content_type or body"],
    [{ content_type: "b" }, "content_type requires a body"],
    [{ echo: true, body: "b" }, "echo cannot be used with content_type and body"],
  ])("refuses %j", async (config, message) => {
    await expect(terminated(config)).rejects.toThrow(message);
  });
});
