import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { definePlugin } from "../../src/plugin-runner/define-plugin.js";
import { str } from "../../src/schema/field.js";
import { startGateway, startUpstream } from "../../src/testing/index.js";

const route = (url: string) => ({ _format_version: "3.0", services: [{ name: "echo", url, routes: [{ paths: ["/"] }] }] });

describe("an upstream", () => {
  it("answers what it was asked, and remembers it", async () => {
    await using upstream = await startUpstream();
    const response = await fetch(`${upstream.url}/a?b=c`, { method: "POST", headers: { "x-one": "1" }, body: "hello" });
    const echoed = (await response.json()) as object;
    expect(echoed).toMatchObject({ method: "POST", url: "/a?b=c", headers: { "x-one": "1" }, body: "hello" });
    expect(upstream.requests).toEqual([echoed]);
  });

  it("keeps repeated headers apart, whatever their names", async () => {
    await using upstream = await startUpstream();
    const socket = connect(upstream.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\n__proto__: p\r\nConnection: close\r\n\r\n");
    let text = "";
    for await (const piece of socket.setEncoding("utf8")) text += piece as string;
    expect(text).toContain('"x-a":["1","2"],"__proto__":"p"');
  });

  it("can be given its answers, and shows what goes wrong in them", async () => {
    await using upstream = await startUpstream(async ({ url }, response) => {
      if (url === "/bad") throw new Error("not like this");
      response.writeHead(204).end();
    });
    expect((await fetch(upstream.url)).status).toBe(204);
    const failed = await fetch(`${upstream.url}/bad`);
    expect([failed.status, await failed.text()]).toEqual([500, "not like this"]);
    expect(upstream.requests).toHaveLength(2);
  });

  it("rejects where the port is taken", async () => {
    await using upstream = await startUpstream();
    await expect(startUpstream(undefined, { port: upstream.port })).rejects.toThrow("EADDRINUSE");
  });
});

describe("a gateway", () => {
  it("serves a document", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startGateway(route(upstream.url));
    expect((await gateway.fetch("/x")).status).toBe(200);
    expect(upstream.requests[0]?.url).toBe("/x");
  });

  it("runs the plugin under test", async () => {
    const hello = definePlugin({
      name: "hello",
      version: "1.0.0",
      priority: 1,
      config: { greeting: str({ required: true, default: "hi" }) },
      access: (pdk, config) => pdk.response.exit(200, { message: config.greeting }),
    });
    await using gateway = await startGateway({
      plugins: [hello],
      declarativeConfig: { ...route("http://127.0.0.1:9"), plugins: [{ name: "hello", config: { greeting: "hello" } }] },
    });
    expect(await (await gateway.fetch("/")).json()).toEqual({ message: "hello" });
  });

  it("is gone when it is closed", async () => {
    const gateway = await startGateway();
    expect((await gateway.fetch("/")).status).toBe(404);
    await gateway.close();
    await expect(gateway.fetch("/")).rejects.toThrow();
  });
});
