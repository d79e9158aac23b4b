// What all examples need beside the gateway: something to proxy to, and a way to start and stop servers.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that runs. */
export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a port of 127.0.0.1; 0 takes any free one. */
export async function listen(server: Server, port: number): Promise<Running> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return running(server);
}

/** Address of a server that listens already, and how to stop it. */
export function running(server: Server): Running {
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

/** Starts an upstream that answers with its name and with what it was asked. */
export async function startUpstream(name: string, port = 0): Promise<Running> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk as string;
    const { method, url, headers } = request;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ upstream: name, method, url, headers, body }, null, 2));
  });
  return listen(server, port);
}
