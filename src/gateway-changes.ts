import type { Runtime } from "./runtime/runtime.js";
import type { Snapshot } from "./runtime/snapshot.js";
import { nextTurn, runAtOnce, runInSlices, type Steps, timed } from "./util/steps.js";

/** The entities that snapshots are compiled from. All others are read where they are stored, request by request. */
const compiled: ReadonlySet<string> = new Set([
  "certificates",
  "plugins",
  "routes",
  "services",
  "snis",
  "targets",
  "upstreams",
  "vaults",
]);

/** How long nothing must change before a snapshot is made that no request has asked for. Milliseconds. */
const QUIET = 100;

/** Between two snapshots lie this many times what the last one took, so that many writes leave the process to the requests. */
const REST = 10;

/** Milliseconds between two snapshots, at least. A snapshot also costs the requests behind it: what they had warmed up is another's. */
const SHORTEST_INTERVAL = 20;

/** Milliseconds that are not worth a timer. */
const SHORTEST_REST = 1;

/** Milliseconds between two snapshots, at most. */
const LONGEST_REST = 1000;

/** Milliseconds of work that requests may wait for. A snapshot that takes longer is made in slices beside them. */
const LONGEST_AT_ONCE = 2;

/** Milliseconds of such a slice. */
const SLICE = 1;

/** What {@link SnapshotUpdates} takes. */
export interface SnapshotUpdatesOptions {
  readonly runtime: Runtime;
  /** @param changed - the entities that differ; `undefined`: all may */
  compile(changed: ReadonlySet<string> | undefined): Steps<Snapshot>;
  /** Told of every snapshot that has been made. */
  updated(before: Snapshot): void;
  /** Told when none could be made; the one before goes on. */
  failed(error: unknown): void;
}

/**
 * Keeps the snapshot in step with the store. The next request after a change gets a new one, so a burst of changes costs one rebuild;
 * without requests, it is made when the burst is over.
 *
 * Where writes go on while requests do, those that come soon after a rebuild share the next one. If that takes long, it is made in slices,
 * between which requests are served from the one before and no record is written. The promises of the writes wait for it.
 */
export class SnapshotUpdates {
  readonly #options: SnapshotUpdatesOptions;
  #changed: Set<string> | undefined = new Set();
  #timer: NodeJS.Timeout | undefined;
  /** The next request makes the snapshot. */
  #isPending = false;
  /** When the next snapshot may be made, by `performance.now()`. */
  #notBefore = 0;
  /** Milliseconds of work that the last one took. */
  #cost = 0;
  /** Requests that had begun when it was made. */
  #requests = 0;
  #rest: { readonly waiting: (() => void)[]; readonly end: () => void } | null = null;
  #compiling: Promise<void> | undefined;

  constructor(options: SnapshotUpdatesOptions) {
    this.#options = options;
  }

  /** What a change waits for until requests see it; `undefined`: nothing. */
  caughtUp(): Promise<void> | undefined {
    const rest = this.#rest;
    return rest === null ? undefined : new Promise((resolve) => rest.waiting.push(resolve));
  }

  /** What a write waits for before it touches the store; `undefined`: nothing. */
  mayWrite(): Promise<void> | undefined {
    return this.#compiling;
  }

  /** Records of an entity have changed. */
  changed(entity: string): void {
    if (!compiled.has(entity)) return;
    this.#changed?.add(entity);
    this.#outdated();
  }

  /** Anything may have changed. */
  everything(): void {
    this.#changed = undefined;
    this.#outdated();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#rest?.end();
  }

  #outdated(): void {
    // Whoever ends the rest looks at what has changed until then.
    if (this.#rest) return;
    const wait = Math.min(LONGEST_REST, this.#notBefore - performance.now());
    if (wait >= SHORTEST_REST) this.#startRest(wait);
    else if (this.#takesLong && !this.#isPending) this.#startRest(0);
    else this.#renew();
  }

  /** Making a snapshot would hold up requests, and there are some. */
  get #takesLong(): boolean {
    return this.#cost > LONGEST_AT_ONCE && this.#options.runtime.total > this.#requests;
  }

  /** The next request gets a new snapshot. */
  #renew(): void {
    const { runtime } = this.#options;
    this.#isPending = true;
    runtime.outdated(() => this.#update());
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => runtime.snapshot, QUIET).unref();
  }

  #startRest(ms: number): void {
    const waiting: (() => void)[] = [];
    const end = (isDone = false): void => {
      clearTimeout(timer);
      this.#compiling = undefined;
      this.#rest = null;
      if (!isDone) this.#renew();
      void resume(waiting);
    };
    const timer = setTimeout(() => {
      if (this.#takesLong) this.#compiling = this.#updateInSlices().then(end);
      else end();
    }, ms);
    this.#rest = { waiting, end };
  }

  #update(): void {
    const started = performance.now();
    const changed = this.#begin();
    this.#isPending = false;
    try {
      this.#use(runAtOnce(this.#options.compile(changed)));
    } catch (error) {
      this.#fail(error);
    }
    this.#finished(performance.now() - started);
  }

  /** @returns `false` when the snapshot is out of date already: others than the writers of this process may change the store meanwhile */
  async #updateInSlices(): Promise<boolean> {
    const { runtime, compile } = this.#options;
    const before = runtime.snapshot;
    let cost = 0;
    const worked = (ms: number): void => {
      cost += ms;
    };
    try {
      const steps = timed(compile(this.#begin()), worked);
      const snapshot = await runInSlices(steps, { budgetMs: SLICE });
      if (runtime.snapshot !== before || this.#changed === undefined || this.#changed.size > 0) {
        this.#changed = undefined;
        return false;
      }
      this.#use(snapshot);
    } catch (error) {
      this.#fail(error);
    }
    this.#finished(cost);
    return true;
  }

  #begin(): ReadonlySet<string> | undefined {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  #use(snapshot: Snapshot): void {
    const { runtime, updated } = this.#options;
    const before = runtime.snapshot;
    runtime.swap(snapshot);
    updated(before);
  }

  #fail(error: unknown): void {
    // What has not been compiled now is tried again with the next change.
    this.#changed = undefined;
    this.#options.failed(error);
  }

  #finished(cost: number): void {
    this.#cost = cost;
    this.#requests = this.#options.runtime.total;
    this.#notBefore = performance.now() + Math.max(SHORTEST_INTERVAL, cost * REST);
  }
}

/** Lets those who have waited go on one by one: each has an answer to write, and no request must wait for all of them. */
async function resume(waiting: readonly (() => void)[]): Promise<void> {
  for (const goOn of waiting) {
    goOn();
    await nextTurn();
  }
}
