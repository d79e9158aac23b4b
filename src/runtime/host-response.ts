import { type OutgoingHttpHeader, type ServerResponse, STATUS_CODES } from "node:http";
import { editHeaders } from "../pdk/response.js";
import { runBodyFilters } from "../plugin-runner/run.js";
import { removeHeader } from "../util/header-list.js";
import { filterHead } from "./answer-head.js";
import type { GatewayExchange } from "./exchange.js";
import type { Next } from "./exchange-types.js";
import { rememberContext } from "./gateway-context.js";
import { noteHead } from "./log-notes.js";
import { replaceHeaders } from "./replace-headers.js";

/**
 * Hands a request that belongs to the host over to it. What plugins set, and their header and body filters, act on the answer
 * that the host gives, however it gives it: `writeHead`, `setHeader` and `end`, streamed or at once.
 */
export function handToHost(exchange: GatewayExchange, next: Next): void {
  const { response, late } = exchange;
  exchange.proxied = true;
  rememberContext(exchange);
  if (exchange.owner.settings.tokens.requestId) response.setHeader("X-Kong-Request-Id", exchange.requestId);
  const watched = late.headerFilter !== null || late.bodyFilter !== null || late.log !== null || exchange.early !== null;
  if (watched) {
    exchange.balanced = exchange.node.now();
    new HostResponse(exchange).wrap();
  }
  next();
}

type Callback = (error?: Error | null) => void;

class HostResponse {
  readonly #exchange: GatewayExchange;
  readonly #response: ServerResponse;
  readonly #writeHead: ServerResponse["writeHead"];
  readonly #write: ServerResponse["write"];
  readonly #end: ServerResponse["end"];
  /** A header filter gave its own answer: what the host writes is dropped. */
  #replaced: Buffer | undefined;
  #ended = false;

  constructor(exchange: GatewayExchange) {
    const { response } = exchange;
    this.#exchange = exchange;
    this.#response = response;
    this.#writeHead = response.writeHead.bind(response) as ServerResponse["writeHead"];
    this.#write = response.write.bind(response) as ServerResponse["write"];
    this.#end = response.end.bind(response) as ServerResponse["end"];
  }

  wrap(): void {
    const response = this.#response;
    response.writeHead = ((status: number, ...rest: unknown[]) => this.#head(status, rest)) as ServerResponse["writeHead"];
    if (this.#exchange.late.bodyFilter === null && this.#exchange.late.headerFilter === null) return;
    response.write = ((...args: unknown[]) => this.#piece(args)) as ServerResponse["write"];
    response.end = ((...args: unknown[]) => this.#last(args)) as ServerResponse["end"];
  }

  /** `writeHead(status, [reason], [headers])`; Node calls it too when the host just begins to write. */
  #head(status: number, rest: unknown[]): ServerResponse {
    const exchange = this.#exchange;
    const response = this.#response;
    if (exchange.headSent) return this.#writeHead(status);
    const { early } = exchange;
    const reason = typeof rest[0] === "string" ? rest[0] : undefined;
    exchange.headers = collect(response, (reason === undefined ? rest[0] : rest[1]) as HeadersArgument);
    exchange.answered = exchange.node.now();
    exchange.status = status;
    exchange.serviceStatus = status;
    exchange.serviceHeaders = exchange.headers.slice();
    try {
      if (!filterHead(exchange, () => exchange.pdk, exchange.late)) {
        const body = exchange.exit?.body ?? "";
        this.#replaced = typeof body === "string" ? Buffer.from(body) : body;
        editHeaders(exchange.headers, "set", "Content-Length", [String(this.#replaced.length)]);
      }
    } catch (error) {
      exchange.report(error);
      exchange.cut();
      return response;
    }
    if (!exchange.late.keepsBody && exchange.incoming.method !== "HEAD") {
      removeHeader(exchange.headers, "content-length");
    }
    if (exchange.status < 200 || exchange.status === 204) removeHeader(exchange.headers, "content-length");
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    exchange.headSent = true;
    exchange.phase = "body_filter";
    try {
      replaceHeaders(response, exchange.headers);
      this.#sendHead(exchange.status, exchange.status === status ? reason : STATUS_CODES[exchange.status]);
    } catch (error) {
      // A status or a header that Node refuses is the host's fault, who may still answer with an error: that has to pass the filters too.
      exchange.headSent = false;
      exchange.early = early;
      throw error;
    }
    if (exchange.late.log !== null) noteHead(exchange);
    return response;
  }

  /** Over HTTP/2 there is no reason phrase, and Node warns of one. */
  #sendHead(status: number, reason: string | undefined): void {
    if (reason === undefined || this.#exchange.incoming.httpVersionMajor > 1) this.#writeHead(status);
    else this.#writeHead(status, reason);
  }

  #ensureHead(): void {
    if (!this.#exchange.headSent && !this.#response.headersSent) this.#head(this.#response.statusCode, []);
  }

  #piece(args: unknown[]): boolean {
    // In HTTP/2, Node's own `end` writes what it is given; for a host that writes after the end, Node has an error.
    if (this.#ended) return this.#write(...(args as [never]));
    const { data, callback } = bodyArguments(args);
    this.#ensureHead();
    if (this.#replaced !== undefined || data === undefined) {
      if (callback) queueMicrotask(() => callback(null));
      return true;
    }
    const piece = this.#filter(data, false);
    if (piece === undefined) return false;
    if (piece.length === 0) {
      if (callback) queueMicrotask(() => callback(null));
      return true;
    }
    return this.#write(piece, callback);
  }

  #last(args: unknown[]): ServerResponse {
    if (this.#ended) return this.#response;
    this.#ended = true;
    const { data, callback } = bodyArguments(args);
    if (
      data !== undefined &&
      !this.#exchange.headSent &&
      this.#exchange.late.bodyFilter === null &&
      !this.#response.hasHeader("content-length")
    ) {
      // As Node does for an answer that is given at once.
      if (this.#response.statusCode >= 200 && this.#response.statusCode !== 204 && this.#response.statusCode !== 304) {
        this.#response.setHeader("Content-Length", data.length);
      }
    }
    this.#ensureHead();
    const done = callback as (() => void) | undefined;
    if (this.#replaced !== undefined) return this.#end(this.#replaced, done);
    const piece = this.#filter(data ?? Buffer.alloc(0), true);
    if (piece === undefined) return this.#response;
    return piece.length === 0 ? this.#end(done) : this.#end(piece, done);
  }

  #filter(data: Buffer, last: boolean): Buffer | undefined {
    const exchange = this.#exchange;
    if (exchange.late.bodyFilter === null) return data;
    try {
      return runBodyFilters(exchange.late.bodyFilter, exchange.pdk, exchange, data, last);
    } catch (error) {
      exchange.report(error);
      exchange.cut();
      return undefined;
    }
  }
}

type HeadersArgument =
  | Readonly<Record<string, OutgoingHttpHeader | undefined>>
  | readonly (string | readonly [string, OutgoingHttpHeader])[]
  | undefined;

/** The headers set so far and those given to `writeHead`, as one flat list; the latter win. */
function collect(response: ServerResponse, given: HeadersArgument): string[] {
  const list: string[] = [];
  // In Node since 15.4, but missing from its types; responses of HTTP/2 do not have it, whose names are in lower case anyway.
  const { getRawHeaderNames } = response as unknown as { getRawHeaderNames?(): string[] };
  const names = getRawHeaderNames === undefined ? response.getHeaderNames() : getRawHeaderNames.call(response);
  for (const name of names) append(list, name, response.getHeader(name));
  if (given === undefined || given === null) return list;
  const entries: (readonly [string, OutgoingHttpHeader | undefined])[] = Array.isArray(given)
    ? pairs(given as readonly (string | readonly [string, OutgoingHttpHeader])[])
    : Object.entries(given as Readonly<Record<string, OutgoingHttpHeader | undefined>>);
  for (const [name] of entries) editHeaders(list, "clear", name, []);
  for (const [name, value] of entries) append(list, name, value);
  return list;
}

/** `writeHead` takes `[name, value, …]` as well as `[[name, value], …]`. */
function pairs(given: readonly (string | readonly [string, OutgoingHttpHeader])[]): (readonly [string, OutgoingHttpHeader])[] {
  if (Array.isArray(given[0])) return given as (readonly [string, OutgoingHttpHeader])[];
  const result: (readonly [string, OutgoingHttpHeader])[] = [];
  for (let i = 0; i + 1 < given.length; i += 2) result.push([given[i] as string, given[i + 1] as string]);
  return result;
}

function append(list: string[], name: string, value: OutgoingHttpHeader | undefined): void {
  if (value === undefined) return;
  for (const item of Array.isArray(value) ? value : [value]) list.push(name, String(item));
}

/** `(chunk, [encoding], [callback])`, all optional. */
function bodyArguments(args: unknown[]): { data: Buffer | undefined; callback: Callback | undefined } {
  const callback = args.find((argument) => typeof argument === "function") as Callback | undefined;
  const [chunk, encoding] = args;
  if (chunk === undefined || chunk === null || typeof chunk === "function") return { data: undefined, callback };
  if (typeof chunk === "string")
    return { data: Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8"), callback };
  const bytes = chunk as Uint8Array;
  return { data: Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), callback };
}
