import { counterKey } from "../../../pdk/counters/counted.js";
import { windowEnd, windowStart } from "../../../pdk/counters/periods.js";
import { RedisCounters } from "../../../pdk/counters/redis-counters.js";
import type { RedisConfig } from "../../../pdk/redis/config.js";
import type { RedisConnection } from "../../../pdk/redis/connection.js";
import type { PdkRedis } from "../../../pdk/redis/connections.js";
import type { Limit } from "../limits.js";
import type { CounterPolicy } from "./policy.js";
import { PREFIX } from "./redis.js";

/** Adds what was counted here. A counter whose time is over is not made anew just to take something off it. */
const PUSH = `
if redis.call("EXISTS", KEYS[1]) == 1 then
  redis.call("INCRBY", KEYS[1], ARGV[1])
elseif tonumber(ARGV[1]) > 0 then
  redis.call("SET", KEYS[1], ARGV[1])
  redis.call("EXPIREAT", KEYS[1], ARGV[2])
end`;

/** Counters read at most between two exchanges; more bring the next one forward. */
const MOST_KNOWN = 50_000;

/** What was counted here and Redis does not know yet. */
interface Delta {
  amount: number;
  /** Seconds since the epoch. */
  readonly expires: number;
}

/**
 * Counts in memory and exchanges with Redis from time to time. The first read of a counter is one of Redis, which counts the request there
 * at once; what is counted afterwards follows with the next exchange, upon which all counters are read afresh. A refused request is taken
 * off again.
 */
export class SyncedPolicy implements CounterPolicy {
  readonly #redis: PdkRedis;
  readonly #config: RedisConfig;
  readonly #interval: number;
  #known = new Map<string, number>();
  #deltas = new Map<string, Delta>();
  #timer: NodeJS.Timeout | undefined;
  #pushing: Promise<void> | undefined;
  /** Of an exchange; the next request that is counted tells of it. */
  #failure: unknown;

  /** @param syncRate - seconds between two exchanges */
  constructor(redis: PdkRedis, config: RedisConfig, syncRate: number) {
    this.#redis = redis;
    this.#config = config;
    this.#interval = syncRate * 1_000;
  }

  /** Asked for each time: one that was idle for long is closed. */
  get #connection(): RedisConnection {
    return this.#redis.connect(this.#config);
  }

  usage(scope: string, identifier: string, limits: readonly Limit[], now: number): Promise<readonly number[]> {
    this.#schedule();
    return Promise.all(
      limits.map((limit) => {
        const key = counterKey(PREFIX, scope, identifier, limit, now);
        const known = this.#known.get(key);
        if (known === undefined) return this.#read(key, scope, identifier, limit, now);
        // Counted before the decision: requests of the same turn of the event loop must not get the same number.
        return known + this.#add(key, limit, now, 1) - 1;
      }),
    );
  }

  increment(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  refused(scope: string, identifier: string, limits: readonly Limit[], now: number): void {
    for (const limit of limits) this.#add(counterKey(PREFIX, scope, identifier, limit, now), limit, now, -1);
  }

  /** Exchanges what is left, and no more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#pushing;
    await this.#push();
  }

  async #read(key: string, scope: string, identifier: string, limit: Limit, now: number): Promise<number> {
    try {
      const [count = 1] = await new RedisCounters(PREFIX, this.#connection).increment(scope, identifier, [limit], now, 1);
      this.#known.set(key, Math.max(count, this.#known.get(key) ?? 0));
      // Redis has counted the request, but not those that were counted here while its answer was on the way.
      return count - 1 + (this.#deltas.get(key)?.amount ?? 0);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** @returns what Redis does not know yet, with this */
  #add(key: string, { period }: Limit, now: number, amount: number): number {
    const delta = this.#deltas.get(key);
    if (delta !== undefined) {
      delta.amount += amount;
      return delta.amount;
    }
    this.#deltas.set(key, { amount, expires: windowEnd(period, windowStart(period, now)) / 1_000 });
    return amount;
  }

  #schedule(): void {
    if (this.#known.size > MOST_KNOWN) this.#exchange();
    this.#timer ??= setTimeout(() => this.#exchange(), this.#interval).unref();
  }

  #exchange(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pushing !== undefined) return;
    this.#pushing = this.#push().finally(() => {
      this.#pushing = undefined;
    });
  }

  async #push(): Promise<void> {
    const deltas = this.#deltas;
    this.#deltas = new Map();
    for (const [key, { amount }] of deltas) {
      const known = this.#known.get(key);
      if (known !== undefined) this.#known.set(key, known + amount);
    }
    try {
      const changed = [...deltas].filter(([, { amount }]) => amount !== 0);
      const connection = this.#connection;
      await Promise.all(changed.map(([key, { amount, expires }]) => connection.eval(PUSH, [key], [amount, expires])));
      this.#known = new Map();
    } catch (error) {
      this.#forget();
      this.#failure = error;
    }
  }

  /** What Redis did not get is not known to others either: counting begins anew from what it has. */
  #forget(): void {
    this.#known = new Map();
    this.#deltas = new Map();
  }
}
