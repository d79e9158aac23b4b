import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { ToPrimary, ToWorker } from "./messages.js";

/** What one worker tells about itself. */
export interface WorkerEvents {
  /** How often the workers have been told to read the file again. */
  generation(): number;
  /** It has loaded its configuration and waits to be told to serve. */
  loaded(slot: WorkerSlot): void;
  serving(slot: WorkerSlot, message: Extract<ToPrimary, { type: "serving" }>): void;
  ended(slot: WorkerSlot, how: string): void;
}

/** The shortest and the longest wait before a worker that has crashed is replaced, and the life after which its crash is a new one. */
const backOff = { first: 100, last: 10_000, forgottenAfter: 10_000 } as const;

type Outcome = Extract<ToPrimary, { type: "reloaded" }>["outcome"];

/** The place of one worker process, which another one takes when it crashes. */
export class WorkerSlot {
  isServing = false;
  /** {@link WorkerEvents.generation} when the worker was started. */
  generation = 0;
  readonly #events: WorkerEvents;
  readonly #env: Readonly<Record<string, string>>;
  #worker: Worker | undefined;
  #isLoaded = false;
  #startedAt = 0;
  #crashes = 0;
  #restart: NodeJS.Timeout | undefined;
  #reloaded: ((outcome: Outcome | undefined) => void) | undefined;

  /** @param env - variables for the worker, beside those of this process */
  constructor(env: Readonly<Record<string, string>>, events: WorkerEvents) {
    this.#env = env;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  get isAlive(): boolean {
    return this.#worker !== undefined;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.generation = this.#events.generation();
    const worker = cluster.fork(this.#env);
    this.#worker = worker;
    worker.on("message", (message: ToPrimary) => this.#heard(message));
    worker.on("exit", (code, signal) => this.#ended(signal ? `signal ${signal}` : `exit code ${code}`));
    // A worker that dies while it is being told something is dealt with when it has ended.
    worker.on("error", () => undefined);
  }

  /**
   * Starts another worker in the place of the one that has crashed, the later the more often that has happened.
   *
   * @returns after how many milliseconds
   */
  restart(): number {
    if (performance.now() - this.#startedAt > backOff.forgottenAfter) this.#crashes = 0;
    const delay = Math.min(backOff.last, backOff.first * 2 ** Math.min(this.#crashes, 30));
    this.#crashes++;
    this.#restart = setTimeout(() => this.start(), delay);
    return delay;
  }

  serve(): void {
    this.#tell({ type: "serve" });
  }

  /** Resolves when the worker has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#restart);
    const worker = this.#worker;
    if (!worker) return;
    const ended = once(worker, "exit");
    this.#tell({ type: "stop" });
    await ended;
  }

  kill(): void {
    this.#worker?.process.kill("SIGKILL");
  }

  /** @returns `undefined` when there is no worker that has loaded anything yet, or none any more */
  reload(): Promise<Outcome | undefined> {
    if (!this.#isLoaded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reloaded = resolve;
      this.#tell({ type: "reload" });
    });
  }

  #heard(message: ToPrimary): void {
    if (message.type === "loaded") {
      this.#isLoaded = true;
      this.#events.loaded(this);
    } else if (message.type === "reloaded") this.#settleReload(message.outcome);
    else {
      this.isServing = true;
      this.#events.serving(this, message);
    }
  }

  #ended(how: string): void {
    this.#worker = undefined;
    this.isServing = false;
    this.#isLoaded = false;
    this.#settleReload(undefined);
    this.#events.ended(this, how);
  }

  #settleReload(outcome: Outcome | undefined): void {
    this.#reloaded?.(outcome);
    this.#reloaded = undefined;
  }

  #tell(message: ToWorker): void {
    if (this.#worker?.isConnected()) this.#worker.send(message);
  }
}
