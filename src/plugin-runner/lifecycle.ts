import { keptState, type NodeContext } from "../pdk/node-context.js";
import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import type { AnyPlugin, PluginNode } from "./define-plugin.js";
import { byExecutionOrder } from "./plugin-index.js";
import { PluginError } from "./run.js";

/** Told of plugins that fail outside of a request. */
export type OnPluginError = (error: PluginError) => void;

/** Calls `initWorker` of every plugin, in execution order. A failure is reported and stops nothing. */
export function initPlugins(plugins: Iterable<AnyPlugin>, node: NodeContext, failed: OnPluginError): void {
  for (const plugin of [...plugins].sort(byExecutionOrder)) {
    guard(plugin, "init_worker", () => plugin.initWorker?.(pluginNode(plugin, node)), failed);
  }
}

/** Tells every plugin the configurations of its instances. A failure is reported and stops nothing. */
export function configurePlugins(
  plugins: Iterable<AnyPlugin>,
  configs: ReadonlyMap<string, readonly never[]>,
  node: NodeContext,
  failed: OnPluginError,
): void {
  for (const plugin of [...plugins].sort(byExecutionOrder)) {
    guard(plugin, "configure", () => plugin.configure?.(configs.get(plugin.name), pluginNode(plugin, node)), failed);
  }
}

function guard(plugin: AnyPlugin, phase: string, run: () => MaybePromise<void> | undefined, failed: OnPluginError): void {
  try {
    const running = run();
    if (isPromise(running)) {
      (running as Promise<void>).catch((error: unknown) => failed(new PluginError(plugin.name, phase, error)));
    }
  } catch (error) {
    failed(new PluginError(plugin.name, phase, error));
  }
}

function pluginNode(plugin: AnyPlugin, node: NodeContext): PluginNode {
  const details = { plugin: plugin.name };
  return {
    id: node.id,
    now: node.now,
    cache: node.cache,
    log: {
      info: (message) => node.logger.info(message, details),
      warn: (message) => node.logger.warn(message, details),
      error: (message) => node.logger.error(message, details),
    },
    state<T>(create: () => T): T {
      return keptState(node, plugin.name, create);
    },
  };
}
