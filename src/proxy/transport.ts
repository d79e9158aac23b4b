import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";

/** One request towards an upstream peer, complete: a transport adds and removes nothing of it. */
export interface UpstreamRequest {
  /**
   * Stands for scheme, host, port, connectTimeout and tls (but for its server name) together: same object, same values. Lets a
   * transport find its pool without building a key.
   */
  readonly origin?: object;
  readonly scheme: "http" | "https";
  /** Address to connect to: a host name or an IP address (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Origin form with query, escaped. */
  readonly path: string;
  /** Names and values in turn, in the order in which they are sent; `Host` included, no hop-by-hop headers but `Connection`/`Upgrade` of an upgrade. */
  readonly headers: string[];
  /** `null` when the request has no body. A stream is consumed once. */
  readonly body: Readable | Buffer | null;
  /** Milliseconds: TCP connect and TLS handshake. */
  readonly connectTimeout: number;
  /** Milliseconds between two writes of the request. */
  readonly writeTimeout: number;
  /** Milliseconds between two reads of the response. */
  readonly readTimeout: number;
  /** Set for `https`. */
  readonly tls: UpstreamTls | null;
}

/** How a TLS connection to a peer is made and checked. One object per service, so that it can key a pool. */
export interface UpstreamTls {
  /** Server name to send and to check; `null` sends none (the peer is an IP literal). */
  readonly servername: string | null;
  /** Check the peer's certificate. Default in Kong: off. */
  readonly verify: boolean;
  /** PEM texts of trusted CAs; `null`: the default store. */
  readonly ca: readonly string[] | null;
  /** PEM client certificate and key. */
  readonly cert: string | null;
  readonly key: string | null;
}

/** Receives what happens to one exchange. Calls come in this order; after `onEnd` or `onError` none follows. */
export interface ExchangeHandler {
  /** A connection is there and the request is about to be written. Before this, nothing has been sent. */
  onConnected(): void;
  /**
   * The head of the final response (1xx are swallowed).
   *
   * @param headers - names and values in turn, as received (latin1)
   */
  onHead(status: number, statusText: string, headers: string[]): void;
  /** A piece of the body. `false` asks for silence until `resume`. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  onError(error: TransportError): void;
}

/** The hold on a running exchange. */
export interface Exchange {
  /** Goes on after `onData` answered `false`. */
  resume(): void;
  /** Gives the exchange up: the connection to the peer is closed, `onError` comes with kind `aborted`. */
  abort(): void;
}

/** What an upgrade needs beyond the request: the client's raw socket. */
export interface UpgradeExchange {
  readonly request: UpstreamRequest;
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Receives what happens to one upgrade. After `onClose` or `onError` nothing follows. */
export interface UpgradeHandler {
  onConnected(): void;
  /**
   * The peer answered (101, or any other status when it refuses). Returns the headers to send to the client, names and
   * values in turn; the transport writes the head and tunnels (101) or pipes the refusal's body.
   */
  onHead(status: number, statusText: string, headers: string[]): string[];
  /** Both directions are closed. */
  onClose(): void;
  /** Before the head: nothing was written to the client's socket. After: the socket is destroyed. */
  onError(error: TransportError): void;
}

/** Carries exchanges to peers. `undici` and `http-proxy-3` implement it and pass the same conformance tests. */
export interface Transport {
  readonly name: string;
  /** Never throws: what goes wrong comes through `onError`, possibly before this returns. */
  exchange(request: UpstreamRequest, handler: ExchangeHandler): Exchange;
  /** Carries an upgrade and then the tunnel. Only transports that can. */
  upgrade?(exchange: UpgradeExchange, handler: UpgradeHandler): void;
  /** Closes the pools of all origins but these, once their running exchanges are done. Called after a change of configuration. */
  retain?(origins: ReadonlySet<object>): void;
  /** Waits for running exchanges at most `graceMs`, then cuts them; closes idle connections at once. */
  close(graceMs?: number): Promise<void>;
}

/** Why an exchange failed. */
export type TransportFailure =
  /** Refused, unreachable, reset while connecting. */
  | "connect"
  | "connect-timeout"
  /** The TLS handshake or the verification of the peer failed. */
  | "tls"
  /** The peer's name does not resolve. */
  | "dns"
  /** No progress in time while sending or before the head was received. */
  | "timeout"
  /** The connection broke before the response was complete. */
  | "reset"
  /** The response is not HTTP. */
  | "malformed"
  /** Given up by the caller. */
  | "aborted";

/** A failed exchange. `cause` keeps the underlying error. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: TransportFailure;

  constructor(kind: TransportFailure, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
