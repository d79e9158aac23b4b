import { EventEmitter } from "node:events";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

// http-proxy-3 works on the client's request and response (or socket). A transport has neither at hand for an exchange, and must keep
// the client's socket untouched until the peer has accepted an upgrade; so it gets stand-ins that have what it uses of them.

/** Runs an exchange that http-proxy-3 has started. */
export interface WebExchange {
  /** The request exists; nothing was sent. */
  onRequest(request: ClientRequest): void;
  onResponse(response: IncomingMessage): void;
  onRequestError(error: unknown): void;
}

/** Stands in for the client's request in `web()`. */
export class ShadowRequest {
  // The real method goes through the option of that name: with DELETE or OPTIONS here, the pass `deleteLength` would set a length.
  readonly method = "GET";
  readonly url = "";
  readonly httpVersionMajor = 1;
  readonly headers = {};
  readonly socket = { destroyed: false };
  readonly exchange: WebExchange;

  constructor(exchange: WebExchange) {
    this.exchange = exchange;
  }

  on(): this {
    return this;
  }

  /** http-proxy-3 pipes the request's body as its last step. We send it ourselves, and only over a connection that stands. */
  pipe(request: ClientRequest): ClientRequest {
    this.exchange.onRequest(request);
    return request;
  }

  asIncomingMessage(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}

const sink = {
  finished: true,
  headersSent: true,
  on() {
    return sink;
  },
};

/** Stands in for the client's response in `web()`; nothing is ever written to it. */
export const SHADOW_RESPONSE = sink as unknown as ServerResponse;

/** Runs an upgrade that http-proxy-3 has started. */
export interface WsExchange {
  /** The request exists; nothing was sent. */
  onRequest(request: ClientRequest): void;
  onRequestError(error: unknown): void;
  /** The peer has accepted and `upstream` is the tunnel's far end. */
  onTunnel(upstream: Duplex): void;
}

/** Stands in for the client's request in `ws()`. */
export class ShadowUpgradeRequest {
  readonly method = "GET";
  readonly url = "";
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly headers = { upgrade: "websocket" };
  readonly exchange: WsExchange;

  constructor(exchange: WsExchange) {
    this.exchange = exchange;
  }

  asIncomingMessage(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}

/**
 * Stands in for the client's socket in `ws()`, which writes heads of its own making to it, destroys it on any error and pipes a
 * refusal's body without back-pressure. All of that ends here.
 */
export class ShadowSocket extends EventEmitter {
  // Makes http-proxy-3 read away a refusal instead of writing it.
  readonly destroyed = true;
  private readonly exchange: WsExchange;

  constructor(exchange: WsExchange) {
    super();
    this.exchange = exchange;
  }

  setTimeout(): void {}
  setNoDelay(): void {}
  setKeepAlive(): void {}
  end(): void {}
  destroySoon(): void {}
  destroy(): void {}

  write(): boolean {
    return true;
  }

  /** Called as `upstream.pipe(this).pipe(upstream)`: from here on the client's own socket takes part. */
  pipe(upstream: Duplex): Duplex {
    upstream.unpipe(this as unknown as NodeJS.WritableStream);
    this.exchange.onTunnel(upstream);
    return upstream;
  }

  /** Lets http-proxy-3 drop what it keeps of the socket. */
  release(): void {
    this.emit("close");
  }

  asSocket(): Socket {
    return this as unknown as Socket;
  }
}
