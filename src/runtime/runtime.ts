import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasBody } from "../util/parsed-body.js";
import { originForm } from "../util/uri.js";
import { GatewayExchange } from "./exchange.js";
import type { ExchangeOwner, Next, UpgradeSocket } from "./exchange-types.js";
import { mayLackHeaders } from "./header-faults.js";
import type { RuntimeSettings } from "./settings.js";
import type { Snapshot } from "./snapshot.js";
import { serveWithoutUpgrade } from "./without-upgrade.js";

/** Serves requests from the current snapshot, and knows how many it has in hand. */
export class Runtime implements ExchangeOwner {
  readonly settings: RuntimeSettings;
  closing = false;
  #snapshot: Snapshot;
  #rebuild: (() => void) | null = null;
  #running = 0;
  #total = 0;
  #idle: (() => void)[] = [];

  constructor(settings: RuntimeSettings, snapshot: Snapshot) {
    this.settings = settings;
    this.#snapshot = snapshot;
  }

  get snapshot(): Snapshot {
    return this.#rebuild === null ? this.#snapshot : this.#caughtUp(this.#rebuild);
  }

  /**
   * Says that the snapshot is out of date. Whoever needs one next gets the new one, so that many changes in a row cost one rebuild.
   *
   * @param rebuild - makes the new snapshot current with {@link swap}
   */
  outdated(rebuild: () => void): void {
    this.#rebuild = rebuild;
  }

  #caughtUp(rebuild: () => void): Snapshot {
    this.#rebuild = null;
    rebuild();
    return this.#snapshot;
  }

  /** Requests that have begun and not ended. */
  get running(): number {
    return this.#running;
  }

  /** Requests that have begun since the start. */
  get total(): number {
    return this.#total;
  }

  /** New requests use the new snapshot; those in hand end on the old one. */
  swap(snapshot: Snapshot): void {
    this.#rebuild = null;
    this.#snapshot = snapshot;
    this.settings.transport.retain?.(snapshot.retainOrigins());
  }

  handle(incoming: IncomingMessage, outgoing: ServerResponse, next: Next | null): void {
    const { snapshot } = this;
    const target = originForm(incoming.url ?? "/");
    new GatewayExchange(this, snapshot, incoming, outgoing, target, forHost(snapshot, target, next), null).start();
  }

  /** @param next - `null`: a request that matches no route is answered with 404 */
  handleUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, next: Next | null): void {
    // Node takes its own handler off before it gives the socket away: an error without one would end the process.
    socket.on("error", drop);
    whenFree(incoming.socket, () => {
      const websocket = incoming.headers.upgrade?.toLowerCase() === "websocket";
      // Where somebody else listens too, another protocol may be theirs; none of those has a request with a body.
      // Written anew, a request that lacks headers would be another one: its body could become a request.
      if (!websocket && (next === null || hasBody(incoming)) && !mayLackHeaders(incoming)) {
        socket.off("error", drop);
        if (serveWithoutUpgrade(incoming, socket, head)) return;
        socket.on("error", drop);
      }
      this.#startUpgrade(incoming, socket, websocket ? { socket, head } : null, next);
    });
  }

  #startUpgrade(incoming: IncomingMessage, socket: Duplex, tunnel: UpgradeSocket | null, next: Next | null): void {
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(incoming.socket);
    outgoing.on("finish", () => socket.end());
    const handOver =
      next === null
        ? null
        : () => {
            outgoing.detachSocket(incoming.socket);
            // Whoever takes the socket answers on it directly: our part ends here, and no later event would say so.
            exchange.status = 101;
            outgoing.emit("close");
            next();
          };
    const { snapshot } = this;
    const target = originForm(incoming.url ?? "/");
    const exchange = new GatewayExchange(this, snapshot, incoming, outgoing, target, forHost(snapshot, target, handOver), tunnel);
    exchange.start();
  }

  began(): void {
    this.#running += 1;
    this.#total += 1;
  }

  ended(): void {
    this.#running -= 1;
    if (this.#running > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when no request is in hand, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    if (this.#running === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.#idle.push(resolve)),
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      }),
    ]);
    clearTimeout(timer);
  }
}

const dotSegment = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;

/**
 * Whom a request is handed to that is the host's. The gateway resolves dot segments and most hosts do not: `/admin/../x` is no request for
 * `/admin` here, and may well be one there, past the plugins of a route that guards `/admin`. So a host with such routes gets none of these.
 */
function forHost({ destinations }: Snapshot, target: string, next: Next | null): Next | null {
  if (next === null || !dotSegment.test(target)) return next;
  return destinations.some(({ service }) => service === null) ? null : next;
}

function drop(this: Duplex): void {
  this.destroy();
}

/** Answers to requests before this one on the same connection (pipelining) go first: a socket takes one response at a time. */
function whenFree(socket: Socket, start: () => void): void {
  const { _httpMessage: busy } = socket as { _httpMessage?: ServerResponse | null };
  if (!busy) {
    start();
    return;
  }
  busy.once("close", () => {
    if (!socket.destroyed) whenFree(socket, start);
  });
}
