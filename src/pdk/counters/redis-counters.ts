import type { RedisConnection } from "../redis/connection.js";
import { type Counted, type CounterStore, counterKey } from "./counted.js";
import { windowSeconds } from "./periods.js";

/** Adds and, to a counter that is new, gives a time to live: in one step, so that none can stay for ever. */
const ADD = `
local count = redis.call("INCRBY", KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then redis.call("EXPIRE", KEYS[1], ARGV[2]) end
return count`;

/** Counts in Redis, under Kong's keys. */
export class RedisCounters implements CounterStore {
  readonly #prefix: string;
  readonly #connection: RedisConnection;

  /** @param prefix - of all keys */
  constructor(prefix: string, connection: RedisConnection) {
    this.#prefix = prefix;
    this.#connection = connection;
  }

  async usage(scope: string, identifier: string, counted: readonly Counted[], now: number): Promise<readonly number[]> {
    const keys = counted.map((one) => counterKey(this.#prefix, scope, identifier, one, now));
    const counts = await this.#connection.pipeline(keys.map((key) => ["GET", key]));
    return counts.map((count) => Number(count ?? 0));
  }

  /**
   * Adds to each counter; the keys of several may be on different servers of a cluster, so each has its own call.
   *
   * @param amount - a whole number
   * @returns the counts as they are then
   */
  increment(
    scope: string,
    identifier: string,
    counted: readonly Counted[],
    now: number,
    amount: number,
  ): Promise<readonly number[]> {
    return Promise.all(
      counted.map(async (one) => {
        const key = counterKey(this.#prefix, scope, identifier, one, now);
        return Number(await this.#connection.eval(ADD, [key], [amount, windowSeconds[one.period]]));
      }),
    );
  }
}
