import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { ProxyServer } from "http-proxy-3";
import { type Exchange, type ExchangeHandler, TransportError, type UpstreamRequest } from "../transport.js";
import { type Agents, whenConnected } from "./agents.js";
import { type ConnectionPhase, toTransportError } from "./failure.js";
import { frameRequest } from "./framing.js";
import { proxyOptions } from "./outgoing.js";
import { isSmall, RequestBody, type SendingObserver } from "./request-body.js";
import type { Running } from "./running.js";
import { SHADOW_RESPONSE, ShadowRequest, type WebExchange } from "./shadow.js";
import { Watchdog } from "./watchdog.js";

/** One exchange over http-proxy-3's `web()`. */
export class HttpProxyExchange implements Exchange, WebExchange, SendingObserver {
  private readonly upstream: UpstreamRequest;
  private readonly handler: ExchangeHandler;
  private readonly running: Running;
  private readonly watchdog: Watchdog;
  private request: ClientRequest | null = null;
  private socket: Socket | null = null;
  private response: IncomingMessage | null = null;
  private body: RequestBody | null = null;
  private bodyLength = -1;
  private phase: ConnectionPhase = "connecting";
  private blocked = false;
  private sent = false;
  private paused = false;
  private settled = false;
  private bytesRead = 0;

  constructor(upstream: UpstreamRequest, handler: ExchangeHandler, running: Running) {
    this.upstream = upstream;
    this.handler = handler;
    this.running = running;
    this.watchdog = new Watchdog(() => this.onExpiry());
  }

  start(proxy: ProxyServer, agents: Agents): void {
    this.running.add(this);
    try {
      const { headers, length } = frameRequest(this.upstream);
      this.bodyLength = length;
      const options = proxyOptions(this.upstream, headers, agents);
      this.watchdog.arm(this.upstream.connectTimeout);
      proxy.web(new ShadowRequest(this).asIncomingMessage(), SHADOW_RESPONSE, options);
    } catch (cause) {
      // node:http refuses to write it: a header or the path has bytes that must not be there.
      this.fail(cause instanceof TransportError ? cause : new TransportError("malformed", (cause as Error).message, { cause }));
    }
  }

  resume(): void {
    if (this.settled || !this.paused) return;
    this.paused = false;
    this.response?.resume();
    this.awaitRead();
  }

  abort(): void {
    this.fail(new TransportError("aborted", "the exchange was given up"));
  }

  onRequest(request: ClientRequest): void {
    this.request = request;
    request.on("socket", (socket) => this.onSocket(request, socket));
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      this.fail(unaskedUpgrade());
    });
    request.on("close", () => {
      if (this.response === null) this.fail(new TransportError("reset", "the connection closed before a response"));
    });
  }

  onRequestError(error: unknown): void {
    this.fail(toTransportError(error, this.phase));
  }

  onResponse(response: IncomingMessage): void {
    if (this.settled) return;
    const status = response.statusCode as number;
    if (status === 101) {
      this.fail(unaskedUpgrade());
      return;
    }
    this.response = response;
    response.on("data", (chunk: Buffer) => this.onData(response, chunk));
    response.on("end", () => this.onEnd());
    response.on("error", (error) => this.fail(toTransportError(error, this.phase)));
    this.handler.onHead(status, response.statusMessage ?? "", response.rawHeaders);
    this.awaitRead();
  }

  onBlocked(): void {
    this.blocked = true;
    this.watchdog.arm(this.upstream.writeTimeout);
  }

  onUnblocked(): void {
    this.blocked = false;
    // Now it is the sender of the body that is waited for, which is not the peer's fault.
    this.watchdog.disarm();
  }

  onSent(): void {
    if (this.settled) return;
    this.blocked = false;
    this.sent = true;
    this.watchdog.disarm();
    this.awaitRead();
  }

  onBodyFailure(message: string, cause?: unknown): void {
    this.fail(new TransportError("aborted", message, { cause }));
  }

  private onSocket(request: ClientRequest, socket: Socket): void {
    if (this.settled) return;
    this.socket = socket;
    whenConnected(socket, this.upstream.scheme, {
      onHandshake: () => {
        this.phase = "handshaking";
      },
      onConnected: () => this.onConnected(request),
    });
  }

  private onConnected(request: ClientRequest): void {
    if (this.settled) return;
    this.phase = "open";
    this.watchdog.disarm();
    this.handler.onConnected();
    // Given up from within.
    if (this.settled) return;

    const { body } = this.upstream;
    if (body === null) {
      request.end();
      this.onSent();
    } else if (Buffer.isBuffer(body) && isSmall(body)) {
      request.end(body);
      this.onSent();
    } else {
      this.body = new RequestBody(request, body, this.bodyLength, this);
      this.body.start();
    }
  }

  private onData(response: IncomingMessage, chunk: Buffer): void {
    if (this.settled) return;
    if (this.handler.onData(chunk)) {
      if (this.sent) this.noteProgress();
      return;
    }
    if (this.settled) return;
    this.paused = true;
    response.pause();
    // Silence was asked for; a write that hangs is still one that hangs.
    if (!this.blocked) this.watchdog.disarm();
  }

  private onEnd(): void {
    if (this.settled) return;
    const finished = this.body === null || this.sent;
    this.settle();
    // An answer that came before the whole request was sent: what remains of it would be read as the next request.
    if (!finished) this.request?.destroy();
    this.handler.onEnd();
  }

  private awaitRead(): void {
    if (!this.sent || this.paused || this.settled) return;
    this.bytesRead = this.socket?.bytesRead ?? 0;
    this.watchdog.arm(this.upstream.readTimeout);
  }

  private noteProgress(): void {
    this.bytesRead = this.socket?.bytesRead ?? 0;
    this.watchdog.refresh();
  }

  private onExpiry(): void {
    const { connectTimeout, writeTimeout, readTimeout } = this.upstream;
    if (this.phase !== "open") {
      const during = this.phase === "connecting" ? "connect" : "TLS handshake";
      this.fail(new TransportError("connect-timeout", `no connection within ${connectTimeout} ms (${during})`));
      return;
    }
    if (this.blocked) {
      this.fail(new TransportError("timeout", `the peer took nothing for ${writeTimeout} ms`));
      return;
    }
    // Bytes that were read but made no event yet (part of a head, an interim response, a chunk's frame) are reads all the same.
    if (this.socket !== null && this.socket.bytesRead !== this.bytesRead) {
      this.awaitRead();
      return;
    }
    this.fail(new TransportError("timeout", `the peer sent nothing for ${readTimeout} ms`));
  }

  private fail(error: TransportError): void {
    if (this.settled) return;
    this.settle();
    this.request?.destroy();
    this.handler.onError(error);
  }

  private settle(): void {
    this.settled = true;
    this.watchdog.clear();
    this.body?.stop();
    this.running.remove(this);
  }
}

function unaskedUpgrade(): TransportError {
  return new TransportError("malformed", "the peer switches protocols without being asked");
}
