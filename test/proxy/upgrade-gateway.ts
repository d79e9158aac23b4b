import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Transport, TransportError, UpgradeHandler, UpstreamRequest } from "../../src/proxy/transport.js";
import { upstreamRequest } from "./conformance/recorder.js";

/** One upgrade as the gateway saw it. */
export interface UpgradeRecord {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly calls: string[];
  status: number;
  headers: string[];
  error: TransportError | undefined;
}

/** A server that passes every upgrade to a transport. */
export interface UpgradeGateway extends AsyncDisposable {
  readonly port: number;
  readonly records: UpgradeRecord[];
  /** Client connections that are open now. */
  readonly open: number;
}

/** How a gateway of a test differs. */
export interface UpgradeGatewayOptions {
  readonly request?: Partial<UpstreamRequest>;
  /** Headers for the client; default: those of the peer plus `Via`. */
  readonly toClient?: (headers: string[]) => string[];
  /** Where to go, first and after each error before the head; without an answer there is no further try. */
  readonly retry?: () => number | undefined;
}

/** Starts a gateway whose upgrades go to `port` on 127.0.0.1. After an error before the head it answers 502 itself. */
export async function upgradeGateway(
  transport: Transport,
  port: number,
  options: UpgradeGatewayOptions = {},
): Promise<UpgradeGateway> {
  const records: UpgradeRecord[] = [];
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming, socket, head) => {
    const record: UpgradeRecord = { incoming, socket, calls: [], status: 0, headers: [], error: undefined };
    records.push(record);
    const attempt = (target: number): void => {
      const handler: UpgradeHandler = {
        onConnected() {
          record.calls.push("connected");
        },
        onHead(status, _statusText, headers) {
          record.calls.push("head");
          record.status = status;
          record.headers = headers;
          return options.toClient?.(headers) ?? [...headers, "Via", "test"];
        },
        onClose() {
          record.calls.push("close");
        },
        onError(error) {
          const next = record.calls.includes("head") ? undefined : options.retry?.();
          if (next !== undefined) {
            attempt(next);
            return;
          }
          if (!record.calls.includes("head") && !socket.destroyed) {
            socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
          }
          record.calls.push("error");
          record.error = error;
        },
      };
      const request = upstreamRequest({
        port: target,
        path: incoming.url as string,
        headers: incoming.rawHeaders,
        ...options.request,
      });
      transport.upgrade?.({ request, incoming, socket, head }, handler);
    };
    attempt(options.retry?.() ?? port);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    records,
    get open() {
      return sockets.size;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
