import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ProxyServer } from "http-proxy-3";
import { TransportError, type UpgradeExchange, type UpgradeHandler } from "../transport.js";
import { ClientWatch } from "../upgrade-client.js";
import { formatHead } from "../upgrade-head.js";
import { frameRefusal, relayRefusal } from "../upgrade-refusal.js";
import { openTunnel } from "../upgrade-tunnel.js";
import { type Agents, whenConnected } from "./agents.js";
import { type ConnectionPhase, toTransportError } from "./failure.js";
import { proxyOptions } from "./outgoing.js";
import type { Running } from "./running.js";
import { ShadowSocket, ShadowUpgradeRequest, type WsExchange } from "./shadow.js";
import { Watchdog } from "./watchdog.js";

const NO_HEAD = Buffer.alloc(0);

/** One upgrade over http-proxy-3's `ws()`: the request, then a tunnel or a refusal. */
export class HttpProxyUpgrade implements WsExchange {
  private readonly exchange: UpgradeExchange;
  private readonly handler: UpgradeHandler;
  private readonly running: Running;
  private readonly watchdog: Watchdog;
  private readonly client: Duplex;
  private readonly watch: ClientWatch;
  private readonly shadow = new ShadowSocket(this);
  private request: ClientRequest | null = null;
  private upstream: Socket | null = null;
  private phase: ConnectionPhase = "connecting";
  private answered = false;
  private settled = false;

  constructor(exchange: UpgradeExchange, handler: UpgradeHandler, running: Running) {
    this.exchange = exchange;
    this.handler = handler;
    this.running = running;
    this.client = exchange.socket;
    this.watchdog = new Watchdog(() => this.onExpiry());
    this.watch = new ClientWatch(exchange.socket, () => this.fail(new TransportError("aborted", "the client went away")));
  }

  start(proxy: ProxyServer, agents: Agents): void {
    this.running.add(this);
    if (!this.watch.start()) {
      this.fail(new TransportError("aborted", "the client had gone away"));
      return;
    }
    const { request } = this.exchange;
    try {
      const options = proxyOptions(request, request.headers, agents);
      this.watchdog.arm(request.connectTimeout);
      const incoming = new ShadowUpgradeRequest(this).asIncomingMessage();
      proxy.ws(incoming, this.shadow.asSocket(), NO_HEAD, options);
    } catch (cause) {
      this.fail(cause instanceof TransportError ? cause : new TransportError("malformed", (cause as Error).message, { cause }));
    }
  }

  /** Cuts it in whatever state it is. */
  abort(): void {
    this.fail(new TransportError("aborted", "the upgrade was given up"));
  }

  onRequest(request: ClientRequest): void {
    this.request = request;
    request.on("socket", (socket) => this.onSocket(socket));
    // Registered before http-proxy-3 registers its own: the client gets the head before the first byte of the tunnel.
    request.on("upgrade", (response, socket) => this.onAccepted(response, socket));
    request.on("response", (response) => this.onRefused(response));
    request.on("close", () => {
      if (!this.answered) this.fail(new TransportError("reset", "the connection closed before a response"));
    });
  }

  onRequestError(error: unknown): void {
    // Once there is a tunnel, it watches the sockets itself.
    if (this.upstream === null) this.fail(toTransportError(error, this.phase));
  }

  onTunnel(): void {
    const { client, upstream } = this;
    if (this.settled || upstream === null) return;
    openTunnel({
      client,
      upstream,
      idleTimeout: this.exchange.request.readTimeout,
      onClose: (error) => (error === null ? this.close() : this.fail(error)),
    });
  }

  private onSocket(socket: Socket): void {
    if (this.settled) return;
    whenConnected(socket, this.exchange.request.scheme, {
      onHandshake: () => {
        this.phase = "handshaking";
      },
      onConnected: () => this.onConnected(),
    });
  }

  private onConnected(): void {
    if (this.settled) return;
    this.phase = "open";
    this.watchdog.arm(this.exchange.request.readTimeout);
    this.handler.onConnected();
  }

  private onAccepted(response: IncomingMessage, socket: Duplex): void {
    if (this.settled) {
      socket.destroy();
      return;
    }
    // node:http made this connection: a plain or a TLS socket.
    this.upstream = socket as Socket;
    const headers = this.handler.onHead(101, response.statusMessage ?? "", response.rawHeaders);
    if (!this.answer(101, response.statusMessage ?? "", headers)) return;
    this.watchdog.clear();
    const { client, exchange } = this;
    setupClient(client);
    if (exchange.head.length > 0) socket.write(exchange.head);
  }

  private onRefused(response: IncomingMessage): void {
    if (this.settled) return;
    const status = response.statusCode as number;
    if (status === 101) {
      this.fail(new TransportError("malformed", "the peer switches protocols without saying to which"));
      return;
    }
    const statusText = response.statusMessage ?? "";
    response.on("error", (error) => this.fail(toTransportError(error, this.phase)));
    const wanted = this.handler.onHead(status, statusText, response.rawHeaders);
    if (this.settled) return;
    const { headers, chunked } = frameRefusal(status, wanted, this.exchange.incoming.httpVersion);
    if (!this.answer(status, statusText, headers)) return;
    this.client.once("close", () => {
      if (response.complete && this.client.writableFinished) this.close();
      else this.fail(new TransportError("aborted", "the client went away"));
    });
    this.watchdog.arm(this.exchange.request.readTimeout);
    relayRefusal(response, this.client, chunked, () => this.watchdog.refresh());
  }

  /** Writes the head. From here on the client's socket is ours to end. */
  private answer(status: number, statusText: string, headers: readonly string[]): boolean {
    if (this.settled) return false;
    let head: string;
    try {
      head = formatHead(status, statusText, headers);
    } catch (cause) {
      this.fail(new TransportError("malformed", (cause as Error).message, { cause }));
      return false;
    }
    this.answered = true;
    this.watch.stop();
    this.client.write(head, "latin1");
    return true;
  }

  private onExpiry(): void {
    const { connectTimeout, readTimeout } = this.exchange.request;
    if (this.phase !== "open") {
      this.fail(new TransportError("connect-timeout", `no connection within ${connectTimeout} ms`));
      return;
    }
    this.fail(new TransportError("timeout", `no progress for ${readTimeout} ms`));
  }

  private fail(error: TransportError): void {
    if (this.settled) return;
    this.settle();
    this.handler.onError(error);
  }

  private close(): void {
    if (this.settled) return;
    this.settle();
    this.handler.onClose();
  }

  private settle(): void {
    this.settled = true;
    this.watchdog.clear();
    this.watch.stop();
    this.request?.destroy();
    this.upstream?.destroy();
    if (this.answered) this.client.destroy();
    this.shadow.release();
    this.running.remove(this);
  }
}

/** A tunnel has no use for the server's timeouts, nor for waiting to fill packets. */
function setupClient(client: Duplex): void {
  const socket = client as Partial<Socket>;
  socket.setTimeout?.(0);
  socket.setNoDelay?.(true);
  socket.setKeepAlive?.(true, 0);
}
