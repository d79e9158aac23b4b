import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { getHeader } from "../util/header-list.js";
import { closeSoon } from "./upgrade-tunnel.js";

/** How a peer's refusal of an upgrade is framed towards the client, whose connection ends with it. */
export interface RefusalFraming {
  readonly headers: string[];
  readonly chunked: boolean;
}

/**
 * Completes the headers of a refusal: without a length, a body is chunked for HTTP/1.1 clients, so that they can tell a complete one
 * from one cut short.
 *
 * @param headers - what the gateway wants to send; not changed
 * @param clientVersion - `httpVersion` of the client's request
 */
export function frameRefusal(status: number, headers: readonly string[], clientVersion: string): RefusalFraming {
  const framed = [...headers];
  if (getHeader(framed, "connection") === undefined) framed.push("Connection", "close");
  if (status === 204 || status === 304) return { headers: framed, chunked: false };
  if (getHeader(framed, "transfer-encoding") !== undefined) return { headers: framed, chunked: true };
  if (getHeader(framed, "content-length") !== undefined || clientVersion === "1.0") return { headers: framed, chunked: false };
  framed.push("Transfer-Encoding", "chunked");
  return { headers: framed, chunked: true };
}

/**
 * Writes a refusal's body to the client's socket with back-pressure, then ends the connection.
 *
 * @param onProgress - called whenever a piece was read or the client took one
 */
export function relayRefusal(response: IncomingMessage, client: Duplex, chunked: boolean, onProgress: () => void): void {
  const resume = (): void => {
    onProgress();
    response.resume();
  };
  response.on("data", (chunk: Buffer) => {
    onProgress();
    if (client.destroyed) return;
    if (writePiece(client, chunk, chunked)) return;
    response.pause();
    client.once("drain", resume);
  });
  response.on("end", () => {
    if (client.destroyed) return;
    if (chunked) client.write("0\r\n\r\n");
    closeSoon(client);
  });
}

function writePiece(client: Duplex, chunk: Buffer, chunked: boolean): boolean {
  if (!chunked) return client.write(chunk);
  client.cork();
  client.write(`${chunk.length.toString(16)}\r\n`);
  client.write(chunk);
  const free = client.write("\r\n");
  client.uncork();
  return free;
}
