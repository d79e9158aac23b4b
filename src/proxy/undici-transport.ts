import type { Readable } from "node:stream";
import type { Client, Dispatcher } from "undici";
import { lazyRequire } from "../util/lazy-require.js";
import { type Exchange, type ExchangeHandler, type Transport, TransportError, type UpstreamRequest } from "./transport.js";
import { ClientList } from "./undici-clients.js";
import { LENGTH_MISMATCH, toTransportError } from "./undici-errors.js";

const undici = lazyRequire<typeof import("undici")>("undici");

export interface UndiciTransportOptions {
  /** Milliseconds that an idle connection is kept. Default 60,000; an upstream's shorter `Keep-Alive` wins. */
  readonly keepAliveTimeout?: number;
  /** Requests on one connection before it is closed; 0 = no limit. Default 10,000. */
  readonly maxRequestsPerConnection?: number;
}

/** Carries HTTP exchanges over undici's clients: HTTP/1.1, one exchange at a time on a connection. */
export function createUndiciTransport(options: UndiciTransportOptions = {}): Transport {
  return new UndiciTransport(options);
}

class UndiciTransport implements Transport {
  readonly name = "undici";
  readonly #options: UndiciTransportOptions;
  readonly #pools = new Map<string, ClientList>();
  #byOrigin = new WeakMap<object, ClientList>();
  #closed = false;

  constructor(options: UndiciTransportOptions) {
    this.#options = options;
  }

  exchange(request: UpstreamRequest, handler: ExchangeHandler): Exchange {
    const clients = this.#closed ? null : this.#clientsFor(request);
    const exchange = new UndiciExchange(handler, request, clients);
    if (clients === null) {
      exchange.onError(new TransportError("aborted", "the transport is closed"));
      return exchange;
    }
    exchange.client?.dispatch(
      {
        path: request.path,
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers,
        body: request.body,
        headersTimeout: request.readTimeout,
        bodyTimeout: request.readTimeout,
        // Without this, undici derives the name from the Host header and reconnects when that changes.
        ...(request.tls?.servername ? { servername: request.tls.servername } : null),
      } as Dispatcher.DispatchOptions,
      exchange,
    );
    return exchange;
  }

  #clientsFor(request: UpstreamRequest): ClientList {
    const { origin } = request;
    if (origin === undefined) return this.#findClients(request);
    let pool = this.#byOrigin.get(origin);
    if (pool === undefined) {
      pool = this.#findClients(request);
      this.#byOrigin.set(origin, pool);
    }
    return pool;
  }

  #findClients(request: UpstreamRequest): ClientList {
    const key = originKey(request);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new ClientList(() => this.#createClient(request));
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #createClient({ scheme, host, port, connectTimeout, tls }: UpstreamRequest): Client {
    const { keepAliveTimeout = 60_000, maxRequestsPerConnection = 10_000 } = this.#options;
    const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
    return new (undici().Client)(`${scheme}://${name}:${port}`, {
      pipelining: 1,
      keepAliveTimeout: Math.max(keepAliveTimeout, 1),
      keepAliveMaxTimeout: Math.max(keepAliveTimeout, 1),
      ...(maxRequestsPerConnection > 0 ? { maxRequestsPerClient: maxRequestsPerConnection } : {}),
      // Response heads: nginx, and so Kong, takes what fits its buffers; Node's own limit is 16 KiB, ours is wider.
      maxHeaderSize: 65_536,
      connect: {
        timeout: connectTimeout,
        ...(tls === null
          ? {}
          : {
              rejectUnauthorized: tls.verify,
              ...(tls.ca === null ? {} : { ca: [...tls.ca] }),
              ...(tls.cert === null ? {} : { cert: tls.cert }),
              ...(tls.key === null ? {} : { key: tls.key }),
            }),
      },
    });
  }

  retain(origins: ReadonlySet<object>): void {
    const kept = new Set<ClientList>();
    for (const origin of origins) {
      const pool = this.#byOrigin.get(origin);
      if (pool !== undefined) kept.add(pool);
    }
    for (const [key, pool] of this.#pools) {
      if (kept.has(pool)) continue;
      this.#pools.delete(key);
      void pool.close();
    }
    const before = this.#byOrigin;
    this.#byOrigin = new WeakMap();
    for (const origin of origins) {
      const pool = before.get(origin);
      if (pool !== undefined) this.#byOrigin.set(origin, pool);
    }
  }

  async close(graceMs = 0): Promise<void> {
    this.#closed = true;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => closePool(pool, graceMs)));
  }
}

async function closePool(pool: ClientList, graceMs: number): Promise<void> {
  let cut: NodeJS.Timeout | undefined;
  const graceful = pool.close();
  const forced = new Promise<void>((resolve) => {
    cut = setTimeout(() => {
      void pool.destroy().then(resolve);
    }, graceMs);
  });
  await Promise.race([graceful, forced]);
  clearTimeout(cut);
}

/** One text per pool: two services with equal settings share their connections. Which server name is the request's own matter. */
function originKey({ scheme, host, port, connectTimeout, tls }: UpstreamRequest): string {
  const base = `${scheme}|${host}|${port}|${connectTimeout}`;
  return tls === null
    ? base
    : `${base}|${tls.servername === null}|${tls.verify}|${tls.ca?.join() ?? ""}|${tls.cert ?? ""}|${tls.key ?? ""}`;
}

/** One running exchange, in the shape undici calls. */
class UndiciExchange implements Exchange, Dispatcher.DispatchHandler {
  /** `null` before there is one, and once it is given back. */
  client: Client | null;
  readonly #clients: ClientList | null;
  readonly #handler: ExchangeHandler;
  readonly #watch: WriteWatch | null;
  #abort: ((error?: Error) => void) | null = null;
  #resume: (() => void) | null = null;
  #status = 0;
  #done = false;

  constructor(handler: ExchangeHandler, { body, writeTimeout }: UpstreamRequest, clients: ClientList | null) {
    this.#handler = handler;
    this.#clients = clients;
    this.client = clients === null ? null : clients.take();
    this.#watch =
      body === null || Buffer.isBuffer(body) ? null : new WriteWatch(body, writeTimeout, (error) => this.#abort?.(error));
  }

  resume(): void {
    if (!this.#done) this.#resume?.();
  }

  abort(): void {
    if (this.#done) return;
    const error = new TransportError("aborted", "the exchange was given up");
    if (this.#abort !== null) this.#abort(error);
    // Still waiting for a connection: undici has nothing to stop yet, and would let go only when there is one.
    else this.onError(error);
  }

  #release(): void {
    if (this.client === null) return;
    this.#clients?.release(this.client);
    this.client = null;
  }

  /** undici is in the middle of failing the client's requests: one that came to it now, a retry perhaps, would break it. */
  #releaseLater(): void {
    const { client } = this;
    this.client = null;
    if (client !== null) setImmediate(() => this.#clients?.release(client));
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#done) {
      abort();
      this.#releaseLater();
      return;
    }
    this.#abort = abort;
    this.#handler.onConnected();
    this.#watch?.start();
  }

  onBodySent(): void {
    this.#watch?.progress();
  }

  onRequestSent(): void {
    this.#watch?.stop();
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    if (status < 200 || this.#done) return true;
    this.#resume = resume;
    this.#status = status;
    this.#handler.onHead(status, statusText, toStrings(headers));
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.#done || this.#handler.onData(chunk);
  }

  onComplete(): void {
    this.#release();
    if (this.#done) return;
    this.#done = true;
    this.#watch?.stop();
    this.#handler.onEnd();
  }

  onError(error: Error): void {
    // Given up while it waited for a connection: undici still holds the request, and with it the client.
    if (!(error instanceof TransportError && this.#abort === null)) this.#releaseLater();
    if (this.#done) return;
    // A 304 may say how long the body would have been (RFC 9110 section 8.6); undici misses that body.
    if (this.#status === 304 && (error as { code?: string }).code === LENGTH_MISMATCH) {
      this.onComplete();
      return;
    }
    this.#done = true;
    this.#watch?.stop();
    const progress = this.#abort === null ? "waiting" : this.#status === 0 ? "connected" : "answered";
    this.#handler.onError(toTransportError(error, progress));
  }
}

/** Ends an exchange whose peer has stopped reading the request's body. A client that is slow to send is not at fault. */
class WriteWatch {
  readonly #body: Readable;
  readonly #timeout: number;
  readonly #expired: (error: TransportError) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(body: Readable, timeout: number, expired: (error: TransportError) => void) {
    this.#body = body;
    this.#timeout = timeout;
    this.#expired = expired;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      if (!this.#body.isPaused()) this.#timer?.refresh();
      else this.#expired(new TransportError("timeout", `the peer took nothing of the body for ${this.#timeout} ms`));
    }, this.#timeout);
    this.#timer.unref();
  }

  progress(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function toStrings(headers: readonly Buffer[]): string[] {
  const strings = new Array<string>(headers.length);
  for (let i = 0; i < headers.length; i += 1) strings[i] = (headers[i] as Buffer).toString("latin1");
  return strings;
}
