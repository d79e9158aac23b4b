import { OptionsError } from "./errors/gateway-error.js";
import { isPluginFile } from "./gateway-plugins.js";
import type { GatewayOptions } from "./options.js";
import type { Logger } from "./pdk/node-context.js";
import { FileWatch } from "./util/watch-file.js";

/** How the file of a configuration is watched. */
export interface WatchOptions {
  /** Milliseconds for which the file must have stood still before it is read. Default 100. */
  readonly settleMs?: number;
  /** Milliseconds between two looks at the file that no notice of the system has asked for. Default 2,000. */
  readonly pollMs?: number;
}

/** What {@link watchConfig} works with. */
export interface ConfigWatchContext {
  /** The MD5 of the text in force. */
  readonly hash: string;
  readonly logger: Logger;
  /** Puts the content of the file in force, or rejects. */
  load(input: { readonly path: string }): Promise<unknown>;
  /** Told when the file cannot be read. */
  rejected(error: Error): void;
  /** Whether anybody listens to what is rejected; otherwise it is written to the log. */
  isHeard(): boolean;
}

/**
 * Loads the file of the option `declarativeConfig` whenever its content is another one, as the option `watch` asks for.
 *
 * @returns ends it; `undefined` when there is nothing to watch
 * @throws OptionsError when there is no file, or for a time that cannot be
 */
export function watchConfig(
  { watch = false, declarativeConfig, plugins = [] }: GatewayOptions,
  { hash, logger, load, rejected, isHeard }: ConfigWatchContext,
): (() => void) | undefined {
  if (watch === false) return undefined;
  const times = watchTimes(watch);
  if (typeof declarativeConfig !== "string") {
    // There may be plugins to watch.
    if (plugins.some((entry) => typeof entry === "string" && isPluginFile(entry))) return undefined;
    throw new OptionsError("watch", "there is no file to watch: 'declarativeConfig' is not the path of one");
  }
  const failed = (error: Error): void => {
    if (!isHeard()) logger.error(`${declarativeConfig} is not loaded, the configuration before stays in force: ${error.message}`);
  };
  const changed = async (): Promise<void> => {
    try {
      await load({ path: declarativeConfig });
    } catch (error) {
      failed(error as Error);
    }
  };
  const unreadable = (error: Error): void => {
    failed(error);
    rejected(error);
  };
  const files = new FileWatch(declarativeConfig, { ...times, changed, unreadable }, hash);
  return () => files.close();
}

/**
 * How a file is watched.
 *
 * @throws OptionsError for what is no option, or a time that cannot be
 */
export function watchTimes(watch: true | WatchOptions): Required<WatchOptions> {
  if (watch !== true && (typeof watch !== "object" || watch === null || Array.isArray(watch))) {
    throw new OptionsError("watch", "must be true, false or an object");
  }
  const { settleMs = 100, pollMs = 2000, ...others } = watch === true ? {} : watch;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new OptionsError("watch", `'${unknown}' is no part of it: settleMs, pollMs are`);
  for (const [name, value] of Object.entries({ settleMs, pollMs })) {
    if (!(Number.isFinite(value) && value > 0))
      throw new OptionsError("watch", `${name} must be a number of milliseconds above 0`);
  }
  return { settleMs, pollMs };
}
