import { deliver, type QueueEnvironment } from "./deliver.js";
import type { QueueLimits } from "./parameters.js";
import { pause } from "./pause.js";

/**
 * Sends a batch. Throws or rejects when that failed: the batch is tried again until its time is up.
 *
 * @param config - what the latest entry came with
 * @param entries - never empty
 * @param signal - aborted when the gateway closes and its grace is over
 */
export type QueueSender<C, T> = (config: C, entries: readonly T[], signal: AbortSignal) => unknown;

/** A batch is not held back for less than this, in milliseconds. */
const shortestWait = 50;
/** Part of the entries at which a queue warns. */
const warnAt = 0.8;
/** Places at the front of the list that are worth freeing, once they are half of it. */
const freeFrom = 1024;

/**
 * Entries on their way to a slow or absent receiver. One batch is under way at a time, in order; meanwhile new entries pile up, and
 * beyond the limits the oldest go.
 */
export class Queue<C, T> {
  readonly #limits: QueueLimits;
  readonly #environment: QueueEnvironment;
  readonly #emptied: () => void;
  #sender: QueueSender<C, T>;
  #config: C;
  #entries: T[] = [];
  /** Where in the list the oldest entry is. */
  #front = 0;
  #bytes = 0;
  #running: Promise<void> | null = null;
  #closing = false;
  #firstAt = 0;
  #warned = false;
  #dropping = false;
  #wake: (() => void) | null = null;

  /** @param emptied - told when the last entry is sent or given up: whoever knows the queue may forget it */
  constructor(limits: QueueLimits, environment: QueueEnvironment, emptied: () => void, sender: QueueSender<C, T>, config: C) {
    this.#limits = limits;
    this.#environment = environment;
    this.#emptied = emptied;
    this.#sender = sender;
    this.#config = config;
  }

  /** Entries that wait. */
  get length(): number {
    return this.#entries.length - this.#front;
  }

  /** Adds an entry. Never throws, never waits. */
  add(sender: QueueSender<C, T>, config: C, entry: T): void {
    this.#sender = sender;
    this.#config = config;
    if (!this.#makeRoom(entry)) return;
    this.#entries.push(entry);
    this.#bytes += this.#bytesOf(entry);
    if (this.#running === null) {
      this.#firstAt = this.#environment.now();
      this.#running = this.#run();
    } else if (this.#mayGo()) this.#wake?.();
  }

  /** What is here is sent without waiting for more. Resolves when all of it is sent or given up. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.length > 0) this.#wake?.();
    await this.#running;
  }

  #bytesOf(entry: T): number {
    if (this.#limits.maxBytes === Number.POSITIVE_INFINITY) return 0;
    if (typeof entry === "string") return Buffer.byteLength(entry);
    return Buffer.isBuffer(entry) ? entry.length : 0;
  }

  /** @returns `false` when there can be no room for it */
  #makeRoom(entry: T): boolean {
    const { log } = this.#environment;
    const { maxEntries, maxBytes } = this.#limits;
    const size = this.#bytesOf(entry);
    if (size > maxBytes) {
      log.error(`string to be queued is longer (${size} bytes) than the queue's max_bytes (${maxBytes} bytes)`);
      return false;
    }
    if (this.length >= maxEntries) {
      if (!this.#dropping) log.error("queue full, dropping old entries until processing is successful again");
      this.#drop();
    } else if (this.length >= maxEntries * warnAt) {
      if (!this.#warned) log.warn("queue at 80% capacity");
      this.#warned = true;
    } else this.#warned = false;
    let dropped = 0;
    while (this.#bytes + size > maxBytes) {
      this.#drop();
      dropped += 1;
    }
    if (dropped > 0) log.error(`byte capacity exceeded, ${dropped} queue entries were dropped`);
    return true;
  }

  #drop(): void {
    this.#dropping = true;
    this.#take(1);
  }

  #take(count: number): T[] {
    const taken = this.#entries.slice(this.#front, this.#front + count);
    if (this.#limits.maxBytes !== Number.POSITIVE_INFINITY) for (const entry of taken) this.#bytes -= this.#bytesOf(entry);
    this.#front += taken.length;
    if (this.#front === this.#entries.length || (this.#front >= freeFrom && this.#front * 2 >= this.#entries.length)) {
      this.#entries = this.#entries.slice(this.#front);
      this.#front = 0;
    }
    return taken;
  }

  async #run(): Promise<void> {
    // The caller, a log phase, goes on first.
    await undefined;
    while (this.length > 0) {
      await this.#coalesce();
      await this.#deliver(this.#take(this.#limits.batchSize));
      this.#firstAt = this.#environment.now();
    }
    this.#running = null;
    this.#emptied();
  }

  /** A batch is full, or it is not worth waiting for more. */
  #mayGo(): boolean {
    const left = this.#limits.coalescingDelay - (this.#environment.now() - this.#firstAt);
    return this.#closing || this.length >= this.#limits.batchSize || left < shortestWait;
  }

  async #coalesce(): Promise<void> {
    if (this.#mayGo()) return;
    const left = this.#limits.coalescingDelay - (this.#environment.now() - this.#firstAt);
    await pause(left, this.#environment.signal, (wake) => {
      this.#wake = wake;
    });
    this.#wake = null;
  }

  async #deliver(batch: readonly T[]): Promise<void> {
    const sent = await deliver(batch.length, this.#limits, this.#environment, (signal) =>
      this.#sender(this.#config, batch, signal),
    );
    if (!sent || !this.#dropping) return;
    this.#dropping = false;
    this.#environment.log.info("queue resumed processing");
  }
}
