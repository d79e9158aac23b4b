import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { isHeaderName } from "../util/header-list.js";
import { parseAddressWithPort, plainAddress } from "../util/ip.js";
import { bodyWasRead, hasBody, restoreBody } from "../util/parsed-body.js";
import { type Arguments, type ArgumentValue, parseArguments } from "../util/query.js";
import { BodyTooLargeError, readBody } from "../util/read-body.js";
import { type DecodedBody, decodeBody } from "./body-codec.js";
import { BODY_READ, checkPhase, REQ } from "./phase.js";
import type { RequestContext } from "./request-context.js";

/** Reads the client's request. Changes that plugins made for the upstream show in it, as in Kong. */
export class PdkRequest {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  #check(): RequestContext {
    checkPhase(this.#context.phase, REQ);
    return this.#context;
  }

  /** `http` or `https`, of the connection itself. */
  getScheme(): "http" | "https" {
    return connectionScheme(this.#check());
  }

  /** The request's host without port, in lower case; empty when it names none. */
  getHost(): string {
    return hostName(askedHost(this.#check().incoming));
  }

  /** The port that the connection came in on. */
  getPort(): number {
    return this.#context.socket.localPort ?? 0;
  }

  /** `X-Forwarded-Proto` of a trusted peer, otherwise the connection's scheme. */
  getForwardedScheme(): string {
    const context = this.#check();
    return trustedHeader(context, "x-forwarded-proto")?.toLowerCase() ?? connectionScheme(context);
  }

  /** `X-Forwarded-Host` of a trusted peer, otherwise {@link getHost}. */
  getForwardedHost(): string {
    const forwarded = trustedHeader(this.#check(), "x-forwarded-host");
    return forwarded === undefined ? this.getHost() : hostName(forwarded.slice(forwarded.lastIndexOf("@") + 1));
  }

  /** `X-Forwarded-Port` of a trusted peer, the port in its `X-Forwarded-Host`, otherwise {@link getPort}. */
  getForwardedPort(): number {
    const context = this.#check();
    const port = Number(trustedHeader(context, "x-forwarded-port"));
    if (Number.isInteger(port) && port > 0 && port < 65536) return port;
    const inHost = /:(\d{1,5})$/.exec(trustedHeader(context, "x-forwarded-host") ?? "")?.[1];
    return inHost === undefined ? this.getPort() : Number(inHost);
  }

  /** `X-Forwarded-Path` of a trusted peer, otherwise {@link getPath}. */
  getForwardedPath(): string {
    return trustedHeader(this.#check(), "x-forwarded-path") ?? this.getPath();
  }

  /** `X-Forwarded-Prefix` of a trusted peer, otherwise the prefix that strip_path takes off; `undefined` without one. */
  getForwardedPrefix(): string | undefined {
    const context = this.#check();
    return trustedHeader(context, "x-forwarded-prefix") ?? context.forwardedPrefix;
  }

  /** 1, 1.1 or 2. */
  getHttpVersion(): number {
    return Number(this.#check().incoming.httpVersion);
  }

  /** In upper case as sent. */
  getMethod(): string {
    return this.#check().method;
  }

  /** The normalised path, without the query. */
  getPath(): string {
    return this.#check().path || this.getRawPath();
  }

  /** The path as sent, without the query. */
  getRawPath(): string {
    const { target } = this.#check();
    const mark = target.indexOf("?", 1);
    return mark === -1 ? target : target.slice(0, mark);
  }

  /** The request target as sent. */
  getPathWithQuery(): string {
    return this.#check().target;
  }

  /** The query without its `?`; empty when there is none. */
  getRawQuery(): string {
    return this.#check().query.slice(1);
  }

  /** The first value of an argument; `true` when it has no `=`. */
  getQueryArg(name: string): string | true | undefined {
    const value = this.#arguments()[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /**
   * All arguments, decoded; repeated ones as lists.
   *
   * @param maxArgs - 1 to 1000, default 100; further arguments are left out
   */
  getQuery(maxArgs = 100): Readonly<Record<string, ArgumentValue>> {
    checkMax("max_args", maxArgs);
    return maxArgs === 100 ? this.#arguments() : parseArguments(this.#check().query.slice(1), maxArgs);
  }

  #arguments(): Arguments {
    const context = this.#check();
    context.parsedQuery ??= parseArguments(context.query.slice(1));
    return context.parsedQuery;
  }

  /** The first value of a header, in any case, `_` and `-` alike. */
  getHeader(name: string): string | undefined {
    const values = this.getHeaderValues(name);
    return values === undefined ? undefined : values[0];
  }

  /** All values of a header, in the order in which they came; `undefined` when it is not there. */
  getHeaderValues(name: string): readonly string[] | undefined {
    return requestHeader(this.#check(), name);
  }

  /** All headers by lower-case name; repeated ones as lists. */
  getHeaders(maxHeaders = 100): Record<string, string | string[]> {
    checkMax("max_headers", maxHeaders);
    return allHeaders(this.#check(), maxHeaders);
  }

  /** Whether the client sends a body, also one of unknown length. Not in Kong. */
  hasBody(): boolean {
    return hasBody(this.#check().incoming);
  }

  /**
   * The whole body, held in memory from now on; it is still proxied.
   *
   * @param maxSize - bytes; default: the setting `clientBodyBufferSize`
   * @throws Error when the body is larger (it can still be proxied) or the client left
   */
  getRawBody(maxSize?: number): Promise<Buffer> {
    checkPhase(this.#context.phase, BODY_READ);
    return readRequestBody(this.#context, maxSize);
  }

  /**
   * The body, decoded by its media type: form arguments, a JSON object or list, or the fields of a multipart form.
   *
   * @param mimetype - instead of the request's `Content-Type`
   * @returns the value, or Kong's text for why there is none; never rejects for a body that cannot be decoded
   */
  async getBody(mimetype?: string, maxArgs = 100, maxSize?: number): Promise<DecodedBody> {
    checkPhase(this.#context.phase, BODY_READ);
    checkMax("max_args", maxArgs);
    const type = mimetype ?? this.getHeader("content-type");
    if (type === undefined) return { error: "missing content type" };
    return decodeBody(await readRequestBody(this.#context, maxSize), type, maxArgs);
  }

  /** Milliseconds since the epoch. */
  getStartTime(): number {
    return this.#check().startTime;
  }

  /** The groups of the route's regex path; named ones by name too. */
  getUriCaptures(): { readonly unnamed: readonly (string | undefined)[]; readonly named: Readonly<Record<string, string>> } {
    return this.#check().captures ?? { unnamed: [], named: {} };
  }

  /** The socket that the request came in on, to be looked at only. (Not in Kong, where nginx's variables play this part.) */
  getConnection(): Socket {
    return this.#check().socket;
  }

  /** 32 hexadecimal digits; the same in logs, headers and error bodies. */
  getId(): string {
    return this.#context.requestId;
  }
}

/** @throws Error with Kong's text when a limit on arguments or headers is out of range */
export function checkMax(name: string, max: number): void {
  if (!(max >= 1)) throw new Error(`${name} must be >= 1`);
  if (max > 1000) throw new Error(`${name} must be <= 1000`);
}

/** The scheme of the connection itself, whatever a proxy in front says. */
export function connectionScheme({ socket }: RequestContext): "http" | "https" {
  return (socket as { encrypted?: boolean }).encrypted === true ? "https" : "http";
}

/** The host that the client asks, with its port; in HTTP/2 it has a name of its own. */
export function askedHost({ headers }: IncomingMessage): string | undefined {
  return headers.host ?? (headers[":authority"] as string | undefined);
}

/** Host without port, in lower case. */
export function hostName(host: string | undefined): string {
  if (host === undefined) return "";
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  return (end > 0 ? host.slice(0, end) : host).toLowerCase();
}

/** A forwarding header's value, of trusted peers only. */
export function trustedHeader(context: RequestContext, name: string): string | undefined {
  const value = context.incoming.headers[name];
  if (typeof value !== "string" || value === "") return undefined;
  return context.node.settings.trusted.has(plainAddress(context.socket.remoteAddress)) ? value : undefined;
}

/** The values of a request header as the plugins left it. */
export function requestHeader(context: RequestContext, name: string): readonly string[] | undefined {
  const lower = name.toLowerCase();
  if (context.requestEdits !== null) {
    const edit = context.requestEdits.get(lower);
    if (edit !== undefined) return edit.values.length === 0 ? undefined : edit.values;
  }
  const { headers } = context.incoming;
  const found = headers[lower];
  if (found === undefined) {
    // `_` and `-` are the same on reading (Kong, PDK conventions).
    const twin = lower.includes("_") ? lower.replaceAll("_", "-") : undefined;
    return twin === undefined ? undefined : requestHeader(context, twin);
  }
  // Node's header object has a prototype: a name such as `constructor` must not find what is there.
  if (typeof found !== "string") return Array.isArray(found) ? found : undefined;
  // Node joins repeated headers; only then does the dearer look at the distinct values pay.
  const mayBeSeveral = found.includes(", ") || (lower === "user-agent" && hasRepeatedNames(context));
  return mayBeSeveral ? distinctValues(context.incoming, lower) : [found];
}

/** One value for each line. (Requests of HTTP/2 have no `headersDistinct`.) */
function distinctValues({ rawHeaders }: IncomingMessage, lower: string): readonly string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (isHeaderName(rawHeaders[i] as string, lower)) values.push(rawHeaders[i + 1] as string);
  }
  return values;
}

/** Of some headers, `User-Agent` among them, Node keeps the first and drops the others. */
function hasRepeatedNames({ incoming }: RequestContext): boolean {
  return Object.keys(incoming.headers).length * 2 !== incoming.rawHeaders.length;
}

/** All request headers as the plugins left them, by lower-case name; repeated ones as lists. */
export function allHeaders(context: RequestContext, maxHeaders: number): Record<string, string | string[]> {
  const { incoming, requestEdits } = context;
  const result: Record<string, string | string[]> = Object.create(null);
  let count = 0;
  for (const name of Object.keys(incoming.headers)) {
    if (count >= maxHeaders) return result;
    const value = incoming.headers[name];
    // Nearly every header is one text that nobody has changed.
    if (typeof value === "string" && !value.includes(", ") && requestEdits?.has(name) !== true) {
      result[name] = value;
      count += 1;
      continue;
    }
    const values = requestHeader(context, name);
    if (values === undefined) continue;
    result[name] = values.length === 1 ? (values[0] as string) : [...values];
    count += 1;
  }
  for (const [name, { values }] of requestEdits ?? []) {
    if (values.length > 0 && count < maxHeaders && !(name in result)) {
      result[name] = values.length === 1 ? (values[0] as string) : [...values];
      count += 1;
    }
  }
  return result;
}

/** Reads the body once; later readers get the same. */
export function readRequestBody(context: RequestContext, maxSize = context.node.settings.clientBodyBufferSize): Promise<Buffer> {
  if (context.upstreamBody !== null) return Promise.resolve(context.upstreamBody);
  context.requestBody ??= startReading(context, maxSize).then((bytes) => {
    context.requestBytes = bytes;
    return bytes;
  });
  return context.requestBody;
}

function startReading(context: RequestContext, maxSize: number): Promise<Buffer> {
  const { incoming } = context;
  if (!hasBody(incoming)) return Promise.resolve(Buffer.alloc(0));
  if (bodyWasRead(incoming)) return Promise.resolve(restoreBody(incoming)?.body ?? Buffer.alloc(0));
  context.bodyReadHere = true;
  return readBody(incoming, Math.min(maxSize, context.bodyLimit?.bytes ?? maxSize)).catch((error: unknown) => {
    context.requestBody = null;
    if (error instanceof BodyTooLargeError) {
      throw new Error(`request body did not fit into client body buffer, consider raising 'client_body_buffer_size'`);
    }
    throw error;
  });
}

/** The client's address after `real_ip_header` replacement, and its port. */
export function forwardedClient(context: RequestContext): { address: string; port: number } {
  const { remoteAddress, remotePort } = context.socket;
  const peer = { address: plainAddress(remoteAddress), port: remotePort ?? 0 };
  const { trusted, realIpHeader, realIpRecursive } = context.node.settings;
  const header = context.incoming.headers[realIpHeader];
  if (header === undefined || !trusted.has(peer.address)) return peer;
  const elements = (typeof header === "string" ? header : header.join(",")).split(",");
  let result = peer;
  for (let i = elements.length - 1; i >= 0; i -= 1) {
    const element = parseAddressWithPort(elements[i] as string);
    if (element === undefined) break;
    result = { address: element.address, port: element.port ?? peer.port };
    if (!realIpRecursive || !trusted.has(element.address)) break;
  }
  return result;
}
