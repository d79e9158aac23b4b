/** Upper bounds in milliseconds: of the gateway's own time, and of times in which an upstream takes part. */
export const kongBounds = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000] as const;
export const upstreamBounds = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const;

/** A histogram. */
export class Buckets {
  readonly bounds: readonly number[];
  /** By bucket, each without those below it; the last has no bound. */
  readonly #counts: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Counts a value; what is negative is none. */
  observe(value: number): void {
    if (!(value >= 0)) return;
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.sum += value;
    this.count += 1;
  }

  /** How many values lie at or below each bound. */
  *cumulated(): Iterable<readonly [bound: number | "+Inf", count: number]> {
    let total = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      total += count;
      yield [this.bounds[bucket] ?? "+Inf", total];
    }
  }
}
