import type { CounterStore } from "../../../pdk/counters/counted.js";
import type { MaybePromise } from "../../../util/maybe-promise.js";
import type { Limit } from "../limits.js";

/**
 * Where requests are counted. A store that cannot be reached throws or rejects; `fault_tolerant` decides what becomes of the
 * request.
 *
 * `usage` answers the requests counted so far in the current window of each limit, without the current one. `increment` counts a request
 * that was let through, behind its back; for stores whose reading counts already, it does nothing.
 */
export interface CounterPolicy extends CounterStore {
  /** The request was refused. For stores that take back what reading has counted. */
  refused?(
    scope: string,
    identifier: string,
    limits: readonly Limit[],
    now: number,
    usage: readonly number[],
  ): MaybePromise<unknown>;
}
