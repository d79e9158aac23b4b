import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Where to listen: a port, or port and host. Port 0 takes any free one. */
export type ListenAddress = number | { readonly port: number; readonly host?: string };

/** What {@link Gateway.listen} opens. */
export interface ListenOptions {
  /** Proxied traffic. Default host: all interfaces. */
  readonly proxy?: ListenAddress;
  /** The Admin API. Default host: `127.0.0.1`; it is not protected by anything else. */
  readonly admin?: ListenAddress;
}

/** The addresses that were opened. */
export interface ListenResult {
  readonly proxy?: AddressInfo;
  readonly admin?: AddressInfo;
}

/** The servers that a gateway opened itself, and so closes itself. */
export class GatewayServers {
  readonly #servers: Server[] = [];

  /** @throws the error of `net.Server` when the address cannot be had (rejects) */
  async open(
    address: ListenAddress,
    defaultHost: string,
    listener: RequestListener,
    prepare: (server: Server) => void,
  ): Promise<AddressInfo> {
    const { port, host = defaultHost } = typeof address === "number" ? { port: address } : address;
    const server = createServer(listener);
    prepare(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
    this.#servers.push(server);
    return server.address() as AddressInfo;
  }

  /** Stops accepting; idle connections are closed at once. */
  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeIdleConnections();
    }
  }

  /** Closes what is still open. */
  async close(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }
}
