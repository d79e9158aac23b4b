import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { selfSigned } from "../../support/self-signed.js";

/** An upstream whose connections can be counted. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** Connections made so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
}

/** Starts an HTTP (or, with `tls`, HTTPS) upstream on 127.0.0.1. */
export async function httpUpstream(listener: RequestListener, tls?: ServerOptions): Promise<Upstream> {
  const server: Server =
    tls === undefined ? createServer(listener) : (createHttpsServer({ ...selfSigned, ...tls }, listener) as unknown as Server);
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
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

/** What {@link echo} says of a request. */
export interface Echo {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: string[];
  readonly bytes: number;
  readonly sha256: string;
}

/** Answers what it was asked, the body as length and hash. */
export function echo(req: IncomingMessage, res: ServerResponse): void {
  const hash = createHash("sha256");
  let bytes = 0;
  req.on("error", () => {});
  req.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  req.on("end", () => {
    const said: Echo = {
      method: req.method as string,
      url: req.url as string,
      rawHeaders: req.rawHeaders,
      bytes,
      sha256: hash.digest("hex"),
    };
    res.end(JSON.stringify(said));
  });
}

/** The lines of a header in a flat list: `[value, …]`. */
export function valuesOf(list: readonly string[], lowerName: string): string[] {
  return list.filter((_, i) => i % 2 === 1 && list[i - 1]?.toLowerCase() === lowerName);
}

const FRAMING = new Set(["host", "connection", "content-length", "transfer-encoding"]);

/** The lines of a flat list but those that a transport may move: host, connection and framing. */
export function plainHeaders(list: readonly string[]): string[] {
  return list.filter((_, i) => !FRAMING.has((list[i - (i % 2)] as string).toLowerCase()));
}

export function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
