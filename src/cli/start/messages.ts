import type { AddressInfo } from "node:net";

/** What the primary process tells a worker. */
export type ToWorker =
  /** Begin to serve: all that had to be done before has been done. */
  | { readonly type: "serve" }
  /** Read the configuration file again. */
  | { readonly type: "reload" }
  /** Let requests in hand end, and exit. */
  | { readonly type: "stop" };

/** What a worker tells the primary process. */
export type ToPrimary =
  /** The configuration is loaded, and the Admin API answers on the worker's socket, if it has one. */
  | { readonly type: "loaded" }
  | { readonly type: "serving"; readonly proxy: AddressInfo }
  | { readonly type: "reloaded"; readonly outcome: "changed" | "unchanged" | "refused" };

/** The variables by which the primary process tells a worker what it is. */
export const workerVariables = {
  /** Path of the socket for the Admin API; not set: there is none. */
  socket: "POSTERN_WORKER_SOCKET",
  /** `1` for the one worker that writes what all of them would write alike. */
  speaks: "POSTERN_WORKER_SPEAKS",
} as const;
