import type { ProxyServer } from "http-proxy-3";
import { lazyRequire } from "../util/lazy-require.js";
import { Agents } from "./http-proxy/agents.js";
import { HttpProxyExchange } from "./http-proxy/exchange.js";
import { Running } from "./http-proxy/running.js";
import type { ShadowRequest, ShadowUpgradeRequest } from "./http-proxy/shadow.js";
import { HttpProxyUpgrade } from "./http-proxy/upgrade.js";
import {
  type Exchange,
  type ExchangeHandler,
  type Transport,
  TransportError,
  type UpgradeExchange,
  type UpgradeHandler,
  type UpstreamRequest,
} from "./transport.js";

const httpProxy = lazyRequire<typeof import("http-proxy-3")>("http-proxy-3");

/** Options of {@link createHttpProxyTransport}. */
export interface HttpProxyTransportOptions {
  /** Milliseconds for which an idle connection is kept for further requests. Default 60,000, as Kong's. */
  readonly keepAliveTimeout?: number;
  /** Connections at a time to one address with the same TLS settings; more requests wait, at most their connect timeout. Default: no limit. */
  readonly maxSockets?: number;
}

/** The transport over http-proxy-3. Unlike the default one it carries upgrades. */
export interface HttpProxyTransport extends Transport {
  upgrade(exchange: UpgradeExchange, handler: UpgradeHandler): void;
}

/**
 * Carries exchanges and WebSocket upgrades with http-proxy-3. The package is loaded by the first of them.
 *
 * @param options - how connections are kept
 */
export function createHttpProxyTransport(options: HttpProxyTransportOptions = {}): HttpProxyTransport {
  return new HttpProxyTransportImpl(options);
}

class HttpProxyTransportImpl implements HttpProxyTransport {
  readonly name = "http-proxy-3";
  private readonly running = new Running();
  private readonly pooled: Agents;
  /** An upgrade takes its connection with it, so it gets a fresh one and never a stale one. */
  private readonly single: Agents;
  private proxy: ProxyServer | undefined;
  private closed = false;

  constructor({ keepAliveTimeout = 60_000, maxSockets = Number.POSITIVE_INFINITY }: HttpProxyTransportOptions) {
    this.pooled = new Agents({ keepAlive: true, keepAliveTimeout, maxSockets });
    this.single = new Agents({ keepAlive: false, keepAliveTimeout: 0, maxSockets: Number.POSITIVE_INFINITY });
  }

  exchange(request: UpstreamRequest, handler: ExchangeHandler): Exchange {
    if (this.closed) {
      handler.onError(closedError());
      return NO_EXCHANGE;
    }
    const exchange = new HttpProxyExchange(request, handler, this.running);
    exchange.start(this.server(), this.pooled);
    return exchange;
  }

  upgrade(exchange: UpgradeExchange, handler: UpgradeHandler): void {
    if (this.closed) {
      handler.onError(closedError());
      return;
    }
    new HttpProxyUpgrade(exchange, handler, this.running).start(this.server(), this.single);
  }

  async close(graceMs = 0): Promise<void> {
    this.closed = true;
    this.pooled.closeIdle();
    await this.running.drain(graceMs);
    // A tunnel's sockets have left their agents; `drain` has closed them.
    this.pooled.destroy();
    this.single.destroy();
  }

  private server(): ProxyServer {
    this.proxy ??= createServer();
    return this.proxy;
  }
}

/** One proxy for all exchanges: what it emits goes back to the exchange by way of its stand-in for the client's request. */
function createServer(): ProxyServer {
  const { createProxyServer } = httpProxy();
  const proxy = createProxyServer({ prependPath: false });
  proxy.on("proxyRes", (response, shadow) => webExchange(shadow).onResponse(response));
  proxy.on("proxyReqWs", (request, shadow) => wsExchange(shadow).onRequest(request));
  proxy.on("error", (error, shadow) => webExchange(shadow).onRequestError(error));
  return proxy;
}

function webExchange(shadow: unknown): ShadowRequest["exchange"] {
  return (shadow as ShadowRequest).exchange;
}

function wsExchange(shadow: unknown): ShadowUpgradeRequest["exchange"] {
  return (shadow as ShadowUpgradeRequest).exchange;
}

function closedError(): TransportError {
  return new TransportError("aborted", "the transport is closed");
}

const NO_EXCHANGE: Exchange = { resume() {}, abort() {} };
