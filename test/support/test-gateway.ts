import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createGateway, type DeclarativeDocument, type Gateway, type GatewayOptions } from "postern";
import { type RawRequest, rawRequest } from "./raw-request.js";
import type { RawResponse } from "./raw-response.js";

/** A declarative document, as loosely typed as a user's file. */
export type Config = Readonly<Record<string, unknown>>;

/** What to start. */
export interface TestGatewayOptions {
  /** An object, or YAML or JSON text. Without it the gateway starts empty. */
  readonly config?: Config | string;
  /** Further options of `createGateway`. */
  readonly options?: GatewayOptions;
}

/** A gateway behind an HTTP server of its own. */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Asks the gateway as an ordinary client does. Redirects are not followed. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Asks byte for byte, over a connection of its own. See {@link rawRequest}. */
  request(request: RawRequest | string | Uint8Array): Promise<RawResponse>;
  close(): Promise<void>;
}

/** Starts a gateway on a free port of 127.0.0.1. A refused document throws as `createGateway` does. */
export async function testGateway({ config, options }: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = createGateway({ ...options, ...declarative(config) });
  const server = createServer(gateway.handler).on("upgrade", gateway.upgrade);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await gateway.ready();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Upgraded sockets are no longer the server's to close.
    for (const socket of sockets) socket.destroy();
    await closed;
    await gateway.close();
  };
  return {
    gateway,
    port,
    url,
    fetch: (path, init) => fetch(`${url}${path}`, { redirect: "manual", ...init }),
    request: (request) => rawRequest({ port }, request),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function declarative(config: Config | string | undefined): GatewayOptions {
  if (config === undefined) return {};
  return typeof config === "string" ? { declarativeConfigString: config } : { declarativeConfig: config as DeclarativeDocument };
}
