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
