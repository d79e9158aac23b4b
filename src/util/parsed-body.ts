import type { IncomingMessage } from "node:http";
import type { ServerHttp2Stream } from "node:http2";

/** A request whose body a host middleware may have read already (`express.json()` and the like). */
interface ParsedRequest extends IncomingMessage {
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

/** A body put together again, and the media type that now fits it when that changed. */
export interface RestoredBody {
  readonly body: Buffer;
  /** The type to send when the parser's charset is no longer that of the bytes. */
  readonly contentType?: string;
}

/** A request of HTTP/2, as far as its body goes. */
interface StreamRequest extends IncomingMessage {
  readonly stream?: Pick<ServerHttp2Stream, "endAfterHeaders">;
}

/**
 * Whether the request has a body. In HTTP/1.1 its headers say so (RFC 9112 section 6.3), in HTTP/2 they need not: there is one unless the
 * stream has ended with the headers (RFC 9113 section 8.1).
 */
export function hasBody(request: StreamRequest): boolean {
  const { headers } = request;
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  if (length !== undefined) return length !== "0";
  return request.httpVersionMajor > 1 && request.stream?.endAfterHeaders === false;
}

/** True when somebody else has read the body's stream to its end, so that it can only be restored. */
export function bodyWasRead(request: IncomingMessage): boolean {
  return request.readableEnded || (request.readableDidRead && request.complete && request.readableLength === 0);
}

/**
 * Restores the body that a host's parser has read: from `rawBody` byte for byte where the parser kept it, otherwise encoded
 * anew from `body`. `Content-Encoding` no longer holds (parsers inflate) and the length is that of the result.
 *
 * @returns `undefined` when there is nothing to restore it from (a multipart parser took it)
 */
export function restoreBody(request: IncomingMessage): RestoredBody | undefined {
  const { rawBody, body } = request as ParsedRequest;
  const raw = asBuffer(rawBody);
  if (raw !== undefined) return { body: raw };
  const given = asBuffer(body);
  const type = request.headers["content-type"] ?? "";
  if (given !== undefined) return typeof body === "string" ? { body: given, ...utf8(type) } : { body: given };
  if (body === undefined) return undefined;
  if (/^application\/(?:[^;]*\+)?json\b/i.test(type)) return { body: Buffer.from(JSON.stringify(body)), ...utf8(type) };
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return { body: Buffer.from(encodeForm(body)), ...utf8(type) };
  return undefined;
}

function asBuffer(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return typeof value === "string" ? Buffer.from(value, "utf8") : undefined;
}

/** The bytes are UTF-8 now: says so where the client had named another charset. */
function utf8(type: string): { contentType?: string } {
  const charset = /;\s*charset="?([^";\s]+)"?/i.exec(type);
  if (charset === null || /^utf-?8$/i.test(charset[1] ?? "")) return {};
  return { contentType: type.replace(charset[0], "; charset=utf-8") };
}

/** Encodes what `express.urlencoded` made: nested objects and lists in brackets, repeated plain names as they came. */
function encodeForm(value: unknown): string {
  const pieces: string[] = [];
  const add = (name: string, item: unknown): void => {
    if (Array.isArray(item)) {
      for (const element of item) add(typeof element === "object" && element !== null ? `${name}[]` : name, element);
    } else if (typeof item === "object" && item !== null) {
      for (const [key, child] of Object.entries(item)) add(`${name}[${key}]`, child);
    } else {
      pieces.push(`${encodeURIComponent(name)}=${encodeURIComponent(item === null || item === undefined ? "" : String(item))}`);
    }
  };
  if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) add(key, item);
  }
  return pieces.join("&").replaceAll("%20", "+");
}
