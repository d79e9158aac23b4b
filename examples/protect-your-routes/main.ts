import express from "express";
import { createGateway, getGatewayContext } from "postern";
import { type Running, running } from "../support.js";

/**
 * Puts API keys and a rate limit in front of an Express application's own handlers. Nothing is proxied: the route has no service,
 * so what its plugins let through goes on to Express.
 */
export async function start(port = 8000): Promise<Running> {
  const gateway = createGateway({
    _format_version: "3.0",
    routes: [
      {
        name: "api",
        paths: ["/api"],
        plugins: [{ name: "key-auth" }, { name: "rate-limiting", config: { hour: 3, limit_by: "consumer" } }],
      },
    ],
    consumers: [{ username: "alice", custom_id: "customer-1", keyauth_credentials: [{ key: "alice-key" }] }],
  });

  const app = express();
  // As the gateway reads paths: otherwise `/API/me` would be a way around the route above.
  app.enable("case sensitive routing");
  app.use(gateway.handler);
  app.get("/api/me", (request, response) => {
    const context = getGatewayContext(request);
    response.json({ user: context?.consumer?.username, customer: context?.consumer?.custom_id, requestId: context?.requestId });
  });
  app.get("/public", (_request, response) => {
    response.json({ open: "to everybody" });
  });

  const server = await new Promise<ReturnType<typeof app.listen>>((resolve) => {
    const listening = app.listen(port, "127.0.0.1", () => resolve(listening));
  });
  const { url, close } = running(server);
  return {
    url,
    async close() {
      await close();
      await gateway.close();
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await start();
  console.log(`try: curl -i ${url}/api/me\nand: curl -i ${url}/api/me -H 'apikey: alice-key'\nand: curl -i ${url}/public`);
}
