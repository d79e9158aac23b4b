import { createServer } from "node:http";
import { createGateway } from "postern";
import { listen, type Running, startUpstream } from "../support.js";

/** Serves a gateway with nothing but Node's own `http`. */
export async function start(port = 8000): Promise<Running> {
  const upstream = await startUpstream("orders");

  const gateway = createGateway({
    _format_version: "3.0",
    services: [{ name: "orders", url: upstream.url, routes: [{ name: "orders", paths: ["/orders"] }] }],
    plugins: [{ name: "correlation-id", config: { header_name: "X-Correlation-ID", echo_downstream: true } }],
  });
  const server = createServer(gateway.handler).on("upgrade", gateway.upgrade);

  const { url, close } = await listen(server, port);
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
  console.log(`try: curl -i ${url}/orders/42`);
}
