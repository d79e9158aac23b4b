/** The middle of the values; the mean of the two in the middle when their number is even. `NaN` for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that a quarter of the values do not exceed. `NaN` for none. */
export function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}

const BUCKET_MICROSECONDS = 10;
const BUCKETS = 200_000;

/** Latencies in buckets of 10 µs up to 2 s; what is slower counts as 2 s. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  record(microseconds: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor(microseconds / BUCKET_MICROSECONDS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
  }

  /** @returns the upper edge, in milliseconds, of the bucket in which the share `quantile` (0…1) is reached */
  quantile(quantile: number): number {
    const wanted = quantile * this.#total;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted && seen > 0) return ((bucket + 1) * BUCKET_MICROSECONDS) / 1000;
    }
    return 0;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
