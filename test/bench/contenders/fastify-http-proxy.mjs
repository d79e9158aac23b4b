/** @fastify/http-proxy, which carries requests with undici. Its cache of parsed URLs is off: no URI comes twice here. */
import httpProxy from "@fastify/http-proxy";
import fastify from "fastify";

export async function start({ upstream }) {
  const app = fastify({ logger: false });
  await app.register(httpProxy, { upstream: upstream.origin, disableCache: true, undici: { connections: 128, pipelining: 1 } });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server.address().port;
}
