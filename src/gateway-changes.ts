import type { Runtime } from "./runtime/runtime.js";
import type { Snapshot } from "./runtime/snapshot.js";

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
const REST = 9;

/** Milliseconds that are not worth a timer. */
const SHORTEST_REST = 1;

/** Milliseconds that a write waits for its snapshot, at most. */
const LONGEST_REST = 1000;

/** What {@link SnapshotUpdates} takes. */
export interface SnapshotUpdatesOptions {
  readonly runtime: Runtime;
  /** @param changed - the entities that differ; `undefined`: all may */
  compile(changed: ReadonlySet<string> | undefined): Snapshot;
  /** Told of every snapshot that has been made. */
  updated(before: Snapshot): void;
  /** Told when none could be made; the one before goes on. */
  failed(error: unknown): void;
}

/**
 * Keeps the snapshot in step with the store. The next request after a change gets a new one, so a burst of changes costs one rebuild;
 * without requests, it is made when the burst is over. Where writes go on while requests do, those that come soon after a rebuild share
 * the next one, and their promises wait until requests get it.
 */
export class SnapshotUpdates {
  readonly #options: SnapshotUpdatesOptions;
  #changed: Set<string> | undefined = new Set();
  #timer: NodeJS.Timeout | undefined;
  /** When the next snapshot may be made, by `performance.now()`. */
  #notBefore = 0;
  #rest: { readonly over: Promise<void>; readonly end: () => void } | null = null;

  constructor(options: SnapshotUpdatesOptions) {
    this.#options = options;
  }

  /** What a change waits for until requests see it; `undefined`: nothing. */
  caughtUp(): Promise<void> | undefined {
    return this.#rest?.over;
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
    if (this.#rest) return;
    const wait = Math.min(LONGEST_REST, this.#notBefore - performance.now());
    if (wait < SHORTEST_REST) this.#renew();
    else this.#startRest(wait);
  }

  /** The next request gets a new snapshot. */
  #renew(): void {
    const { runtime } = this.#options;
    runtime.outdated(() => this.#update());
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => runtime.snapshot, QUIET).unref();
  }

  #startRest(ms: number): void {
    let resolve: () => void;
    const over = new Promise<void>((done) => {
      resolve = done;
    });
    const timer = setTimeout(() => end(), ms);
    const end = (): void => {
      clearTimeout(timer);
      this.#rest = null;
      this.#renew();
      resolve();
    };
    this.#rest = { over, end };
  }

  #update(): void {
    const { runtime, compile, updated, failed } = this.#options;
    const changed = this.#changed;
    const before = runtime.snapshot;
    const started = performance.now();
    this.#changed = new Set();
    try {
      runtime.swap(compile(changed));
      updated(before);
    } catch (error) {
      // What has not been compiled now is tried again with the next change.
      this.#changed = undefined;
      failed(error);
    }
    const ended = performance.now();
    this.#notBefore = ended + (ended - started) * REST;
  }
}
