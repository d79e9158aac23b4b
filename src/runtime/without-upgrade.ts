import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Serves a request that asks for an upgrade which nobody offers as the ordinary one it then is (RFC 9110 section 7.8; `curl --http2`
 * asks for `h2c` all the time). Node has stopped reading such a request after its head, so head and rest go back to the server as if
 * they had just come, less the `Upgrade`; body, keep-alive and the host's own handlers then are what they always are.
 *
 * @returns `false` when the server is not known, and nothing was done
 */
export function serveWithoutUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  const { server, encrypted } = incoming.socket as { server?: Server; encrypted?: boolean };
  if (server === undefined) return false;
  const { method, url, httpVersion, rawHeaders } = incoming;
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.toLowerCase() !== "upgrade") text += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]));
  server.emit(encrypted === true ? "secureConnection" : "connection", socket);
  return true;
}
