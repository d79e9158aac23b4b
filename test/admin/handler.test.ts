import { request as httpRequest } from "node:http";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAdminHandler } from "../../src/admin/handler.js";
import { serve, startAdmin, type TestAdmin } from "./support.js";
import { ids, world } from "./world.js";

let admin: TestAdmin;
beforeAll(async () => {
  admin = await startAdmin(world);
});
afterAll(async () => admin[Symbol.asyncDispose]());

describe("every answer", () => {
  it.each([["/services"], ["/nowhere"], [`/services/${ids.nobody}`]])("to GET %s carries the common headers", async (path) => {
    const { headers } = await admin.fetch(path);
    expect(headers.get("server")).toBe("postern/1.2.3");
    expect(headers.get("x-kong-admin-latency")).toMatch(/^\d+$/);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("names the page that asks, and lets only the configured ones send credentials", async () => {
    const open = await admin.fetch("/services", { headers: { origin: "http://page.test" } });
    expect(open.headers.get("access-control-allow-origin")).toBe("http://page.test");
    expect(open.headers.get("access-control-allow-credentials")).toBeNull();

    await using closed = await startAdmin(world, { guiOrigins: ["http://one.test", "http://two.test"] });
    const known = await closed.fetch("/services", { headers: { origin: "http://two.test" } });
    expect(known.headers.get("access-control-allow-origin")).toBe("http://two.test");
    expect(known.headers.get("access-control-allow-credentials")).toBe("true");
    const other = await closed.fetch("/services", { headers: { origin: "http://page.test" } });
    expect(other.headers.get("access-control-allow-origin")).toBe("http://one.test");
  });

  it("leaves out the headers that are switched off", async () => {
    await using silent = await startAdmin(world, { headers: { server: false, latency: false } });
    const { headers } = await silent.fetch("/services");
    expect(headers.get("server")).toBeNull();
    expect(headers.get("x-kong-admin-latency")).toBeNull();
  });
});

describe("methods", () => {
  it.each([
    ["/", "GET, HEAD, OPTIONS"],
    ["/services", "GET, HEAD, OPTIONS, POST"],
    ["/services/orders", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"],
    ["/upstreams/a/targets/x/healthy", "OPTIONS, POST, PUT"],
  ])("of %s are told to OPTIONS", async (path, methods) => {
    const response = await admin.fetch(path, { method: "OPTIONS", headers: { "access-control-request-headers": "x-one" } });
    expect(response.status).toBe(204);
    expect(response.headers.get("allow")).toBe(methods);
    expect(response.headers.get("access-control-allow-methods")).toBe(methods);
    expect(response.headers.get("access-control-allow-headers")).toBe("x-one");
    expect(await response.text()).toBe("");
  });

  it("are 405 when a path does not have them, 404 when there is no path", async () => {
    expect(await admin.ask("/services", { method: "DELETE" })).toEqual({ status: 405, body: { message: "Method not allowed" } });
    expect(await admin.ask("/services", { method: "PURGE" })).toEqual({ status: 405, body: { message: "Method not allowed" } });
    expect(await admin.ask("/nowhere", { method: "OPTIONS" })).toEqual({ status: 404, body: { message: "Not found" } });
    expect((await admin.fetch("/upstreams/a/targets/x/healthy", { method: "HEAD" })).status).toBe(200);
  });

  it("HEAD says what GET says, without the body", async () => {
    const get = await admin.fetch("/services/orders");
    const head = await admin.fetch("/services/orders", { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });
});

describe("paths", () => {
  it("do not mind a slash at the end", async () => {
    expect((await admin.ask("/services/")).status).toBe(200);
    expect((await admin.ask("/services/orders/")).status).toBe(200);
  });

  it.each([["/targets"], [`/targets/${ids.targetA}`], ["/default/services"], ["/consumer_groups"], ["/services//routes"]])(
    "%s is not one",
    async (path) => {
      expect(await admin.ask(path)).toEqual({ status: 404, body: { message: "Not found" } });
    },
  );
});

describe("bodies", () => {
  const post = (path: string, type: string | undefined, body: string | undefined) =>
    admin.fetch(path, {
      method: "POST",
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      headers: type ? { "content-type": type } : {},
    });

  it("of unknown types are 415, on unknown paths too", async () => {
    for (const path of ["/services", "/nowhere", "/"]) {
      expect((await post(path, "text/plain", "x")).status).toBe(415);
      expect((await post(path, undefined, "x")).status).toBe(415);
    }
    expect((await post("/services", "application/yaml", "name: x")).status).toBe(415);
  });

  it("that are no JSON objects are 400", async () => {
    for (const body of ["", "{", "null", "5", "[]"]) {
      const response = await post("/services", "application/json", body);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ message: "Cannot parse JSON body" });
    }
  });

  it("come after the method", async () => {
    expect((await post("/", "application/json", "{")).status).toBe(405);
  });

  it("may be left out", async () => {
    const response = await admin.fetch("/services", { method: "POST" });
    expect(await response.json()).toMatchObject({ code: 2, message: "schema violation (host: required field missing)" });
  });

  it("have one type only", async () => {
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const asked = httpRequest(`${admin.url}/services`, { method: "POST" }, (response) => {
        response.setEncoding("utf8").on("data", (text: string) => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.on("error", reject).setHeader("content-type", ["application/json", "application/json"]);
      asked.end("{}");
    });
    expect(answer).toEqual({ status: 400, text: "Multiple Content-Type headers not allowed" });
  });

  it("over 10 MiB are 413", async () => {
    const response = await post("/services", "application/json", `"${"x".repeat(10 * 1024 * 1024)}"`);
    expect(response.status).toBe(413);
  });

  it("have at most 1000 fields", async () => {
    const fields = Array.from({ length: 1001 }, (_, index) => `f${index}=1`).join("&");
    const response = await post("/services", "application/x-www-form-urlencoded", fields);
    expect([response.status, await response.json()]).toEqual([400, { message: "Too many arguments" }]);
  });
});

describe("failures", () => {
  it("are logged, and clients learn nothing of them", async () => {
    await using broken = await startAdmin(world, {
      status: () => {
        throw new Error("the secret reason");
      },
    });
    expect(await broken.ask("/status")).toEqual({ status: 500, body: { message: "An unexpected error occurred" } });
    expect(broken.logged).toEqual(["a request to the Admin API failed"]);
  });
});

describe("in a host application", () => {
  it("leaves unknown paths to it, links with its prefix, and takes bodies that it has read", async () => {
    const app = express();
    app.use(express.json());
    app.use("/admin", createAdminHandler(admin.context));
    app.use((_req, res) => res.status(418).end());
    await using server = await serve(app);
    const at = (path: string, init?: RequestInit): Promise<Response> => fetch(`${server.url}/admin${path}`, init);
    expect((await at("/nowhere")).status).toBe(418);
    const { next } = (await (await at("/services?size=1")).json()) as { next: string };
    expect(next).toMatch(/^\/admin\/services\?offset=.+&size=1$/);
    const second = (await (await fetch(`${server.url}${next}`)).json()) as { data: unknown[]; next: unknown };
    expect(second.data).toHaveLength(1);
    expect(second.next).toBeNull();
    const refused = await at("/services", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ host: "h", port: 70000 }),
    });
    expect(await refused.json()).toMatchObject({ message: "schema violation (port: value should be between 0 and 65535)" });
  });
});
