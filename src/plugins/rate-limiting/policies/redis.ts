import { RedisCounters } from "../../../pdk/counters/redis-counters.js";
import type { RedisConnection } from "../../../pdk/redis/connection.js";
import type { Limit } from "../limits.js";
import type { CounterPolicy } from "./policy.js";

/** What Kong's keys begin with. */
export const PREFIX = "ratelimit";

/** Counts in Redis, by reading: however many gateways share the counters, each request gets a number of its own. */
export class RedisPolicy implements CounterPolicy {
  readonly #counters: RedisCounters;

  constructor(connection: RedisConnection) {
    this.#counters = new RedisCounters(PREFIX, connection);
  }

  async usage(scope: string, identifier: string, limits: readonly Limit[], now: number): Promise<readonly number[]> {
    const counts = await this.#counters.increment(scope, identifier, limits, now, 1);
    return counts.map((count) => count - 1);
  }

  increment(): void {}
}
