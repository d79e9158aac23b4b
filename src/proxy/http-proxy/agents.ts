import { type ClientRequest, type ClientRequestArgs, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { ignoreError } from "../ignore-error.js";

/** How connections are kept. */
export interface AgentSettings {
  readonly keepAlive: boolean;
  /** Milliseconds for which an idle connection is kept. A shorter `Keep-Alive: timeout=` of the peer wins. */
  readonly keepAliveTimeout: number;
  /** Connections at a time to one address (and TLS settings). */
  readonly maxSockets: number;
}

/** What our requests carry for the agents beside the options of node:http. */
export interface PoolKey {
  /** Requests share connections when their keys are equal. */
  readonly poolKey: string;
}

const connected = new WeakSet<Duplex>();

/** Hears how the connection of a socket comes about. */
export interface ConnectionObserver {
  /** TCP stands, the TLS handshake begins. */
  onHandshake(): void;
  /** A request may be written: with TLS, the handshake and the check of the peer are done. */
  onConnected(): void;
}

/** Calls `onConnected` as soon as `socket` is usable, at once when it is one that was used before. */
export function whenConnected(socket: Duplex, scheme: "http" | "https", observer: ConnectionObserver): void {
  if (connected.has(socket)) {
    observer.onConnected();
  } else if (scheme === "http") {
    socket.once("connect", () => observer.onConnected());
  } else {
    socket.once("connect", () => observer.onHandshake());
    socket.once("secureConnect", () => observer.onConnected());
  }
}

function prepare<S extends Duplex | null | undefined>(socket: S, readyEvent: "connect" | "secureConnect"): S {
  // node:http leaves a socket without an `error` listener between the end of a response and its return to the pool.
  socket?.on("error", ignoreError);
  socket?.once(readyEvent, () => connected.add(socket));
  return socket;
}

// Bytes on an idle connection answer no request. Left in its buffer, they would be read as the answer to the next one.
function dropOnData(this: Duplex): void {
  this.destroy();
}

function park(socket: Duplex): void {
  socket.on("data", dropOnData);
}

function unpark(socket: Duplex): void {
  socket.removeListener("data", dropOnData);
}

function agentOptions({ keepAlive, keepAliveTimeout, maxSockets }: AgentSettings) {
  return { keepAlive, maxSockets, timeout: keepAliveTimeout, scheduling: "lifo" } as const;
}

class PoolingHttpAgent extends HttpAgent {
  override getName(options?: ClientRequestArgs): string {
    return (options as Partial<PoolKey> | undefined)?.poolKey ?? super.getName(options);
  }

  override createConnection(...args: Parameters<HttpAgent["createConnection"]>): Duplex | null | undefined {
    return prepare(super.createConnection(...args), "connect");
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const kept = keeps(super.keepSocketAlive(socket));
    if (kept) park(socket);
    return kept;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    unpark(socket);
    super.reuseSocket(socket, request);
  }
}

class PoolingHttpsAgent extends HttpsAgent {
  override getName(options?: RequestOptions): string {
    return (options as Partial<PoolKey> | undefined)?.poolKey ?? super.getName(options);
  }

  override createConnection(...args: Parameters<HttpsAgent["createConnection"]>): Duplex | null | undefined {
    return prepare(super.createConnection(...args), "secureConnect");
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const kept = keeps(super.keepSocketAlive(socket));
    if (kept) park(socket);
    return kept;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    unpark(socket);
    super.reuseSocket(socket, request);
  }
}

// The method answers whether to keep the socket; its published type says `void`.
function keeps(answer: unknown): boolean {
  return answer !== false;
}

/** One agent per scheme. */
export class Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;

  constructor(settings: AgentSettings) {
    this.http = new PoolingHttpAgent(agentOptions(settings));
    this.https = new PoolingHttpsAgent(agentOptions(settings));
  }

  closeIdle(): void {
    for (const agent of [this.http, this.https]) {
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of [...(sockets ?? [])]) socket.destroy();
      }
    }
  }

  /** Closes every connection, busy ones included. */
  destroy(): void {
    this.http.destroy();
    this.https.destroy();
  }
}
