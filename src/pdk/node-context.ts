import type { IpSet } from "../util/ip.js";
import type { VaultSet } from "../vaults/vault-set.js";
import type { PdkCache } from "./cache.js";

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
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** State that plugins keep per gateway, by plugin name. */
  readonly pluginState: Map<string, unknown>;
  readonly cache: PdkCache;
  /** Resolves references to secrets. */
  readonly vaults: VaultSet;
}

/** What a plugin keeps for the life of the gateway, made at the first call. */
export function keptState<T>({ pluginState }: NodeContext, plugin: string, create: () => T): T {
  if (!pluginState.has(plugin)) pluginState.set(plugin, create());
  return pluginState.get(plugin) as T;
}
