import type { MaybePromise } from "../../../util/maybe-promise.js";
import type { Limit } from "../limits.js";

/**
 * Where requests are counted. A store that cannot be reached throws or rejects; `fault_tolerant` decides what becomes of the
 * request.
 */
export interface CounterPolicy {
  /**
   * Requests counted so far in the current window of each limit, without the current one, in the order of `limits`.
   *
   * @param scope - what the plugin instance is attached to; instances of the same scope count together
   * @param identifier - who is counted
   * @param now - milliseconds since the epoch
   */
  usage(scope: string, identifier: string, limits: readonly Limit[], now: number): MaybePromise<readonly number[]>;
  /** Counts a request that was let through. For stores whose reading counts already, this does nothing. */
  increment(scope: string, identifier: string, limits: readonly Limit[], now: number): MaybePromise<void>;
}
