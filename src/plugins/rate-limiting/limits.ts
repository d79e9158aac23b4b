import type { Counted } from "../../pdk/counters/counted.js";
import { PERIODS, type Period, windowSeconds, windowStart } from "../../pdk/counters/periods.js";

/** One configured limit, with the names of its headers. */
export interface Limit extends Counted {
  /** Requests in one window. */
  readonly limit: number;
  readonly limitHeader: string;
  readonly remainingHeader: string;
}

/** The limits that are set, from the shortest to the longest period. */
export function configuredLimits(config: Readonly<Record<Period, number | null>>): readonly Limit[] {
  const limits: Limit[] = [];
  for (const period of PERIODS) {
    const limit = config[period];
    if (limit === null) continue;
    const suffix = period.charAt(0).toUpperCase() + period.slice(1);
    limits.push({
      name: "",
      period,
      limit,
      limitHeader: `X-RateLimit-Limit-${suffix}`,
      remainingHeader: `X-RateLimit-Remaining-${suffix}`,
    });
  }
  return limits;
}

/**
 * The limit that refuses the request: the longest one that is used up, so that `Retry-After` does not promise too much.
 *
 * @param usage - requests counted so far, in the order of `limits`
 * @returns its index, -1 when the request may pass
 */
export function blockingLimit(limits: readonly Limit[], usage: readonly number[]): number {
  for (let i = limits.length - 1; i >= 0; i -= 1) {
    if ((limits[i] as Limit).limit - (usage[i] as number) <= 0) return i;
  }
  return -1;
}

/** What takes the headers: `pdk.response`, or a test's. */
export interface HeaderSink {
  setHeader(name: string, value: number): void;
}

/**
 * Tells the client how much is left.
 *
 * @param blocking - what {@link blockingLimit} answered; the current request counts against all limits, or, refused, only against this one
 * @param now - milliseconds since the epoch
 */
export function setLimitHeaders(
  response: HeaderSink,
  limits: readonly Limit[],
  usage: readonly number[],
  blocking: number,
  now: number,
): void {
  let tightest = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < limits.length; i += 1) {
    const { limit, limitHeader, remainingHeader } = limits[i] as Limit;
    const counted = blocking === -1 || blocking === i ? 1 : 0;
    const remaining = Math.max(0, limit - (usage[i] as number) - counted);
    response.setHeader(limitHeader, limit);
    response.setHeader(remainingHeader, remaining);
    // Limits come by length, so on a tie the longer window stays.
    if (remaining <= lowest) {
      tightest = i;
      lowest = remaining;
    }
  }
  const { period, limit } = limits[tightest] as Limit;
  const reset = Math.max(1, windowSeconds[period] - Math.floor((now - windowStart(period, now)) / 1_000));
  response.setHeader("RateLimit-Limit", limit);
  response.setHeader("RateLimit-Remaining", lowest);
  response.setHeader("RateLimit-Reset", reset);
  if (blocking !== -1) response.setHeader("Retry-After", reset);
}
