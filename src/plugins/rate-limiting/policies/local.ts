import type { Limit } from "../limits.js";
import { PERIODS, type Period, windowSeconds, windowStart } from "../periods.js";
import type { CounterPolicy } from "./policy.js";

/** Identifiers in one generation of a window. Two generations of counters of this size take some 15 MB. */
const GENERATION = 50_000;

const SWEEP_INTERVAL = 60_000;

const slots: Readonly<Record<Period, number>> = Object.fromEntries(PERIODS.map((period, index) => [period, index])) as Record<
  Period,
  number
>;

interface Counter {
  value: number;
}

/** The counters of one scope and period. */
interface CounterWindow {
  readonly start: number;
  readonly end: number;
  recent: Map<string, Counter>;
  older: Map<string, Counter> | undefined;
}

/**
 * Counts in the memory of this gateway. A window's counters go all at once when the window is over; within one, when there are
 * too many identifiers, those that have not been seen for longest are forgotten.
 */
export class LocalCounters implements CounterPolicy {
  readonly #scopes = new Map<string, (CounterWindow | undefined)[]>();
  readonly #generation: number;
  #nextSweep = 0;

  /** @param generation - identifiers kept for certain in each window; at most twice as many are */
  constructor(generation = GENERATION) {
    this.#generation = generation;
  }

  /** Counters held, over all windows. */
  get size(): number {
    let size = 0;
    for (const windows of this.#scopes.values()) {
      for (const window of windows) size += (window?.recent.size ?? 0) + (window?.older?.size ?? 0);
    }
    return size;
  }

  usage(scope: string, identifier: string, limits: readonly Limit[], now: number): readonly number[] {
    const windows = this.#scopes.get(scope);
    const usage: number[] = [];
    for (const { period } of limits) {
      const window = windows?.[slots[period]];
      const current = window !== undefined && now >= window.start && now < window.end;
      usage.push(current ? ((window.recent.get(identifier) ?? window.older?.get(identifier))?.value ?? 0) : 0);
    }
    return usage;
  }

  increment(scope: string, identifier: string, limits: readonly Limit[], now: number): void {
    let windows = this.#scopes.get(scope);
    if (windows === undefined) {
      windows = [];
      this.#scopes.set(scope, windows);
    }
    for (const { period } of limits) {
      let window = windows[slots[period]];
      if (window === undefined || now < window.start || now >= window.end) {
        window = openWindow(period, now);
        windows[slots[period]] = window;
        if (now >= this.#nextSweep) this.#sweep(now);
      }
      this.#count(window, identifier);
    }
  }

  #count(window: CounterWindow, identifier: string): void {
    const counter = window.recent.get(identifier);
    if (counter !== undefined) {
      counter.value += 1;
      return;
    }
    const value = (window.older?.get(identifier)?.value ?? 0) + 1;
    if (window.recent.size >= this.#generation) {
      window.older = window.recent;
      window.recent = new Map();
    }
    window.older?.delete(identifier);
    window.recent.set(identifier, { value });
  }

  /** Forgets windows that are over, also of scopes that no longer exist. */
  #sweep(now: number): void {
    this.#nextSweep = now + SWEEP_INTERVAL;
    for (const [scope, windows] of this.#scopes) {
      let live = false;
      for (let i = 0; i < windows.length; i += 1) {
        if ((windows[i]?.end ?? 0) > now) live = true;
        else windows[i] = undefined;
      }
      if (!live) this.#scopes.delete(scope);
    }
  }
}

function openWindow(period: Period, now: number): CounterWindow {
  const start = windowStart(period, now);
  return { start, end: windowEnd(period, start), recent: new Map(), older: undefined };
}

/** Months and years end with the calendar, whatever their nominal length. */
function windowEnd(period: Period, start: number): number {
  const date = new Date(start);
  if (period === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  if (period === "year") return Date.UTC(date.getUTCFullYear() + 1, 0);
  return start + windowSeconds[period] * 1_000;
}
