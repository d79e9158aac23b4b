import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { selfSigned } from "./self-signed.js";

/** One connection to a raw server. */
export interface RawConnection {
  readonly socket: Socket;
  /** 0 for the first one. */
  readonly index: number;
  /** All that came so far, one character a byte. */
  readonly received: string;
  /** The other side is gone. */
  readonly closed: boolean;
}

/** An upstream below HTTP, for answers that no HTTP server would give. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  readonly connections: readonly RawConnection[];
  /** Connections that are open now. */
  readonly open: number;
  close(): Promise<void>;
}

/** What a raw server does with its connections. */
export interface RawServerOptions {
  readonly onConnection?: (connection: RawConnection) => void;
  /** Called with the connection after each piece of data was recorded. */
  readonly onData?: (connection: RawConnection, data: Buffer) => void;
  /** Called once for every complete request head, with the head. */
  readonly onRequest?: (connection: RawConnection, head: string) => void;
  /** Speak TLS with {@link selfSigned}. */
  readonly tls?: boolean;
}

class Connection implements RawConnection {
  received = "";
  closed = false;
  private scanned = 0;

  constructor(
    readonly socket: Socket,
    readonly index: number,
    options: RawServerOptions,
  ) {
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
    });
    socket.on("data", (data: Buffer) => {
      this.received += data.toString("latin1");
      options.onData?.(this, data);
      if (options.onRequest === undefined) return;
      for (;;) {
        const end = this.received.indexOf("\r\n\r\n", this.scanned);
        if (end === -1) return;
        const head = this.received.slice(this.scanned, end);
        this.scanned = end + 4;
        options.onRequest(this, head);
      }
    });
    options.onConnection?.(this);
  }
}

/** Starts a raw server on 127.0.0.1. */
export async function rawServer(options: RawServerOptions = {}): Promise<RawServer> {
  const connections: Connection[] = [];
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    connections.push(new Connection(socket, connections.length, options));
  };
  const server: Server = options.tls === true ? createTlsServer(selfSigned, accept) : createServer(accept);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    get open() {
      return sockets.size;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** No connection on which something was received is open. (A client may hold an unused one.) */
export function isQuiet({ connections }: RawServer): boolean {
  return connections.every(({ closed, received }) => closed || received === "");
}
