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
 * without requests, it is made when the burst is over.
 */
export class SnapshotUpdates {
  readonly #options: SnapshotUpdatesOptions;
  #changed: Set<string> | undefined = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SnapshotUpdatesOptions) {
    this.#options = options;
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
  }

  #outdated(): void {
    const { runtime } = this.#options;
    runtime.outdated(() => this.#update());
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => runtime.snapshot, QUIET).unref();
  }

  #update(): void {
    const { runtime, compile, updated, failed } = this.#options;
    const changed = this.#changed;
    const before = runtime.snapshot;
    this.#changed = new Set();
    try {
      runtime.swap(compile(changed));
      updated(before);
    } catch (error) {
      // What has not been compiled now is tried again with the next change.
      this.#changed = undefined;
      failed(error);
    }
  }
}
