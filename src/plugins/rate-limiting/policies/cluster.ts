import { counterKey } from "../../../pdk/counters/counted.js";
import { DatabaseCounters, type MetricDao } from "../../../pdk/counters/database-counters.js";
import type { Limit } from "../limits.js";
import type { CounterPolicy } from "./policy.js";

/** Windows remembered at most. */
const MOST_REMEMBERED = 50_000;

/** Windows that are used up, so that refusing does not cost the database a thing. Shared by all requests. */
export class UsedUpWindows {
  readonly #limits = new Map<string, number>();

  /** The limit that was reached; `undefined` when it is not known to be, or was a lower one. */
  find(scope: string, identifier: string, limit: Limit, now: number): number | undefined {
    if (this.#limits.size === 0) return undefined;
    const reached = this.#limits.get(counterKey("", scope, identifier, limit, now));
    return reached !== undefined && reached >= limit.limit ? reached : undefined;
  }

  remember(scope: string, identifier: string, limit: Limit, now: number): void {
    if (this.#limits.size >= MOST_REMEMBERED) this.#limits.clear();
    this.#limits.set(counterKey("", scope, identifier, limit, now), limit.limit);
  }
}

/**
 * Counts one request in the gateway's database. It is counted before the decision, so that each request gets a number of its own however
 * many gateways share the counters; a refused one is taken off again.
 */
export class ClusterPolicy implements CounterPolicy {
  readonly #counters: DatabaseCounters;
  readonly #usedUp: UsedUpWindows;
  #isCounted = false;

  constructor(dao: MetricDao, usedUp: UsedUpWindows) {
    this.#counters = new DatabaseCounters(dao);
    this.#usedUp = usedUp;
  }

  async usage(scope: string, identifier: string, limits: readonly Limit[], now: number): Promise<readonly number[]> {
    const known = limits.map((limit) => this.#usedUp.find(scope, identifier, limit, now));
    if (known.every((reached) => reached === undefined)) {
      const counts = await this.#counters.increment(scope, identifier, limits, now, 1);
      this.#isCounted = true;
      return counts.map((count) => count - 1);
    }
    const open = limits.filter((_, i) => known[i] === undefined);
    const read = [...(await this.#counters.usage(scope, identifier, open, now))];
    return known.map((reached) => reached ?? read.shift() ?? 0);
  }

  increment(): void {}

  async refused(
    scope: string,
    identifier: string,
    limits: readonly Limit[],
    now: number,
    usage: readonly number[],
  ): Promise<void> {
    for (const [i, limit] of limits.entries()) {
      if ((usage[i] ?? 0) >= limit.limit) this.#usedUp.remember(scope, identifier, limit, now);
    }
    if (this.#isCounted) await this.#counters.increment(scope, identifier, limits, now, -1);
  }
}
