import { afterAll, beforeAll, expect, it } from "vitest";
import type { LiveGateway } from "../live.js";
import { describeModes } from "../modes.js";
import { missingPaths, paths } from "./paths.js";

describeModes("paths", ["off", "memory", "postgres"], (start) => {
  let node: LiveGateway;
  beforeAll(async () => {
    node = await start();
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it.each(paths)("%s has %s", async (path, methods) => {
    const { status, headers, text } = await node.ask("OPTIONS", path);
    expect([status, headers.get("allow"), text]).toEqual([204, methods, ""]);
    expect(headers.get("access-control-allow-methods")).toBe(methods);
    expect(headers.get("access-control-allow-headers")).toBe("Content-Type");
    expect((await node.ask("HEAD", path)).text).toBe("");
    const unknown = await node.ask("PURGE", path);
    expect([unknown.status, unknown.body]).toEqual([405, { message: "Method not allowed" }]);
    expect(unknown.headers.get("allow")).toBe(methods);
  });

  it.each(missingPaths)("%s is not one", async (path) => {
    for (const method of ["GET", "OPTIONS", "DELETE"]) {
      expect(await node.ask(method, path)).toMatchObject({ status: 404, body: { message: "Not found" } });
    }
    expect((await node.ask("HEAD", path)).status).toBe(404);
  });

  it("are all listed at /endpoints, segment by segment", async () => {
    const { data } = (await node.ask("GET", "/endpoints")).body as { data: string[] };
    expect(data).toContain("/services/{services}/routes/{routes}");
    expect(data).toContain("/consumers/{consumers}/key-auth/{keyauth_credentials}");
    expect(data).toContain("/endpoints");
    expect(data.indexOf("/services/{services}")).toBeLessThan(data.indexOf("/services/{services}/routes"));
    const key = (pattern: string): string => pattern.replaceAll("/", "\u0000");
    expect(data).toEqual([...new Set(data)].sort((a, b) => (key(a) < key(b) ? -1 : 1)));
    for (const [path] of paths) {
      const fits = data.some((pattern) => new RegExp(`^${pattern.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path));
      expect(fits, path).toBe(true);
    }
  });

  it("serve robots.txt", async () => {
    const { status, text, headers } = await node.ask("GET", "/robots.txt");
    expect([status, text]).toEqual([200, "User-agent: *\nDisallow: /"]);
    expect(headers.get("content-type")).toMatch(/^text\/plain/);
  });
});
