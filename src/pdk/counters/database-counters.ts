import { type Counted, type CounterStore, NO_ID } from "./counted.js";
import { windowSeconds, windowStart } from "./periods.js";

/** The key of a counter's record. */
interface MetricKey {
  readonly identifier: string;
  /** For a limit with a name: `<name>_<period>`. */
  readonly period: string;
  /** Seconds since the epoch. */
  readonly period_date: number;
  readonly service_id: string;
  readonly route_id: string;
}

/** The DAO of an entity whose records are counters. */
export interface MetricDao {
  select(key: MetricKey): Promise<{ readonly value: number } | undefined>;
  increment(key: MetricKey, field: "value", delta: number, options: { readonly ttl: number }): Promise<number>;
}

/** Counts in the gateway's database. */
export class DatabaseCounters implements CounterStore {
  readonly #dao: MetricDao;

  constructor(dao: MetricDao) {
    this.#dao = dao;
  }

  usage(scope: string, identifier: string, counted: readonly Counted[], now: number): Promise<readonly number[]> {
    return Promise.all(counted.map(async (one) => (await this.#dao.select(keyOf(scope, identifier, one, now)))?.value ?? 0));
  }

  /**
   * Adds to each counter, each in one step of the database.
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
      counted.map((one) =>
        this.#dao.increment(keyOf(scope, identifier, one, now), "value", amount, { ttl: windowSeconds[one.period] }),
      ),
    );
  }
}

function keyOf(scope: string, identifier: string, { name, period }: Counted, now: number): MetricKey {
  const [route_id = NO_ID, service_id = NO_ID] = scope.split(":");
  return {
    identifier,
    period: name === "" ? period : `${name}_${period}`,
    period_date: windowStart(period, now) / 1000,
    service_id,
    route_id,
  };
}
