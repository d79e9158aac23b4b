import type { PdkCache } from "../pdk/cache.js";
import { keptState, type NodeContext, type NodeStatistics } from "../pdk/node-context.js";
import type { PdkRedis } from "../pdk/redis/connections.js";
import type { MaybePromise } from "../util/maybe-promise.js";

/** What a plugin sees outside of a request. */
export interface PluginNode {
  readonly id: string;
  /** The version of the library. */
  readonly version: string;
  readonly now: () => number;
  readonly log: { info(message: string): void; warn(message: string): void; error(message: string): void };
  /** As `pdk.cache`. */
  readonly cache: PdkCache;
  /** As `pdk.redis`. */
  readonly redis: PdkRedis;
  /** Numbers about the gateway as a whole. */
  readonly statistics: NodeStatistics;
  /** As `pdk.plugin.state`. */
  state<T>(create: () => T, close?: (state: T) => MaybePromise<void>): T;
}

/** The node as one plugin sees it: log lines name the plugin, and state is its own. */
export function pluginNode(plugin: { readonly name: string }, node: NodeContext): PluginNode {
  const details = { plugin: plugin.name };
  return {
    id: node.id,
    version: node.version,
    now: node.now,
    statistics: node.statistics,
    cache: node.cache,
    redis: node.redis,
    log: {
      info: (message) => node.logger.info(message, details),
      warn: (message) => node.logger.warn(message, details),
      error: (message) => node.logger.error(message, details),
    },
    state<T>(create: () => T, close?: (state: T) => MaybePromise<void>): T {
      return keptState(node, plugin.name, create, close);
    },
  };
}
