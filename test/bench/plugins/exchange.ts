import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Gateway } from "../../../src/index.js";

/** A connection to nobody: it takes what is written and has an address. */
function sink(): Socket {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: "127.0.0.1" });
  Object.defineProperty(socket, "remotePort", { value: 40_000 });
  socket._write = (_chunk, _encoding, callback) => callback();
  socket._writev = (_chunks, callback) => callback();
  socket._read = () => undefined;
  return socket;
}

interface ParserFed {
  _addHeaderLines(lines: readonly string[], count: number): void;
}

/** A request without a connection. */
export interface BenchRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends requests through a gateway by hand, so that neither a parser nor the kernel is measured. */
export class Exchanger {
  readonly #gateway: Gateway;
  readonly #socket = sink();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Carries one request. Resolves with the status. */
  send({ path, headers }: BenchRequest): Promise<number> {
    const request = new IncomingMessage(this.#socket);
    request.method = "GET";
    request.url = path;
    request.httpVersion = "1.1";
    request.httpVersionMajor = 1;
    request.httpVersionMinor = 1;
    const lines = ["Host", "bench.local"];
    for (const name in headers) lines.push(name, headers[name] as string);
    // What Node's parser calls.
    (request as unknown as ParserFed)._addHeaderLines(lines, lines.length);
    request.complete = true;
    request.push(null);
    const response = new ServerResponse(request);
    response.assignSocket(this.#socket);
    return new Promise((resolve) => {
      response.on("close", () => resolve(response.statusCode));
      response.on("finish", () => {
        response.detachSocket(this.#socket);
        response.emit("close");
      });
      this.#gateway.handler(request, response);
    });
  }
}
