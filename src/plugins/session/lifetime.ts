/** When a session began, was renewed and was used, in seconds since the epoch. */
export interface Times {
  readonly created: number;
  readonly renewed: number;
  readonly seen: number;
}

/** After how many seconds a session ends; 0: no limit. */
export interface Limits {
  readonly idling: number;
  readonly rolling: number;
  readonly absolute: number;
}

/** Seconds that are left by each of the limits, and by the first of them; `Infinity` where there is none. */
export interface TimeLeft extends Limits {
  readonly first: number;
}

export function timeLeft(times: Times, limits: Limits, now: number): TimeLeft {
  const left = (limit: number, since: number): number => (limit > 0 ? since + limit - now : Number.POSITIVE_INFINITY);
  const idling = left(limits.idling, times.seen);
  const rolling = left(limits.rolling, times.renewed);
  const absolute = left(limits.absolute, times.created);
  return { idling, rolling, absolute, first: Math.min(idling, rolling, absolute) };
}

/** A session is renewed when no more than this part of its time is left: rarely, and long before it ends. */
const RENEW_AT = 0.25;
/** Seconds after which a use is written down again: not with every request, since each time is a new cookie. */
const TOUCH_AFTER = 60;

/** What is due for a session that is used: a new id and a new period, a new time of use, or nothing. */
export function dueChange(times: Times, limits: Limits, now: number): "renew" | "touch" | undefined {
  const left = timeLeft(times, limits, now);
  // Close to its absolute end a session cannot be had for longer.
  if (left.rolling <= limits.rolling * RENEW_AT && left.rolling < left.absolute) return "renew";
  const touchAfter = Math.min(TOUCH_AFTER, limits.idling * RENEW_AT);
  return limits.idling > 0 && now - times.seen >= touchAfter && now > times.seen ? "touch" : undefined;
}
