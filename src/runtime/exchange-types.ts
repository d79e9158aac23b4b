import type { Duplex } from "node:stream";
import type { RuntimeSettings } from "./settings.js";

/** Hands the request on to the host's next handler. */
export type Next = (error?: unknown) => void;

/** The client's side of an upgrade. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Tells the gateway when a request is in hand and when it is done with. */
export interface ExchangeOwner {
  readonly settings: RuntimeSettings;
  /** The gateway takes no more requests. */
  readonly closing: boolean;
  began(): void;
  ended(): void;
}
