import { askedHost, connectionScheme, forwardedClient, hostName } from "../pdk/request.js";
import type { RequestContext } from "../pdk/request-context.js";
import { saysWhoCalls } from "../util/caller-headers.js";
import { hopByHopNames, isHeaderName } from "../util/header-list.js";
import { plainAddress } from "../util/ip.js";
import type { RuntimeSettings } from "./settings.js";

/** A body in memory that goes upstream in place of the client's stream. */
export interface BodyShape {
  /** Bytes. */
  readonly length: number;
  /** Set when the client's type no longer fits. */
  readonly contentType: string | undefined;
  /** Put together again after a parser of the host: inflated, so that `Content-Encoding` no longer holds. */
  readonly restored: boolean;
}

/**
 * The headers of the upstream request: the client's own, less what belongs to the client's connection, plus what tells the
 * upstream about the client (proxying, section 2).
 *
 * @param host - the `Host` to send
 * @param websocket - the request asks for a WebSocket, which is passed on
 */
export function requestHeaders(
  context: RequestContext,
  settings: RuntimeSettings,
  host: string,
  body: BodyShape | null,
  websocket: boolean,
): string[] {
  const { incoming, requestEdits } = context;
  const { rawHeaders, headers, socket } = incoming;
  const named = headers.connection === undefined ? undefined : hopByHopNames(headers.connection);
  const dropId = settings.tokens.upstreamRequestId;
  // Once somebody was identified, only plugins have a say in who it is.
  const identified = context.consumer !== null || context.credential !== null;
  const list: string[] = ["Host", requestEdits?.get("host")?.values[0] ?? host];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (isReplaced(name, dropId)) continue;
    if (named !== undefined || requestEdits !== null || body !== null || identified) {
      const lower = name.toLowerCase();
      if (named?.has(lower) || requestEdits?.has(lower) || (body !== null && isAboutBody(lower, body))) continue;
      if (lower.includes("_") && requestEdits?.has(lower.replaceAll("_", "-"))) continue;
      if (identified && saysWhoCalls(lower)) continue;
    }
    list.push(name, rawHeaders[i + 1] as string);
  }
  if (body !== null) {
    list.push("Content-Length", String(body.length));
    if (body.contentType !== undefined) list.push("Content-Type", body.contentType);
  }

  const peer = plainAddress(socket.remoteAddress);
  const trusted = settings.node.settings.trusted.has(peer);
  const client = trusted ? forwardedClient(context).address : peer;
  const forwardedFor = single(headers["x-forwarded-for"]);
  const mark = context.target.indexOf("?", 1);
  list.push(
    "X-Forwarded-For",
    forwardedFor === undefined ? client : `${forwardedFor}, ${peer}`,
    "X-Forwarded-Proto",
    (trusted && single(headers["x-forwarded-proto"])) || connectionScheme(context),
    "X-Forwarded-Host",
    (trusted && single(headers["x-forwarded-host"])) || hostName(askedHost(incoming)),
    "X-Forwarded-Port",
    (trusted && single(headers["x-forwarded-port"])) || String(socket.localPort ?? ""),
    "X-Forwarded-Path",
    (trusted && single(headers["x-forwarded-path"])) || (mark === -1 ? context.target : context.target.slice(0, mark)),
    "X-Real-IP",
    client,
    "Via",
    via(single(headers.via), incoming.httpVersion, settings.product),
  );
  const prefix = (trusted && single(headers["x-forwarded-prefix"])) || context.forwardedPrefix;
  if (prefix) list.push("X-Forwarded-Prefix", prefix);
  if (dropId) list.push("X-Kong-Request-Id", context.requestId);
  if (headers.te !== undefined && acceptsTrailers(headers.te as string)) list.push("TE", "trailers");
  if (requestEdits !== null) {
    for (const { name, values } of requestEdits.values()) {
      if (isReplaced(name, dropId) || isAboutBody(name.toLowerCase(), body)) continue;
      for (const value of values) list.push(name, value);
    }
  }
  if (websocket) list.push("Connection", "keep-alive, Upgrade", "Upgrade", "websocket");
  return list;
}

/** Headers of the message's framing and coding that no longer fit another body. */
function isAboutBody(lower: string, body: BodyShape | null): boolean {
  if (lower === "content-length" || lower === "transfer-encoding") return true;
  if (body === null) return false;
  return (lower === "content-encoding" && body.restored) || (lower === "content-type" && body.contentType !== undefined);
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

/**
 * Headers of the client that are dropped, or replaced by our own, also where an underscore stands for a hyphen: upstreams that speak CGI
 * or WSGI see no difference. Lengths first: most names are ruled out by it.
 */
function isReplaced(name: string, dropId: boolean): boolean {
  // HTTP/2 pseudo-headers.
  if (name.charCodeAt(0) === 58) return true;
  switch (name.length) {
    case 2:
      return isHeaderName(name, "te");
    case 3:
      return isHeaderName(name, "via");
    case 4:
      return isHeaderName(name, "host");
    case 5:
      return isHeaderName(name, "proxy");
    case 6:
      return isHeaderName(name, "expect");
    case 7:
      return isHeaderName(name, "upgrade");
    case 9:
      return isTwin(name, "x-real-ip");
    case 10:
      return isHeaderName(name, "connection") || isTwin(name, "keep-alive");
    case 15:
      return isTwin(name, "x-forwarded-for");
    case 16:
      return (
        isTwin(name, "x-forwarded-host") ||
        isTwin(name, "x-forwarded-port") ||
        isTwin(name, "x-forwarded-path") ||
        isTwin(name, "proxy-connection")
      );
    case 17:
      return (
        isTwin(name, "x-forwarded-proto") || isTwin(name, "transfer-encoding") || (dropId && isTwin(name, "x-kong-request-id"))
      );
    case 18:
      return isTwin(name, "x-forwarded-prefix");
    case 20:
      return isTwin(name, "x-kong-request-debug");
    case 24:
      return isTwin(name, "x-kong-request-debug-log");
    case 26:
      return isTwin(name, "x-kong-request-debug-token");
    default:
      return false;
  }
}

/** As {@link isHeaderName}; an underscore counts as a hyphen. */
function isTwin(name: string, lowerName: string): boolean {
  return isHeaderName(name, lowerName) || (name.includes("_") && isHeaderName(name.replaceAll("_", "-"), lowerName));
}

function via(before: string | undefined, version: string, product: string): string {
  const own = version === "1.1" ? `1.1 ${product}` : `${version === "2.0" ? "2" : version} ${product}`;
  return before === undefined ? own : `${before}, ${own}`;
}

/** @param te - the `TE` header */
export function acceptsTrailers(te: string): boolean {
  return te === "trailers" || te.split(",").some((element) => element.trim() === "trailers");
}
