import express from "express";
import { createGateway } from "postern";
import { type Running, running, startUpstream } from "../support.js";

/** Mounts a gateway in an Express application: some paths are proxied, the others stay Express's own. */
export async function start(port = 8000): Promise<Running> {
  const upstream = await startUpstream("orders");

  const gateway = createGateway({
    _format_version: "3.0",
    services: [{ name: "orders", url: upstream.url, routes: [{ name: "orders", paths: ["/orders"] }] }],
  });

  const app = express();
  // A parser in front of the gateway is not ideal, since it holds bodies in memory, but they are proxied intact all the same.
  app.use(express.json());
  app.use(gateway.handler);
  app.get("/hello", (_request, response) => {
    response.json({ hello: "from Express" });
  });

  const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
    const listening = app.listen(port, "127.0.0.1", () => resolve(listening));
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
