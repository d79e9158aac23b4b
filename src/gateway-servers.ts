import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkObject, wrongArgument } from "./errors/check-argument.js";

/** Where to listen: a port, or port and host. Port 0 takes any free one. */
export type ListenAddress = number | { readonly port: number; readonly host?: string };

/** What {@link Gateway.listen} opens. */
export interface ListenOptions {
  /** Proxied traffic. Default host: all interfaces. */
  readonly proxy?: ListenAddress;
  /** The Admin API. Default host: `127.0.0.1`, which is all that protects it unless the option `admin` asks for more. */
  readonly admin?: ListenAddress;
  /** The Status API, for probes and scrapers. Default host: `127.0.0.1`. */
  readonly status?: ListenAddress;
}

/** The addresses that were opened. */
export interface ListenResult {
  readonly proxy?: AddressInfo;
  readonly admin?: AddressInfo;
  readonly status?: AddressInfo;
}

/** @throws OptionsError for what is neither a port nor an object with one */
function addressOf(kind: keyof ListenOptions, address: ListenAddress): Exclude<ListenAddress, number> {
  const given = typeof address === "number" ? { port: address } : address;
  const expected = "a port, or an object with port and host";
  checkObject(kind, expected, given);
  const { port, host } = given;
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw wrongArgument(`${kind}.port`, "a port from 0 to 65535", port);
  if (host !== undefined && typeof host !== "string") throw wrongArgument(`${kind}.host`, "a text", host);
  return given;
}

/** The servers that a gateway opened itself, and so closes itself. */
export class GatewayServers {
  readonly #servers: Server[] = [];
  readonly #addresses: Record<keyof ListenOptions, AddressInfo[]> = { proxy: [], admin: [], status: [] };
  #accepted = 0;
  #active = 0;

  /** Connections to these servers: all since the start, and those that are open. */
  get connections(): { readonly accepted: number; readonly active: number } {
    return { accepted: this.#accepted, active: this.#active };
  }

  /** Where these servers listen. */
  get addresses(): Readonly<Record<keyof ListenOptions, readonly AddressInfo[]>> {
    return this.#addresses;
  }

  /** @throws the error of `net.Server` when the address cannot be had (rejects) */
  async open(
    kind: keyof ListenOptions,
    address: ListenAddress,
    defaultHost: string,
    listener: RequestListener,
    prepare: (server: Server) => void,
  ): Promise<AddressInfo> {
    const { port, host = defaultHost } = addressOf(kind, address);
    const server = createServer(listener);
    prepare(server);
    server.on("connection", (socket) => {
      this.#accepted += 1;
      this.#active += 1;
      socket.once("close", () => {
        this.#active -= 1;
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
    this.#servers.push(server);
    const opened = server.address() as AddressInfo;
    this.#addresses[kind].push(opened);
    return opened;
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
