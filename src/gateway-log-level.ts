import type { AdminLogLevel } from "./admin/context.js";
import type { Logger } from "./pdk/node-context.js";
import { type LogLevel, logLevels } from "./util/log-levels.js";

/** A logger that passes on what is important enough. The level can be changed for a time, while the gateway runs. */
export class LevelLogger implements Logger, AdminLogLevel {
  readonly #logger: Logger;
  readonly #usual: LogLevel;
  #level: LogLevel;
  #timer: NodeJS.Timeout | undefined;

  /** @param level - the usual one */
  constructor(logger: Logger, level: LogLevel) {
    this.#logger = logger;
    this.#usual = level;
    this.#level = level;
  }

  get level(): LogLevel {
    return this.#level;
  }

  change(level: LogLevel, seconds: number): void {
    clearTimeout(this.#timer);
    this.#level = level;
    this.#timer = setTimeout(() => {
      this.#level = this.#usual;
    }, seconds * 1000).unref();
  }

  debug(...said: Parameters<Logger["debug"]>): void {
    if (this.#passes("debug")) this.#logger.debug(...said);
  }

  /** Our loggers have no `notice`, Kong's usual level; this is as near as it gets. */
  info(...said: Parameters<Logger["info"]>): void {
    if (this.#passes("notice")) this.#logger.info(...said);
  }

  warn(...said: Parameters<Logger["warn"]>): void {
    if (this.#passes("warn")) this.#logger.warn(...said);
  }

  error(...said: Parameters<Logger["error"]>): void {
    if (this.#passes("error")) this.#logger.error(...said);
  }

  #passes(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.#level);
  }
}
