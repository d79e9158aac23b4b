import type { EntityStore } from "../store/dao.js";
import type { IpSet } from "../util/ip.js";
import type { MaybePromise } from "../util/maybe-promise.js";
import type { VaultSet } from "../vaults/vault-set.js";
import type { PdkCache } from "./cache.js";
import type { Queues } from "./queue/queues.js";
import type { RedisConnections } from "./redis/connections.js";

/** Where the gateway writes what a person should read. `console` fits. */
export interface Logger {
  debug(message: string, details?: object): void;
  info(message: string, details?: object): void;
  warn(message: string, details?: object): void;
  error(message: string, details?: object): void;
}

/** The settings of a gateway that the request path reads. Compiled once from the options. */
export interface NodeSettings {
  readonly trusted: IpSet;
  /** Lower-case name of the header that holds the client's address when the peer is trusted. */
  readonly realIpHeader: string;
  readonly realIpRecursive: boolean;
  /** Bytes of a request body that a plugin may hold in memory. */
  readonly clientBodyBufferSize: number;
}

/** What is the same for all requests of one gateway. */
export interface NodeContext {
  /** UUID of this gateway, new at every start. */
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly settings: NodeSettings;
  readonly logger: Logger;
  /** The one workspace there is. */
  readonly workspace: { readonly id: string; readonly name: string };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** State that plugins keep per gateway, by plugin name. */
  readonly pluginState: Map<string, KeptState>;
  readonly cache: PdkCache;
  /** The DAOs of all entities there are now. */
  readonly store: () => EntityStore;
  readonly queues: Queues;
  readonly redis: RedisConnections;
  /** Resolves references to secrets. */
  readonly vaults: VaultSet;
  readonly statistics: NodeStatistics;
}

/** Numbers about a gateway as a whole, for those who watch it. Each is read when it is asked for. */
export interface NodeStatistics {
  /** Requests since the start. */
  readonly requests: number;
  /** Requests that are not over. */
  readonly requestsInHand: number;
  /** Connections of the servers that the gateway opened itself; of a host's own servers nothing is known. */
  readonly connections: { readonly accepted: number; readonly active: number };
  /** The targets of each upstream, with their health. */
  upstreams(): Iterable<readonly [upstream: string, targets: readonly TargetHealth[]]>;
  /** Whether the database answers; `true` where there is none. Never rejects. */
  isDatabaseReachable(): Promise<boolean>;
}

/** A target of an upstream, and whether it gets requests. */
export interface TargetHealth {
  /** `host:port` */
  readonly target: string;
  readonly health: "HEALTHY" | "UNHEALTHY";
}

/** What one plugin keeps. */
export interface KeptState {
  readonly value: unknown;
  readonly close: (() => MaybePromise<void>) | undefined;
}

/** What a plugin keeps for the life of the gateway, made at the first call. */
export function keptState<T>(
  { pluginState }: NodeContext,
  plugin: string,
  create: () => T,
  close: ((state: T) => MaybePromise<void>) | undefined,
): T {
  let kept = pluginState.get(plugin);
  if (kept === undefined) {
    const value = create();
    kept = { value, close: close && (() => close(value)) };
    pluginState.set(plugin, kept);
  }
  return kept.value as T;
}
