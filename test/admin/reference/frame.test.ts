import express from "express";
import { createGateway } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rawRequest } from "../../support/raw-request.js";
import { type Body, type LiveGateway, silent } from "../live.js";
import { describeModes } from "../modes.js";
import { serve } from "../support.js";

// §1 to §5: headers, CORS, bodies and their encodings, answers, errors.

describeModes("the frame", ["off", "memory", "postgres"], (start) => {
  let node: LiveGateway;
  beforeAll(async () => {
    node = await start();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it.each([
    ["GET", "/services", 200],
    ["GET", "/nowhere", 404],
    ["PURGE", "/services", 405],
  ])("%s %s has the common headers", async (method, path, status) => {
    const answer = await node.ask(method, path);
    expect(answer.status).toBe(status);
    const { headers, text } = answer;
    expect(headers.get("server")).toMatch(/^postern\//);
    expect(headers.get("x-kong-admin-latency")).toMatch(/^\d+$/);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
    expect(headers.get("access-control-allow-origin")).toBe("*");
    for (const name of ["via", "x-kong-request-id", "access-control-allow-methods"]) expect(headers.get(name)).toBeNull();
  });

  it("answers HEAD as GET, without the body", async () => {
    const get = await node.ask("GET", "/services");
    const head = await node.ask("HEAD", "/services");
    expect([head.status, head.text, head.headers.get("content-length")]).toEqual([200, "", get.headers.get("content-length")]);
    expect((await node.ask("HEAD", "/schemas/services/validate")).status).toBe(200);
  });

  it("answers the preflight of a browser", async () => {
    const headers = {
      origin: "http://manager.test",
      "access-control-request-method": "PATCH",
      "access-control-request-headers": "content-type",
    };
    const answer = await node.ask("OPTIONS", "/services/x", undefined, headers);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers.get("access-control-allow-headers")).toBe("content-type");
    expect(answer.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://manager.test");
  });

  it("takes a slash at the end", async () => {
    expect((await node.ask("GET", "/services/")).status).toBe(200);
    const made = await rawRequest({ port: node.ports.admin }, { path: "/services/?size=5", headers: { host: "127.0.0.1" } });
    expect(made.status).toBe(200);
  });

  const json = { "content-type": "application/json" };
  /** An object with a list in it, and so on: so many levels. */
  const nested = (levels: number): string => `{"tags":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  it.each<[string, string, Body, Record<string, string>, number, unknown]>([
    [
      "a type with parameters",
      "/schemas/services/validate",
      '{"host":"h"}',
      { "content-type": "application/json; charset=utf-8" },
      200,
      undefined,
    ],
    ["a type in capitals", "/services", "{}", { "content-type": "Application/JSON" }, 415, undefined],
    ["a text", "/services", "x", { "content-type": "text/plain" }, 415, undefined],
    ["YAML outside of /config", "/services", "host: h", { "content-type": "application/yaml" }, 415, undefined],
    ["a text at an unknown path", "/nowhere", "x", { "content-type": "text/plain" }, 415, undefined],
    ["empty JSON", "/services", "", json, 400, { message: "Cannot parse JSON body" }],
    ["broken JSON", "/services", "{", json, 400, { message: "Cannot parse JSON body" }],
    ["null", "/services", "null", json, 400, { message: "Cannot parse JSON body" }],
    ["a number", "/services", "5", json, 400, { message: "Cannot parse JSON body" }],
    ["a list", "/services", "[]", json, 400, { message: "Cannot parse JSON body" }],
    ["lists in lists without end", "/services", nested(100_000), json, 400, { message: "Cannot parse JSON body" }],
    ["more levels than Kong takes", "/services", nested(1001), json, 400, { message: "Cannot parse JSON body" }],
    ["as many levels as Kong takes", "/services", nested(1000), json, 400, expect.objectContaining({ code: 2 })],
    [
      "brackets in texts",
      "/schemas/services/validate",
      JSON.stringify({ host: "h", tags: ["[".repeat(2000), `${'"[\\"'.repeat(2000)}`] }),
      json,
      200,
      undefined,
    ],
    ["broken JSON where there is no POST", "/", "{", json, 405, { message: "Method not allowed" }],
    [
      "broken multipart",
      "/services",
      "x",
      { "content-type": "multipart/form-data; boundary=b" },
      400,
      { message: "Cannot parse multipart body" },
    ],
  ])("POST with %s", async (_what, path, body, headers, status, answered) => {
    const answer = await node.ask("POST", path, body, headers);
    expect(answer.status).toBe(status);
    if (answered !== undefined) expect(answer.body).toEqual(answered);
  });

  it("takes a POST without a body, and passes over a body of GET and DELETE", async () => {
    expect(await node.ask("POST", "/services")).toMatchObject({ status: 400, body: { code: 2 } });
    const lines = ["DELETE /services/none HTTP/1.1", "host: 127.0.0.1", "content-type: text/plain", "content-length: 1", "", "x"];
    expect((await rawRequest({ port: node.ports.admin }, lines.join("\r\n"))).status).toBe(204);
  });

  it.each(["GET", "PUT", "PATCH", "DELETE"])("refuses null characters in the path of %s", async (method) => {
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    for (const path of ["/consumers/%00", "/consumers/a%00b/key-auth", "/cache/%00"]) {
      expect(await node.ask(method, path, body)).toMatchObject({
        status: 400,
        body: { message: "Null characters are not allowed in paths" },
      });
    }
  });

  it("takes one type only", async () => {
    const headers: [string, string][] = [
      ["host", "127.0.0.1"],
      ["content-type", "application/json"],
      ["content-type", "application/json"],
      ["content-length", "2"],
    ];
    const answer = await rawRequest({ port: node.ports.admin }, { method: "POST", path: "/services", headers, body: "{}" });
    expect([answer.status, answer.body.toString()]).toEqual([400, "Multiple Content-Type headers not allowed"]);
  });

  it("takes a thousand arguments", async () => {
    const many = (count: number): string => Array.from({ length: count }, (_, index) => `f${index}=1`).join("&");
    expect((await node.ask("GET", `/services?${many(1000)}`)).status).toBe(200);
    expect(await node.ask("GET", `/services?${many(1001)}`)).toMatchObject({
      status: 400,
      body: { message: "Too many arguments" },
    });
    expect((await node.ask("POST", "/services", new URLSearchParams(many(1001)))).body).toEqual({
      message: "Too many arguments",
    });
  });

  it("does not take arguments of the query for fields", async () => {
    expect(await node.ask("POST", "/services?host=h", {})).toMatchObject({
      status: 400,
      body: { message: "schema violation (host: required field missing)" },
    });
  });
});

describeModes("forms and answers", ["memory", "postgres"], (start) => {
  describe("forms", () => {
    it("make structure of names, and types of the fields' kinds", async () => {
      await using node = await start();
      const service = await node.ask(
        "POST",
        "/services",
        new URLSearchParams("name=s&url=http://h.test:80/p&retries=3&enabled=true&tags=a,b"),
      );
      expect(service.body.fields).toEqual({ tags: expect.anything() });
      const fine = await node.ask(
        "POST",
        "/services",
        new URLSearchParams("name=s&url=http://h.test:80/p&retries=3&enabled=true&tags=a"),
      );
      expect(fine).toMatchObject({ status: 201, body: { host: "h.test", path: "/p", retries: 3, enabled: true, tags: ["a"] } });
      const text = `hosts[]=a.test&hosts[]=b.test&protocols=http&strip_path=false&regex_priority=5&service.id=${fine.body.id}&headers.x-foo=v&tags=`;
      expect(await node.ask("POST", "/routes", new URLSearchParams(text))).toMatchObject({
        status: 201,
        body: {
          hosts: ["a.test", "b.test"],
          protocols: ["http"],
          strip_path: false,
          regex_priority: 5,
          service: { id: fine.body.id },
          headers: { "x-foo": ["v"] },
          tags: null,
        },
      });
      const encoded = "paths%5B1%5D=%2Fa&paths%5B2%5D=%2Fb&service.name=s&name=";
      expect((await node.ask("POST", "/routes", new URLSearchParams(encoded))).body).toMatchObject({
        paths: ["/a", "/b"],
        name: null,
      });
      const multipart = new FormData();
      for (const [name, value] of [
        ["name", "pool"],
        ["slots", "100"],
        ["healthchecks.active.timeout", "2"],
      ] as const)
        multipart.set(name, value);
      multipart.set("healthchecks.active.http_path", new Blob(["/health"]), "path.txt");
      expect((await node.ask("POST", "/upstreams", multipart)).body).toMatchObject({
        slots: 100,
        healthchecks: { active: { timeout: 2, http_path: "/health" } },
      });
      const plugin = new URLSearchParams("name=rate-limiting&config.minute=5&config[policy]=local&config.redis.port=7000");
      expect((await node.ask("POST", "/plugins", plugin)).body).toMatchObject({
        config: { minute: 5, policy: "local", redis: { port: 7000 }, redis_port: 7000 },
      });
      expect((await node.ask("POST", "/services", new URLSearchParams("host=h&port=x&enabled=maybe"))).body.fields).toEqual({
        port: "expected an integer",
        enabled: "expected a boolean",
      });
    });
  });

  describe("answers", () => {
    it("show every field, unset ones as null, and never the workspace", async () => {
      await using node = await start();
      const { body } = await node.ask("POST", "/services", { host: "h" });
      expect(Object.keys(body).sort()).toEqual(Object.keys(node.gateway.db.services.definition.fields).sort());
      expect(body).toMatchObject({ name: null, tags: null, client_certificate: null, created_at: expect.any(Number) });
      expect(Number.isInteger(body.created_at)).toBe(true);
      await node.ask("POST", "/upstreams", { name: "u" });
      const target = (await node.ask("POST", "/upstreams/u/targets", { target: "a.test" })).body;
      expect(target.created_at).toBeGreaterThan(1e9);
      const reference = await node.ask("POST", "/consumers", { username: "ann" });
      expect(reference.body).not.toHaveProperty("ws_id");
    });

    it("show secrets by their references", async () => {
      await using node = await start();
      const reference = "{vault://env/redis-password}";
      const config = { minute: 5, policy: "redis", redis: { host: "r.test", password: reference } };
      const { body } = await node.ask("POST", "/plugins", { name: "rate-limiting", config });
      expect(body.config).toMatchObject({ redis: { password: reference }, redis_password: reference });
    });
  });
});

describe("in Express", () => {
  it("links with the mount path, takes bodies that were read, and leaves unknown paths", async () => {
    const gateway = createGateway({ database: "memory", logger: silent });
    const app = express();
    app.use(express.json());
    app.use("/kong", gateway.admin);
    app.use("/probe", gateway.status);
    app.use((_req, res) => void res.status(418).end());
    await using server = await serve(app);
    const post = { method: "POST", headers: { "content-type": "application/json" } };
    for (const host of ["a", "b"]) {
      expect((await fetch(`${server.url}/kong/services`, { ...post, body: JSON.stringify({ host }) })).status).toBe(201);
    }
    const { next } = (await (await fetch(`${server.url}/kong/services?size=1`)).json()) as { next: string };
    expect(next).toMatch(/^\/kong\/services\?offset=.+&size=1$/);
    expect((await fetch(`${server.url}${next}`)).status).toBe(200);
    expect((await fetch(`${server.url}/kong/nowhere`)).status).toBe(418);
    expect(await (await fetch(`${server.url}/probe/status/ready`)).json()).toEqual({ message: "ready" });
    expect((await fetch(`${server.url}/probe/services`)).status).toBe(418);
    const deep = `{"tags":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    const refused = await fetch(`${server.url}/kong/services`, { ...post, body: deep });
    expect([refused.status, await refused.json()]).toEqual([400, { message: "Cannot parse JSON body" }]);
    await gateway.close();
  });
});
