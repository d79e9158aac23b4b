import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import { Hono } from "hono";
import { createGateway } from "postern";
import { honoGateway } from "postern/hono";
import { expect, it, vi } from "vitest";
import { deadPort } from "../gateway/support.js";
import { echoUpstream } from "../support/echo-upstream.js";

it("keeps repeated headers of an upstream where the host has set headers before", async () => {
  await using upstream = await echoUpstream({
    answer: (_record, res) =>
      void res.writeHead(200, ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Powered-By", "upstream"]).end("hi"),
  });
  const gateway = createGateway({
    _format_version: "3.0",
    services: [{ name: "echo", url: upstream.url, routes: [{ name: "all", paths: ["/"] }] }],
  });
  const app = express();
  app.use((_req, res, next) => {
    res.setHeader("X-Frame-Options", "DENY");
    next();
  });
  app.use(gateway.handler);
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(response.headers.get("x-powered-by")).toBe("upstream");
  expect(response.headers.get("x-frame-options")).toBe("DENY");
  expect(await response.text()).toBe("hi");
  server.closeAllConnections();
  server.close();
  await gateway.close();
});

it("does not make Hono answer a second time, whatever its other middleware does", async () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await using upstream = await echoUpstream();
  const gateway = createGateway({
    declarativeConfig: {
      _format_version: "3.0",
      services: [
        { name: "echo", url: upstream.url, routes: [{ name: "echo", paths: ["/echo"] }] },
        { name: "down", url: `http://127.0.0.1:${await deadPort()}`, routes: [{ name: "down", paths: ["/down"] }] },
      ],
    },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const app = new Hono();
  app.use(async (c, next) => {
    c.res.headers.set("X-Before", "1");
    await next();
    c.res.headers.set("X-After", "1");
  });
  app.use(honoGateway(gateway));
  app.get("/own", (c) => c.text("own"));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await fetch(`${url}/echo`, { method: "POST", body: "x" })).status).toBe(200);
  expect((await fetch(`${url}/down`)).status).toBe(502);
  const own = await fetch(`${url}/own`);
  expect([await own.text(), own.headers.get("x-before"), own.headers.get("x-after")]).toEqual(["own", "1", "1"]);
  expect(printed).not.toHaveBeenCalled();
  (server as ReturnType<typeof createServer>).closeAllConnections();
  server.close();
  await gateway.close();
});

it("says that Hono has to run on Node", async () => {
  const gateway = createGateway();
  const context = { env: {}, res: new Response() };
  await expect(honoGateway(gateway)(context, async () => undefined)).rejects.toThrow("@hono/node-server");
  await gateway.close();
});
