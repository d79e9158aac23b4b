/** postern mounted in an Express application, the only thing in it. */
import express from "express";
import { gatewayDocument } from "../gateway-document.mjs";
import { listen } from "../listen.mjs";

export async function start({ upstream, entry, routes, plugins }) {
  const { createGateway } = await import(entry);
  const gateway = createGateway({ declarativeConfig: gatewayDocument({ upstream, routes, plugins }) });
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(gateway.handler);
  return listen(app);
}
