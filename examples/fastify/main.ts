import createFastify from "fastify";
import { createGateway } from "postern";
import { fastifyGateway } from "postern/fastify";
import { type Running, startUpstream } from "../support.js";

/** Mounts a gateway in a Fastify application. */
export async function start(port = 8000): Promise<Running> {
  const upstream = await startUpstream("orders");

  const gateway = createGateway({
    _format_version: "3.0",
    services: [{ name: "orders", url: upstream.url, routes: [{ name: "orders", paths: ["/orders"] }] }],
  });

  const fastify = createFastify({ forceCloseConnections: true });
  await fastify.register(fastifyGateway, { gateway });
  fastify.get("/hello", async () => ({ hello: "from Fastify" }));

  const url = await fastify.listen({ port, host: "127.0.0.1" });
  return {
    url,
    async close() {
      await fastify.close();
      await gateway.close();
      await upstream.close();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await start();
  console.log(`try: curl -i ${url}/orders/42\nand: curl -i ${url}/hello`);
}
