import { EventEmitter } from "node:events";
import type { AdminRequestEvent } from "./admin/audit.js";
import type { ConfigWarning } from "./declarative/finding.js";
import { wrongArgument } from "./errors/check-argument.js";
import type { StoreChange } from "./store/store-events.js";

/** What {@link Gateway.loadConfig} tells. */
export interface LoadResult {
  /** Hash of the configuration in force. */
  readonly hash: string;
  /** `false` when the document was the one in force already, and nothing was done. */
  readonly changed: boolean;
  /** Records by entity. Without the workspace, of which there is one. */
  readonly counts: Readonly<Record<string, number>>;
  /** What loads but is surely not meant, or is deprecated. */
  readonly warnings: readonly ConfigWarning[];
  readonly durationMs: number;
}

/** How {@link Gateway.loadConfig} loads. */
export interface LoadOptions {
  /** Does nothing for the input that is in force already. `false`: it is loaded again all the same. Default `true`. */
  readonly checkHash?: boolean;
}

/** How far a load has come. */
export interface LoadProgress {
  /** `parse`, `read`, `check`, `compile`, in this order; short ones may be left out. */
  readonly phase: string;
  readonly done: number;
  /** 0 while nobody knows. */
  readonly total: number;
}

/** The events of a gateway and what their listeners get. */
export interface GatewayEvents {
  /** A configuration is in force. */
  "config:loaded": [result: LoadResult];
  /** A load is at work: told every few milliseconds, unless it is over at once. */
  "config:progress": [progress: LoadProgress];
  /** A configuration was refused; the one before stays in force. */
  "config:rejected": [error: Error];
  /**
   * A record has been written to `gateway.db`; a cascade gives one event for each record that went. The records are copies.
   * Without a database there are none: there, `config:loaded` tells of everything.
   */
  crud: [change: StoreChange];
  /** The Admin API has answered a request, or refused it: for an audit log. It holds no secrets. */
  adminRequest: [request: AdminRequestEvent];
  /** Something failed that no caller hears of: a plugin outside of a request, for instance. */
  error: [error: Error];
  /** The gateway is closed. */
  close: [];
}

/** Typed events. An `error` that nobody listens to goes to the log and not, as Node does it, to the process's end. */
export class GatewayEmitter {
  readonly #emitter = new EventEmitter();

  on<K extends keyof GatewayEvents>(event: K, listener: (...args: GatewayEvents[K]) => void): void {
    this.#emitter.on(event, checked(event, listener));
  }

  once<K extends keyof GatewayEvents>(event: K, listener: (...args: GatewayEvents[K]) => void): void {
    this.#emitter.once(event, checked(event, listener));
  }

  off<K extends keyof GatewayEvents>(event: K, listener: (...args: GatewayEvents[K]) => void): void {
    this.#emitter.off(event, checked(event, listener));
  }

  /** Whether anybody listens. */
  isHeard(event: keyof GatewayEvents): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** @returns whether anybody listened */
  emit<K extends keyof GatewayEvents>(event: K, ...args: GatewayEvents[K]): boolean {
    if (event === "error" && this.#emitter.listenerCount("error") === 0) return false;
    return this.#emitter.emit(event, ...args);
  }
}

function checked(event: unknown, listener: unknown): (...args: unknown[]) => void {
  if (typeof event !== "string") throw wrongArgument("event", "the name of an event", event);
  if (typeof listener !== "function") throw wrongArgument("listener", "a function", listener);
  return listener as (...args: unknown[]) => void;
}
