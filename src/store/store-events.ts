import type { RowChange } from "./strategy.js";

/**
 * A change that has been stored. Its rows are the store's own: they must not be changed. `ttl` in them is the moment of expiry in
 * seconds since the epoch.
 */
export type StoreChange = RowChange;

type Listener<T> = (event: T) => void;

/** What holds up writes, for those who follow them. */
export interface WritePace {
  /** Asked before each write. */
  mayWrite(): Promise<void> | undefined;
  /** Asked after each write, whose promise waits for it. */
  caughtUp(): Promise<void> | undefined;
}

const atOnce: WritePace = { mayWrite: () => undefined, caughtUp: () => undefined };

/**
 * Tells what has changed in a store, before the promise of the write resolves: whoever has waited for a write may count on its
 * listeners having run.
 */
export class StoreEvents {
  readonly #changed = new Set<Listener<StoreChange>>();
  readonly #reset = new Set<Listener<void>>();
  readonly #failed: (error: unknown) => void;
  readonly #pace: WritePace;

  /**
   * @param failed - told of listeners that throw; the write is stored and does not fail for it
   * @param pace - for listeners that need time
   */
  constructor(failed: (error: unknown) => void = () => undefined, pace: WritePace = atOnce) {
    this.#failed = failed;
    this.#pace = pace;
  }

  /**
   * Listens to each change. A deletion comes first, then what it caused elsewhere.
   *
   * @returns stops listening
   */
  onChange(listener: Listener<StoreChange>): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /**
   * Listens to changes that nobody lists one by one: a bulk load, a truncation. Anything may be different.
   *
   * @returns stops listening
   */
  onReset(listener: Listener<void>): () => void {
    this.#reset.add(listener);
    return () => this.#reset.delete(listener);
  }

  /** What a write that has been told of waits for; `undefined`: nothing. Never rejects. */
  caughtUp(): Promise<void> | undefined {
    return this.#pace.caughtUp();
  }

  /** What a write waits for before it touches the store; `undefined`: nothing. Never rejects. */
  mayWrite(): Promise<void> | undefined {
    return this.#pace.mayWrite();
  }

  changed(change: StoreChange): void {
    this.#tell(this.#changed, change);
  }

  reset(): void {
    this.#tell(this.#reset, undefined);
  }

  #tell<T>(listeners: ReadonlySet<Listener<T>>, event: T): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
