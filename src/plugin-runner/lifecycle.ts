import type { NodeContext } from "../pdk/node-context.js";
import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import type { AnyPlugin } from "./define-plugin.js";
import { PluginError } from "./plugin-error.js";
import { byExecutionOrder } from "./plugin-index.js";
import { pluginNode } from "./plugin-node.js";

/** The longest that a timer of Node can wait: 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Milliseconds that `configure` may take before it is worth a line in the log: the process serves nobody meanwhile. */
const LONG_CONFIGURE = 50;

/** Told of plugins that fail outside of a request. */
export type OnPluginError = (error: PluginError) => void;

/** Calls `initWorker` of every plugin, in execution order. A failure is reported and stops nothing. */
export function initPlugins(plugins: Iterable<AnyPlugin>, node: NodeContext, failed: OnPluginError): void {
  for (const plugin of [...plugins].sort(byExecutionOrder)) {
    if (plugin.initWorker !== undefined)
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
    if (plugin.configure === undefined) continue;
    const started = performance.now();
    guard(plugin, "configure", () => plugin.configure?.(configs.get(plugin.name), pluginNode(plugin, node)), failed);
    const took = Math.round(performance.now() - started);
    if (took <= LONG_CONFIGURE) continue;
    node.logger.info(`executing plugin '${plugin.name}:configure took excessively long: ${took} ms`, { plugin: plugin.name });
  }
}

/**
 * Closes what plugins keep. A failure is reported and stops nothing.
 *
 * @param graceMs - milliseconds after which nothing is waited for any more
 */
export async function closePlugins(node: NodeContext, graceMs: number, failed: OnPluginError): Promise<void> {
  const closing = [...node.pluginState].map(async ([name, { close }]) => {
    try {
      await close?.();
    } catch (error) {
      failed(new PluginError(name, "close", error));
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(graceMs, LONGEST_TIMER));
  });
  await Promise.race([Promise.all(closing), over]);
  clearTimeout(timer);
}

function guard(plugin: AnyPlugin, phase: string, run: () => MaybePromise<void> | undefined, failed: OnPluginError): void {
  try {
    const running = run();
    if (isPromise(running)) {
      Promise.resolve(running).catch((error: unknown) => failed(new PluginError(plugin.name, phase, error)));
    }
  } catch (error) {
    failed(new PluginError(plugin.name, phase, error));
  }
}
