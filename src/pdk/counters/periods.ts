/** The periods over which requests are counted, from the shortest to the longest. */
export const PERIODS = ["second", "minute", "hour", "day", "month", "year"] as const;

export type Period = (typeof PERIODS)[number];

/** Lengths for headers and expiry, in seconds. A month counts as 30 days, a year as 365, as in Kong. */
export const windowSeconds: Readonly<Record<Period, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  month: 2_592_000,
  year: 31_536_000,
};

/**
 * When the calendar window (UTC) began that `now` falls into.
 *
 * @param now - milliseconds since the epoch; so is the answer
 */
export function windowStart(period: Period, now: number): number {
  if (period === "month") {
    const date = new Date(now);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  }
  if (period === "year") return Date.UTC(new Date(now).getUTCFullYear(), 0);
  // Epoch time has no leap seconds, so the shorter windows are even divisions of it.
  const length = windowSeconds[period] * 1_000;
  return now - (now % length);
}

/**
 * When a window is over. Months and years end with the calendar, whatever their nominal length.
 *
 * @param start - milliseconds since the epoch; so is the answer
 */
export function windowEnd(period: Period, start: number): number {
  const date = new Date(start);
  if (period === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  if (period === "year") return Date.UTC(date.getUTCFullYear() + 1, 0);
  return start + windowSeconds[period] * 1_000;
}

/** A longer window that allows less than a shorter one makes the shorter one meaningless: Kong's text for it, without its article. */
export function limitOrderFault(limits: Readonly<Record<string, unknown>>): string | undefined {
  for (let i = 0; i < PERIODS.length; i++) {
    const shorter = PERIODS[i] as Period;
    const low = limits[shorter];
    if (typeof low !== "number") continue;
    for (let j = i + 1; j < PERIODS.length; j++) {
      const longer = PERIODS[j] as Period;
      const high = limits[longer];
      if (typeof high !== "number" || high >= low) continue;
      return `limit for ${longer}(${high.toFixed(1)}) cannot be lower than the limit for ${shorter}(${low.toFixed(1)})`;
    }
  }
  return undefined;
}
