import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createGateway } from "postern";
import { honoGateway } from "postern/hono";
import { type Running, running, startUpstream } from "../support.js";

/** Mounts a gateway in a Hono application on `@hono/node-server`. */
export async function start(port = 8000): Promise<Running> {
  const upstream = await startUpstream("orders");

  const gateway = createGateway({
    _format_version: "3.0",
    services: [{ name: "orders", url: upstream.url, routes: [{ name: "orders", paths: ["/orders"] }] }],
  });

  const app = new Hono();
  app.use(honoGateway(gateway));
  app.get("/hello", (context) => context.json({ hello: "from Hono" }));

  const server = await new Promise<Server>((resolve) => {
    const listening = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => resolve(listening as Server));
  });
  gateway.attach(server); // for WebSockets
  const { url, close } = running(server);
  return {
    url,
    async close() {
      await close();
      await gateway.close();
      await upstream.close();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await start();
  console.log(`try: curl -i ${url}/orders/42\nand: curl -i ${url}/hello`);
}
