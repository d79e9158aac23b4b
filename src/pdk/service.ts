import type { MaybePromise } from "../util/maybe-promise.js";
import { encodeArguments, removeArgument } from "../util/query.js";
import { escapePath } from "../util/uri.js";
import { type DecodedBody, decodeBody, encodeBody } from "./body-codec.js";
import { checkHeaderName, type HeaderValue, headerValues } from "./header-edits.js";
import { AR, ARB, checkPhase, phases, SR } from "./phase.js";
import { checkMax, requestHeader } from "./request.js";
import type { RequestContext, UpstreamTlsEdits } from "./request-context.js";
import { bytesOf, findHeader, type HeadersInput, headersObject } from "./response.js";

const ACCESS = phases("access");
const METHODS = new Set("GET HEAD PUT POST DELETE OPTIONS MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK PATCH TRACE".split(" "));

/** Arguments of a query or form as plugins give them; `true` is sent without `=`. */
export type ArgumentsInput = Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>;

/** Decides where and how the request is sent on. */
export class PdkService {
  readonly #context: RequestContext;
  #request: PdkServiceRequest | null = null;
  #response: PdkServiceResponse | null = null;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** What is sent to the upstream. */
  get request(): PdkServiceRequest {
    this.#request ??= new PdkServiceRequest(this.#context);
    return this.#request;
  }

  /** What the upstream answered. */
  get response(): PdkServiceResponse {
    this.#response ??= new PdkServiceResponse(this.#context);
    return this.#response;
  }

  /**
   * Balances over the upstream entity of that name in place of the service's host.
   *
   * @returns `false` when there is none of that name; then nothing has changed
   */
  setUpstream(name: string): boolean {
    checkPhase(this.#context.phase, ACCESS);
    if (!this.#context.hasUpstream(name)) return false;
    this.#context.upstreamName = name;
    return true;
  }

  /**
   * Sends the request to that host and port; they also become its `Host`.
   *
   * @param host - name or IP address
   * @param port - 0 to 65535
   */
  setTarget(host: string, port: number): void {
    checkPhase(this.#context.phase, ARB);
    if (typeof host !== "string") throw new Error("host must be a string");
    if (!isHost(host)) throw new Error(`host must be a name or an address: given ${JSON.stringify(host)}`);
    if (!Number.isInteger(port)) throw new Error("port must be an integer");
    if (port < 0 || port > 65535) throw new Error(`port must be an integer between 0 and 65535: given ${port}`);
    this.#context.targetOverride = { host, port };
  }

  /**
   * Calls a function before each retry, which may send that to another place by {@link setTarget}. When it throws or rejects, the client
   * gets a 503.
   *
   * @example
   * ```ts
   * const others = ["10.0.0.2", "10.0.0.3"];
   * pdk.service.setTarget("10.0.0.1", 80);
   * pdk.service.setTargetRetryCallback(() => pdk.service.setTarget(others.shift() ?? "10.0.0.1", 80));
   * ```
   */
  setTargetRetryCallback(callback: () => MaybePromise<void>): void {
    checkPhase(this.#context.phase, ACCESS);
    if (typeof callback !== "function") throw new Error("retry_callback must be a function");
    this.#context.retryCallback = callback;
  }

  /**
   * The certificate that the upstream is shown, in place of the service's.
   *
   * @param chain - PEM
   * @param key - PEM
   */
  setTlsCertKey(chain: string, key: string): void {
    if (typeof chain !== "string" || typeof key !== "string") throw new Error("chain and key must be PEM texts");
    this.#editTls({ cert: chain, key });
  }

  /** Whether the upstream's certificate is verified, in place of the service's `tls_verify`. */
  setTlsVerify(on: boolean): void {
    if (typeof on !== "boolean") throw new Error("argument must be a boolean");
    this.#editTls({ verify: on });
  }

  /** @param certificates - PEM, one after the other: those that may have signed the upstream's, in place of Node's own list */
  setTlsVerifyStore(certificates: string): void {
    if (typeof certificates !== "string") throw new Error("certificates must be a PEM text");
    this.#editTls({ ca: certificates });
  }

  #editTls(edits: UpstreamTlsEdits): void {
    checkPhase(this.#context.phase, ARB);
    this.#context.tlsEdits = { ...this.#context.tlsEdits, ...edits };
  }

  /** @param retries - 0 to 32767, after the first try */
  setRetries(retries: number): void {
    checkPhase(this.#context.phase, ACCESS);
    checkInteger("retries", retries, 0, 32767);
    this.#context.retries = retries;
  }

  /** Milliseconds each, 1 to 2147483646. */
  setTimeouts(connect: number, write: number, read: number): void {
    checkPhase(this.#context.phase, ACCESS);
    checkInteger("connect_timeout", connect, 1, 2147483646);
    checkInteger("write_timeout", write, 1, 2147483646);
    checkInteger("read_timeout", read, 1, 2147483646);
    this.#context.timeouts = { connect, write, read };
  }
}

/** Without what would make something else of the address that it becomes a part of: a path, a user, a port of its own. */
function isHost(host: string): boolean {
  return host !== "" && !/[\0- "#%/<>?@\\^`{|}\x7f]/.test(host);
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be an integer between ${min} and ${max}: given ${value}`);
  }
}

/** Changes the request on its way to the upstream. */
export class PdkServiceRequest {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Reads the upstream's whole answer into memory before the client gets any of it, so that `response` phases can see it. */
  enableBuffering(): void {
    checkPhase(this.#context.phase, ARB);
    this.#context.buffered = true;
  }

  setScheme(scheme: "http" | "https"): void {
    checkPhase(this.#context.phase, ARB);
    if (scheme !== "http" && scheme !== "https") throw new Error(`invalid scheme: ${String(scheme)}`);
    this.#context.scheme = scheme;
  }

  /** The whole path to send, without a query; characters that a path may not hold are escaped. */
  setPath(path: string): void {
    checkPhase(this.#context.phase, ARB);
    if (!path.startsWith("/")) throw new Error("path must start with /");
    this.#context.upstreamPath = escapePath(path);
  }

  /** The query to send, without `?`; empty removes it. */
  setRawQuery(query: string): void {
    checkPhase(this.#context.phase, AR);
    this.#setQuery(query);
  }

  setMethod(method: string): void {
    checkPhase(this.#context.phase, AR);
    if (!METHODS.has(method)) throw new Error(`invalid method: ${method}`);
    this.#context.method = method;
  }

  /** Replaces the query. */
  setQuery(args: ArgumentsInput): void {
    checkPhase(this.#context.phase, AR);
    this.#setQuery(encodeArguments(args));
  }

  /** Removes every argument of that name. A query that becomes empty leaves its `?`, as in Kong. */
  clearQueryArg(name: string): void {
    checkPhase(this.#context.phase, AR);
    const { query } = this.#context;
    if (query === "") return;
    this.#context.query = `?${removeArgument(query.slice(1), name)}`;
    this.#context.parsedQuery = null;
  }

  #setQuery(query: string): void {
    // A query goes into the request line as it is; what would break the line is escaped.
    this.#context.query = query === "" ? "" : `?${query.replace(/[^\x21-\x7e]/gu, encodeURIComponent)}`;
    this.#context.parsedQuery = null;
  }

  /** Replaces a header; `Host` also decides the upstream's `Host`. */
  setHeader(name: string, value: HeaderValue | readonly HeaderValue[]): void {
    checkPhase(this.#context.phase, ARB);
    this.#edit(name, headerValues(name, value));
  }

  /** Adds one more header of that name. */
  addHeader(name: string, value: HeaderValue): void {
    checkPhase(this.#context.phase, AR);
    this.#edit(name, [...(requestHeader(this.#context, name) ?? []), ...headerValues(name, value)]);
  }

  /** Removes all headers of that name. */
  clearHeader(name: string): void {
    checkPhase(this.#context.phase, AR);
    checkHeaderName(name);
    const { incoming, requestEdits } = this.#context;
    const lower = name.toLowerCase();
    // Nothing there, nothing to remove: authentication clears headers that hardly any client sends.
    if (incoming.headers[lower] !== undefined || requestEdits?.has(lower)) this.#edit(name, []);
  }

  /** Replaces each of the given headers. */
  setHeaders(headers: HeadersInput): void {
    checkPhase(this.#context.phase, AR);
    const edits = Object.entries(headers).map(([name, value]) => [name, headerValues(name, value)] as const);
    for (const [name, values] of edits) this.#edit(name, values);
  }

  #edit(name: string, values: readonly string[]): void {
    this.#context.requestEdits ??= new Map();
    this.#context.requestEdits.set(name.toLowerCase(), { name, values });
  }

  /**
   * Counts the client's body while it is sent on, and ends the request when there is more of it: for bodies of unknown length that need
   * not be held in memory. (Not in Kong, where such bodies go to a file.)
   *
   * @param status - 400 to 599
   * @param message - of the answer, in the form that the client's `Accept` prefers
   */
  limitBody(bytes: number, status: number, message: string): void {
    checkPhase(this.#context.phase, AR);
    checkInteger("bytes", bytes, 0, Number.MAX_SAFE_INTEGER);
    checkInteger("status", status, 400, 599);
    const { bodyLimit } = this.#context;
    if (bodyLimit === null || bytes < bodyLimit.bytes) this.#context.bodyLimit = { bytes, status, message };
  }

  /** Replaces the body; `Content-Length` follows. */
  setRawBody(body: string | Uint8Array): void {
    checkPhase(this.#context.phase, ARB);
    this.#context.upstreamBody = bytesOf(body);
  }

  /**
   * Replaces the body, encoded by media type: form, JSON or multipart.
   *
   * @param mimetype - default: the request's `Content-Type`
   * @throws Error when there is no type or it is another one
   */
  async setBody(body: Readonly<Record<string, unknown>> | readonly unknown[], mimetype?: string): Promise<void> {
    checkPhase(this.#context.phase, AR);
    const type = mimetype ?? requestHeader(this.#context, "content-type")?.[0];
    if (type === undefined) throw new Error("content type was neither explicitly given as an argument or received as a header");
    const encoded = await encodeBody(body, type);
    this.setRawBody(encoded.body);
    this.#edit("Content-Type", [encoded.contentType]);
  }
}

/** Reads the upstream's own answer, before plugins changed it. */
export class PdkServiceResponse {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Status of the last try; `undefined` when no upstream answered. */
  getStatus(): number | undefined {
    checkPhase(this.#context.phase, SR);
    return this.#context.serviceStatus || undefined;
  }

  /** The upstream's headers by lower-case name. */
  getHeaders(maxHeaders = 100): Record<string, string | string[]> {
    checkPhase(this.#context.phase, SR);
    checkMax("max_headers", maxHeaders);
    return headersObject(this.#context.serviceHeaders ?? [], maxHeaders);
  }

  /** The first value of one of the upstream's headers. */
  getHeader(name: string): string | undefined {
    checkPhase(this.#context.phase, SR);
    return findHeader(this.#context.serviceHeaders ?? [], name);
  }

  /** @throws Error when the request is not buffered */
  getRawBody(): Buffer {
    checkPhase(this.#context.phase, SR);
    const { serviceBody } = this.#context;
    if (serviceBody === null) {
      throw new Error(
        "service body is only available with buffered proxying (see: kong.service.request.enable_buffering function)",
      );
    }
    return serviceBody;
  }

  /** The upstream's body, decoded by its media type. */
  async getBody(mimetype?: string, maxArgs = 100): Promise<DecodedBody> {
    const raw = this.getRawBody();
    const type = mimetype ?? this.getHeader("content-type");
    return type === undefined ? { error: "missing content type" } : decodeBody(raw, type, maxArgs);
  }
}
