import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { live } from "./live.js";

const shop = definePlugin({
  name: "shop",
  version: "1.0.0",
  priority: 1,
  config: {},
  adminEndpoints: {
    "/shop/:shelf/items/:item": {
      GET: (request) => ({ status: 200, body: { ...request, headers: request.headers["x-one"] } }),
      PUT: ({ body, params }, node) => {
        node.state(() => new Map<string, unknown>()).set(params.item ?? "", body);
        return { status: 201, body: { kept: body } };
      },
      DELETE: ({ params }, node) => {
        const known = node.state(() => new Map<string, unknown>()).delete(params.item ?? "");
        return { status: known ? 204 : 404, body: null };
      },
    },
    "/shop/text": { GET: () => ({ status: 200, headers: { "Content-Type": "text/plain" }, body: "plain" }) },
    "/shop/bytes": { GET: () => ({ status: 200, headers: { "Content-Type": "image/x" }, body: Buffer.from([1, 2]) }) },
    "/shop/fails": {
      GET: () => {
        throw new Error("the secret reason");
      },
    },
    "/shop/nonsense": { GET: () => ({ status: 7 }) },
    "/services": { GET: () => ({ status: 418 }) },
  },
});

describe("endpoints of a plugin", () => {
  it("get parameters, query, headers and body, and keep what they keep per gateway", async () => {
    await using node = await live({ plugins: [shop] });
    expect((await node.ask("GET", "/shop/a%20b/items/5?x=1&x=2&y", undefined, { "x-one": "1" })).body).toEqual({
      method: "GET",
      path: "/shop/a%20b/items/5",
      params: { shelf: "a b", item: "5" },
      query: { x: ["1", "2"], y: true },
      headers: "1",
    });
    expect(await node.ask("PUT", "/shop/a/items/5", { b: 1 })).toMatchObject({ status: 201, body: { kept: { b: 1 } } });
    expect((await node.ask("PUT", "/shop/a/items/6", new URLSearchParams("b.c=1"))).body).toEqual({ kept: { b: { c: "1" } } });
    expect((await node.ask("DELETE", "/shop/a/items/5")).status).toBe(204);
    const missing = await node.ask("DELETE", "/shop/a/items/5");
    expect([missing.status, missing.text]).toEqual([404, ""]);
    await using other = await live({ plugins: [shop] });
    expect((await other.ask("DELETE", "/shop/a/items/6")).status).toBe(404);
  });

  it("may answer texts and bytes", async () => {
    await using node = await live({ plugins: [shop] });
    const text = await node.ask("GET", "/shop/text");
    expect([text.text, text.headers.get("content-type")]).toEqual(["plain", "text/plain"]);
    const bytes = await node.ask("GET", "/shop/bytes");
    expect([bytes.text, bytes.headers.get("content-length")]).toEqual(["\u0001\u0002", "2"]);
  });

  it("that fail tell clients nothing", async () => {
    const logged: unknown[] = [];
    const log = (...said: unknown[]): void => void logged.push(said);
    await using node = await live({ plugins: [shop], logger: { debug: log, info: log, warn: log, error: log } });
    for (const path of ["/shop/fails", "/shop/nonsense"]) {
      expect(await node.ask("GET", path)).toMatchObject({ status: 500, body: { message: "An unexpected error occurred" } });
    }
    expect(logged).toHaveLength(2);
  });

  it("have OPTIONS and HEAD, are listed, and never take the place of ours", async () => {
    await using node = await live({ plugins: [shop] });
    expect((await node.ask("OPTIONS", "/shop/a/items/5")).headers.get("allow")).toBe("DELETE, GET, HEAD, OPTIONS, PUT");
    expect((await node.ask("HEAD", "/shop/text")).status).toBe(200);
    expect((await node.ask("GET", "/endpoints")).body.data).toContain("/shop/{shelf}/items/{item}");
    expect((await node.ask("GET", "/services")).status).toBe(200);
  });

  it("are there as soon as the plugin is registered", async () => {
    await using node = await live();
    expect((await node.ask("GET", "/shop/text")).status).toBe(404);
    node.gateway.plugins.register(shop);
    expect((await node.ask("GET", "/shop/text")).status).toBe(200);
  });
});
