import { connect, type Socket } from "node:net";
import { parseRawResponse, type RawResponse } from "./raw-response.js";

/** A header value as sent: a list makes as many header lines. */
export type RawHeaders = Readonly<Record<string, string | readonly string[]>> | readonly (readonly [string, string])[];

/** A request that goes out as it is written here: nothing normalised, nothing added. */
export interface RawRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** The request target, byte for byte (one byte a character). Default `/`. */
  readonly path?: string;
  /** All and only these headers are sent, in this order; without a `host` there is none. */
  readonly headers?: RawHeaders;
  /** Sent after the headers. `content-length` or `transfer-encoding` are the caller's to give. */
  readonly body?: string | Uint8Array;
  /** Default `HTTP/1.1`. */
  readonly version?: string;
}

/** Where to send it, and for how long to wait. */
export interface RawTarget {
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Milliseconds of silence after which the exchange fails. Default 5,000. */
  readonly timeout?: number;
}

/**
 * Sends one request over a connection of its own and reads one response (interim ones apart). For what an ordinary client refuses to
 * send: odd targets, absent or doubled `host`, two lengths, half a request.
 *
 * @param request - the parts of the request, or all its bytes
 */
export async function rawRequest(target: RawTarget, request: RawRequest | string | Uint8Array): Promise<RawResponse> {
  const head = typeof request === "object" && !(request instanceof Uint8Array) && request.method === "HEAD";
  const bytes = typeof request === "string" ? Buffer.from(request, "latin1") : toBytes(request);
  const socket = connect({ port: target.port, host: target.host ?? "127.0.0.1", noDelay: true });
  try {
    return await exchange(socket, bytes, head, target.timeout ?? 5_000);
  } finally {
    socket.destroy();
  }
}

function toBytes(request: RawRequest | Uint8Array): Uint8Array {
  if (request instanceof Uint8Array) return request;
  const { method = "GET", path = "/", version = "HTTP/1.1", headers = {}, body = "" } = request;
  const lines = [`${method} ${path} ${version}`, ...pairs(headers).map(([name, value]) => `${name}: ${value}`), "", ""];
  return Buffer.concat([Buffer.from(lines.join("\r\n"), "latin1"), typeof body === "string" ? Buffer.from(body) : body]);
}

function pairs(headers: RawHeaders): readonly (readonly [string, string])[] {
  if (Array.isArray(headers)) return headers;
  return Object.entries(headers as Record<string, string | readonly string[]>).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one) => [name, one] as const),
  );
}

function exchange(socket: Socket, bytes: Uint8Array, head: boolean, timeout: number): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const fail = (what: string): void => reject(new Error(`${what}; received: ${received.toString("latin1")}`));
    const settle = (ended: boolean): void => {
      try {
        const response = parseRawResponse(received, { head, ended });
        if (response !== undefined) resolve(response);
        else if (ended) fail("the connection closed before the response was complete");
      } catch (error) {
        reject(error);
      }
    };
    socket.setTimeout(timeout, () => fail(`no complete response within ${timeout} ms`));
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      settle(false);
    });
    socket.on("close", () => settle(true));
    socket.write(bytes);
  });
}
