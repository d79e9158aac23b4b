import { isHeaderName } from "../../util/header-list.js";
import { TransportError, type UpstreamRequest } from "../transport.js";

/** A request's headers with the framing of its body, and how long the body has to be (-1: unknown). */
export interface FramedHeaders {
  readonly headers: string[];
  readonly length: number;
}

/**
 * Makes sure that the headers delimit the body. node:http would send a body of GET, DELETE or OPTIONS bare when neither length nor
 * encoding is given, which the peer reads as the next request.
 *
 * @throws TransportError (`malformed`) when the headers contradict each other or the body
 */
export function frameRequest({ method, headers, body }: UpstreamRequest): FramedHeaders {
  let length = -1;
  let chunked = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (isHeaderName(name, "content-length")) {
      if (length !== -1) throw refuse("two content-length headers");
      length = parseLength(headers[i + 1] as string);
    } else if (isHeaderName(name, "transfer-encoding")) {
      if (chunked || !isHeaderName(headers[i + 1] as string, "chunked")) throw refuse("a transfer-encoding other than chunked");
      chunked = true;
    }
  }
  if (chunked && length !== -1) throw refuse("both content-length and transfer-encoding");
  if (chunked) return { headers, length };

  if (body === null) {
    if (length > 0) throw refuse("a content-length but no body");
    // Left alone, node:http would announce a chunked body for the methods that usually have one.
    if (length === -1 && expectsContent(method)) return { headers: [...headers, "Content-Length", "0"], length: 0 };
    return { headers, length: 0 };
  }
  if (Buffer.isBuffer(body)) {
    if (length === -1) return { headers: [...headers, "Content-Length", String(body.length)], length: body.length };
    if (length !== body.length) throw refuse("a content-length that is not the body's");
    return { headers, length };
  }
  return length === -1 ? { headers: [...headers, "Transfer-Encoding", "chunked"], length } : { headers, length };
}

function parseLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw refuse("a content-length that is not a number");
  return Number(value);
}

function expectsContent(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH" || !NO_CONTENT.has(method);
}

const NO_CONTENT = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

function refuse(what: string): TransportError {
  return new TransportError("malformed", `the request has ${what}; it was not sent`);
}
