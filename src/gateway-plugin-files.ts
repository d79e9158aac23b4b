import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { types } from "node:util";
import { isPluginFile, pluginsOf } from "./gateway-plugins.js";
import { type WatchOptions, watchTimes } from "./gateway-watch.js";
import type { GatewayOptions } from "./options.js";
import type { Logger } from "./pdk/node-context.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { md5 } from "./util/md5.js";
import { FileWatch } from "./util/watch-file.js";

/** What {@link watchPluginFiles} works with. */
export interface PluginWatchContext {
  readonly logger: Logger;
  /** Puts the plugins in place of those of the same names, or rejects and changes nothing. */
  replace(plugins: readonly AnyPlugin[]): Promise<void>;
}

/**
 * Loads the files among the `plugins` again whenever their content is another one, as the option `watch` asks for. What cannot be loaded,
 * or does not fit the configuration, is written to the log, and the plugin before goes on.
 *
 * @returns ends it
 */
export function watchPluginFiles(
  { plugins = [], watch = false }: GatewayOptions,
  { logger, replace }: PluginWatchContext,
): () => void {
  const names = watch === false ? [] : plugins.filter((entry) => typeof entry === "string" && isPluginFile(entry));
  const watches = (names as readonly string[]).map((name) => watchFile(name, watch as true | WatchOptions, { logger, replace }));
  return () => {
    for (const one of watches) one.close();
  };
}

function watchFile(name: string, watch: true | WatchOptions, { logger, replace }: PluginWatchContext): FileWatch {
  const load = createRequire(pathToFileURL(join(process.cwd(), "package.json")));
  const path = load.resolve(name);
  const isModule = types.isModuleNamespaceObject(load.cache[path]?.exports);
  let version = 0;
  const failed = (error: Error): void => {
    logger.error(`the plugin file '${name}' is not loaded again, what was loaded before goes on: ${error.message}`);
  };
  /** A new instance of the module. Node keeps ES modules for ever, by their URL; what a module itself imports stays as it is. */
  const fresh = async (): Promise<unknown> => {
    version += 1;
    if (isModule) return import(`${pathToFileURL(path).href}?version=${version}`);
    delete load.cache[path];
    return load(path);
  };
  const changed = async (): Promise<void> => {
    try {
      await replace(pluginsOf(name, await fresh()));
      logger.info(`the plugin file '${name}' is loaded again`);
    } catch (error) {
      failed(error as Error);
    }
  };
  return new FileWatch(path, { ...watchTimes(watch), changed, unreadable: failed }, md5(readFileSync(path, "utf8")));
}
