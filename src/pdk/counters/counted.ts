import type { MaybePromise } from "../../util/maybe-promise.js";
import { type Period, windowStart } from "./periods.js";

/** One thing that is counted for each client, in the calendar windows of a period. */
export interface Counted {
  /** Distinguishes things that one plugin counts side by side; empty where there is only one. */
  readonly name: string;
  readonly period: Period;
}

/**
 * Where plugins count what clients do. A store that cannot be reached throws or rejects.
 *
 * @param scope - `<route id>:<service id>` of what the plugin instance is attached to; instances of the same scope count together
 * @param identifier - who is counted
 * @param now - milliseconds since the epoch
 */
export interface CounterStore {
  /** The counts of the current windows, in the order of `counted`. */
  usage(scope: string, identifier: string, counted: readonly Counted[], now: number): MaybePromise<readonly number[]>;
  /** Adds the same amount to each. */
  increment(scope: string, identifier: string, counted: readonly Counted[], now: number, amount: number): MaybePromise<unknown>;
}

/** The id of a route or service in a scope, where there is none. */
export const NO_ID = "00000000-0000-0000-0000-000000000000";

/** The scope of an instance, from the ids that the gateway puts into its configuration. A consumer does not count, as in Kong. */
export function scopeOf({ route_id, service_id }: { readonly route_id?: string; readonly service_id?: string }): string {
  return `${route_id ?? NO_ID}:${service_id ?? NO_ID}`;
}

/**
 * Kong's key of a counter in Redis. A limit's name stands before its period.
 *
 * @param prefix - of the plugin
 */
export function counterKey(prefix: string, scope: string, identifier: string, { name, period }: Counted, now: number): string {
  return `${prefix}:${scope}:${identifier}:${windowStart(period, now)}:${name === "" ? period : `${name}:${period}`}`;
}
