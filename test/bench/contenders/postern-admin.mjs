/** postern with a writable store; what is below `/__admin` goes to its Admin API. For the benchmark of that API. */
import http from "node:http";
import { gatewayDocument } from "../gateway-document.mjs";
import { listen } from "../listen.mjs";

const mount = "/__admin";

export async function start({ upstream, entry, routes }) {
  const { createGateway } = await import(entry);
  const declarativeConfig = gatewayDocument({ upstream, routes, plugins: false });
  const gateway = createGateway({ database: "memory", declarativeConfig });
  return listen(
    http.createServer((request, response) => {
      if (!request.url.startsWith(mount)) {
        gateway.handler(request, response);
        return;
      }
      request.url = request.url.slice(mount.length);
      gateway.admin(request, response);
    }),
  );
}
