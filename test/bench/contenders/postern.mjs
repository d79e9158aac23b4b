/** postern behind `http.createServer`, with as many routes as the settings say and, if they say so, consumers and plugins. */
import http from "node:http";
import { gatewayDocument } from "../gateway-document.mjs";
import { listen } from "../listen.mjs";

export async function start({ upstream, entry, routes, plugins }) {
  const { createGateway } = await import(entry);
  const gateway = createGateway({ declarativeConfig: gatewayDocument({ upstream, routes, plugins }) });
  return listen(http.createServer(gateway.handler));
}
