import type { Logger } from "../node-context.js";
import type { RunningPlugin } from "../request-context.js";
import { deliver, type QueueEnvironment } from "./deliver.js";
import { type QueueOptions, queueLimits } from "./parameters.js";
import { Queue, type QueueSender } from "./queue.js";

/** Milliseconds between two warnings about the same old parameter. */
const warningInterval = 60_000;
/** The longest that a timer of Node can wait: 24 days. */
const longestTimer = 2 ** 31 - 1;

/** The queues of one gateway. A queue is there from its first entry until it is empty. */
export class Queues {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #queues = new Map<string, Queue<unknown, unknown>>();
  /** Entries that are sent without a queue. */
  readonly #single = new Set<Promise<void>>();
  readonly #warnings = new Map<string, number>();
  readonly #ending = new AbortController();
  #closed = false;

  /** @param now - milliseconds on a clock that never goes back */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /** Adds an entry. Never throws, never waits. */
  add<C, T>(plugin: RunningPlugin, options: QueueOptions, sender: QueueSender<C, T>, config: C, entry: T): void {
    const name = options.name ?? plugin.id;
    if (this.#closed) this.#environment(plugin, name).log.error("the gateway is closed. 1 queue entries were lost");
    else if (options.concurrency_limit === -1) this.#sendSingle(plugin, options, (signal) => sender(config, [entry], signal));
    else this.#queue(plugin, name, options, sender, config).add(sender, config, entry);
  }

  #queue<C, T>(plugin: RunningPlugin, name: string, options: QueueOptions, sender: QueueSender<C, T>, config: C): Queue<C, T> {
    const key = `${plugin.name}.${name}`;
    let queue = this.#queues.get(key) as unknown as Queue<C, T> | undefined;
    if (queue === undefined) {
      const emptied = (): void => void this.#queues.delete(key);
      queue = new Queue(queueLimits(options), this.#environment(plugin, name), emptied, sender, config);
      this.#queues.set(key, queue as unknown as Queue<unknown, unknown>);
    }
    return queue;
  }

  #sendSingle(plugin: RunningPlugin, options: QueueOptions, send: (signal: AbortSignal) => unknown): void {
    const environment = this.#environment(plugin, options.name ?? plugin.id);
    const sent = deliver(1, queueLimits(options), environment, send).then(() => void this.#single.delete(sent));
    this.#single.add(sent);
  }

  /** Warns of an old parameter, once a minute at most. */
  deprecated(plugin: RunningPlugin, parameter: string, message: string): void {
    const key = `${plugin.name}.${parameter}`;
    const before = this.#warnings.get(key);
    if (before !== undefined && this.#now() - before < warningInterval) return;
    this.#warnings.set(key, this.#now());
    this.#logger.warn(`[${label(plugin)}] ${message}`, { plugin: plugin.name });
  }

  /**
   * Sends what waits, without waiting for more.
   *
   * @param graceMs - milliseconds after which the rest is given up
   */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const rest = [...[...this.#queues.values()].map((queue) => queue.close()), ...this.#single];
    if (rest.length === 0) return;
    const timer = setTimeout(() => this.#ending.abort(), Math.min(graceMs, longestTimer));
    await Promise.all(rest);
    clearTimeout(timer);
  }

  #environment(plugin: RunningPlugin, name: string): QueueEnvironment {
    const prefix = `[${label(plugin)}] queue ${name}: `;
    const details = { plugin: plugin.name };
    return {
      now: this.#now,
      signal: this.#ending.signal,
      log: {
        info: (message) => this.#logger.info(`${prefix}${message}`, details),
        warn: (message) => this.#logger.warn(`${prefix}${message}`, details),
        error: (message) => this.#logger.error(`${prefix}${message}`, details),
      },
    };
  }
}

function label({ name, id, instanceName }: RunningPlugin): string {
  return `${name} plugin ${id}${instanceName === null ? "" : ` (${instanceName})`}`;
}
