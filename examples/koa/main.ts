import Koa from "koa";
import { createGateway } from "postern";
import { koaGateway } from "postern/koa";
import { type Running, running, startUpstream } from "../support.js";

/** Mounts a gateway in a Koa application. */
export async function start(port = 8000): Promise<Running> {
  const upstream = await startUpstream("orders");

  const gateway = createGateway({
    _format_version: "3.0",
    services: [{ name: "orders", url: upstream.url, routes: [{ name: "orders", paths: ["/orders"] }] }],
  });

  const app = new Koa();
  app.use(koaGateway(gateway));
  app.use((context) => {
    if (context.path === "/hello") context.body = { hello: "from Koa" };
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
