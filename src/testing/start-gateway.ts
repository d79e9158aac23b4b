import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createGateway, type Gateway } from "../gateway.js";
import type { DeclarativeDocument, GatewayOptions } from "../options.js";

/** A gateway that {@link startGateway} started, behind an HTTP server of its own. */
export interface RunningGateway<
  P extends readonly unknown[] = readonly [],
  E extends NonNullable<GatewayOptions["entities"]> = readonly [],
> extends AsyncDisposable {
  readonly gateway: Gateway<P, E>;
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /**
   * Asks the gateway as an ordinary client does. Redirects are not followed.
   *
   * @param path - with the `/` at its start, and the query
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Stops the server, cuts its connections and closes the gateway. */
  close(): Promise<void>;
}

/**
 * Starts a gateway on a free port of 127.0.0.1.
 *
 * @param configOrOptions - a declarative document, or options of `createGateway`
 * @throws as `createGateway` does (rejects)
 * @example
 * ```ts
 * await using gateway = await startGateway({
 *   plugins: [hello],
 *   declarativeConfig: {
 *     _format_version: "3.0",
 *     services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
 *     plugins: [{ name: "hello" }],
 *   },
 * });
 * expect((await gateway.fetch("/")).headers.get("x-hello")).toBe("world");
 * ```
 */
export async function startGateway<
  const P extends NonNullable<GatewayOptions["plugins"]> = readonly [],
  const E extends NonNullable<GatewayOptions["entities"]> = readonly [],
>(configOrOptions: GatewayOptions<P, E> | DeclarativeDocument = {}): Promise<RunningGateway<P, E>> {
  const gateway = createGateway<P, E>(configOrOptions);
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
    // Upgraded connections are no longer the server's to close.
    for (const socket of sockets) socket.destroy();
    await closed;
    await gateway.close();
  };
  return {
    gateway,
    port,
    url,
    fetch: (path, init) => fetch(`${url}${path}`, { redirect: "manual", ...init }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
