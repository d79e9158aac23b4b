import type { Logger } from "../node-context.js";
import { checkPhase, LOG, phases } from "../phase.js";
import type { RequestContext } from "../request-context.js";
import type { LogEntry } from "./log-entry.js";
import { type Measurements, measure, serialize, serializeText } from "./serialize.js";
import type { SerializeMode } from "./serialize-values.js";

const SET_VALUE = phases("rewrite", "access", "header_filter", "response", "body_filter", "log");
const modes: readonly string[] = ["set", "add", "replace"];

/** Where and since when something is deprecated. */
export interface Deprecation {
  /** The version in which it became so. */
  readonly after?: string;
  /** The version that will not have it any more. */
  readonly removal?: string;
}

/** Writes to the gateway's log, and makes the entries of request logs. */
export class PdkLog implements Logger {
  readonly #context: RequestContext;
  readonly #prefix: string;

  constructor(context: RequestContext, namespace?: string) {
    this.#context = context;
    this.#prefix = namespace === undefined ? "" : `[${namespace}] `;
  }

  #details(details: object | undefined): object {
    return { plugin: this.#context.plugin?.name, request_id: this.#context.requestId, ...details };
  }

  /**
   * @param message - for a person to read
   * @param details - handed to the logger as an object, beside the plugin's name and the request id
   */
  debug(message: string, details?: object): void {
    this.#context.node.logger.debug(this.#prefix + message, this.#details(details));
  }

  info(message: string, details?: object): void {
    this.#context.node.logger.info(this.#prefix + message, this.#details(details));
  }

  /** As {@link info}: loggers of Node have no such level. */
  notice(message: string, details?: object): void {
    this.info(message, details);
  }

  warn(message: string, details?: object): void {
    this.#context.node.logger.warn(this.#prefix + message, this.#details(details));
  }

  error(message: string, details?: object): void {
    this.#context.node.logger.error(this.#prefix + message, this.#details(details));
  }

  /** As {@link error}, under Kong's name. */
  err(message: string, details?: object): void {
    this.error(message, details);
  }

  /** As {@link error}: loggers of Node have no higher level. */
  crit(message: string, details?: object): void {
    this.error(message, details);
  }

  /** As {@link crit}. */
  alert(message: string, details?: object): void {
    this.error(message, details);
  }

  /** As {@link crit}. */
  emerg(message: string, details?: object): void {
    this.error(message, details);
  }

  /** Warns of something that will be gone. */
  deprecation(message: string, { after, removal }: Deprecation = {}): void {
    const notes = [
      ...(after === undefined ? [] : [`deprecated after ${after}`]),
      ...(removal === undefined ? [] : [`scheduled for removal in ${removal}`]),
    ];
    this.warn(notes.length === 0 ? message : `${message} (${notes.join(", ")})`);
  }

  /**
   * A log whose lines begin with a name in brackets.
   *
   * @example
   * ```ts
   * pdk.log.new("cache").debug("miss"); // [cache] miss
   * ```
   */
  new(namespace: string): PdkLog {
    return new PdkLog(this.#context, namespace);
  }

  /**
   * Puts a value into the log entry of this request.
   *
   * @param key - dots descend into objects, `\.` is a dot
   * @param value - text, number, boolean, or an object or list of such; `undefined` and `null` take away what is there
   * @param mode - `set` always (default), `add` only where nothing is, `replace` only where something is
   * @throws Error with Kong's text when key or mode cannot be
   * @example
   * ```ts
   * pdk.log.setSerializeValue("tenant.id", tenant.id);
   * ```
   */
  setSerializeValue(key: string, value: unknown, mode: SerializeMode = "set"): void {
    checkPhase(this.#context.phase, SET_VALUE);
    if (typeof key !== "string") throw new Error("key must be a string");
    if (!modes.includes(mode)) throw new Error("mode must be 'set', 'add' or 'replace'");
    this.#context.serializeValues ??= [];
    this.#context.serializeValues.push({ key, value, mode });
  }

  /**
   * Describes the request in Kong's log format, with what plugins have put there by {@link setSerializeValue}. In `log` only. A new object
   * each time.
   *
   * @throws Error with Kong's text when one of those values cannot be logged, or its key leads nowhere
   */
  serialize(): LogEntry {
    checkPhase(this.#context.phase, LOG);
    return serialize(this.#context);
  }

  /**
   * {@link serialize} as JSON, for plugins that write it down: about twice as fast. In `log` only. (Not in Kong.)
   *
   * @throws Error as {@link serialize}
   * @example
   * ```ts
   * process.stdout.write(`${pdk.log.serializeText()}\n`);
   * ```
   */
  serializeText(): string {
    checkPhase(this.#context.phase, LOG);
    return serializeText(this.#context);
  }

  /**
   * The numbers of {@link serialize} alone, for plugins that count rather than write. In `log` only. (Not in Kong.)
   *
   * @example
   * ```ts
   * total += pdk.log.measure().responseSize;
   * ```
   */
  measure(): Measurements {
    checkPhase(this.#context.phase, LOG);
    return measure(this.#context);
  }
}
