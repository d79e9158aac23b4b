import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { apiKey, routePath } from "./scenarios.js";

const UPLOAD_BYTES = 1_048_576;
/** A request that has not come where it is to be given up within this time is given up all the same. */
export const STUCK_MS = 5000;
const large = Buffer.alloc(UPLOAD_BYTES, "x");
const part = "x".repeat(65_536);

/** Where in its life a request is given up. */
const moments = ["waiting", "downloading", "uploading", "at once", "after another"] as const;

/** The upstream of the soak test. It knows which requests have arrived and which are unfinished. */
export class SoakUpstream {
  readonly #server = createServer((req, res) => this.#answer(req, res));
  readonly #waiting = new Map<string, () => void>();
  /** Requests that have neither been answered nor been given up. */
  inFlight = 0;

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address !== "object") throw new Error("no port");
    return address.port;
  }

  /** Calls back when the request with this id arrives; answers a function that gives the waiting up. */
  whenArrived(id: string, callback: () => void): () => void {
    this.#waiting.set(id, callback);
    return () => this.#waiting.delete(id);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const [id = "", kind] = (req.url ?? "").split("/").reverse();
    this.inFlight += 1;
    res.on("close", () => {
      this.inFlight -= 1;
    });
    req.on("error", () => {});
    if (kind === "small") res.end("ok");
    else if (kind === "large") res.end(large);
    else if (kind === "upload") req.resume();
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}

/** Sends requests to a gateway and gives each of them up. */
export class AbortingClient {
  readonly #port: number;
  readonly #upstream: SoakUpstream;
  #sent = 0;
  /** Connections that the gateway closed before they were given up. */
  refused = 0;
  /** Requests that the gateway neither carried on nor refused. */
  stuck = 0;

  constructor(port: number, upstream: SoakUpstream) {
    this.#port = port;
    this.#upstream = upstream;
  }

  /** Sends `count` requests, `concurrency` at a time. */
  async run(count: number, concurrency: number): Promise<void> {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await this.#one(this.#sent++);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }

  #one(number: number): Promise<void> {
    const moment = moments[number % moments.length] ?? "waiting";
    const id = `n${number}`;
    const socket = connect({ port: this.#port, host: "127.0.0.1" });
    let givenUp = false;
    // Clients go away in both ways: closing and resetting the connection.
    const giveUp = (): void => {
      givenUp = true;
      if (number % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
    };
    const forget = this.#upstream.whenArrived(id, () => moment !== "downloading" && moment !== "at once" && giveUp());
    socket.on("connect", () => this.#send(socket, moment, id, giveUp));
    socket.on("error", () => {});
    const timer = setTimeout(() => {
      this.stuck += 1;
      giveUp();
    }, STUCK_MS);
    return new Promise((resolve) => {
      socket.on("close", () => {
        clearTimeout(timer);
        forget();
        if (!givenUp) this.refused += 1;
        resolve();
      });
    });
  }

  #send(socket: Socket, moment: (typeof moments)[number], id: string, giveUp: () => void): void {
    const head = (method: string, kind: string, name: string, more = ""): string =>
      `${method} ${routePath(0)}/${kind}/${name} HTTP/1.1\r\nhost: gateway\r\napikey: ${apiKey(0)}\r\n${more}\r\n`;
    switch (moment) {
      case "waiting":
        socket.write(head("GET", "never", id));
        socket.resume();
        break;
      case "downloading":
        socket.write(head("GET", "large", id));
        socket.once("data", giveUp);
        break;
      case "uploading":
        socket.write(head("POST", "upload", id, `content-length: ${UPLOAD_BYTES}\r\n`) + part);
        socket.resume();
        break;
      case "at once":
        socket.write(head("GET", "never", id), giveUp);
        break;
      case "after another":
        socket.write(head("GET", "small", `${id}-first`));
        socket.once("data", () => {
          socket.write(head("GET", "never", id));
          socket.resume();
        });
        break;
    }
  }
}
