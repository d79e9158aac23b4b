import type { Counted, CounterStore } from "./counted.js";
import { PERIODS, type Period, windowEnd, windowStart } from "./periods.js";

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
export class LocalCounters implements CounterStore {
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

  usage(scope: string, identifier: string, counted: readonly Counted[], now: number): readonly number[] {
    const windows = this.#scopes.get(scope);
    const usage: number[] = [];
    for (const { name, period } of counted) {
      const window = windows?.[slots[period]];
      const current = window !== undefined && now >= window.start && now < window.end;
      const key = keyOf(name, identifier);
      usage.push(current ? ((window.recent.get(key) ?? window.older?.get(key))?.value ?? 0) : 0);
    }
    return usage;
  }

  increment(scope: string, identifier: string, counted: readonly Counted[], now: number, amount: number): void {
    let windows = this.#scopes.get(scope);
    if (windows === undefined) {
      windows = [];
      this.#scopes.set(scope, windows);
    }
    for (const { name, period } of counted) {
      let window = windows[slots[period]];
      if (window === undefined || now < window.start || now >= window.end) {
        window = openWindow(period, now);
        windows[slots[period]] = window;
        if (now >= this.#nextSweep) this.#sweep(now);
      }
      this.#count(window, keyOf(name, identifier), amount);
    }
  }

  #count(window: CounterWindow, key: string, amount: number): void {
    const counter = window.recent.get(key);
    if (counter !== undefined) {
      counter.value += amount;
      return;
    }
    const value = (window.older?.get(key)?.value ?? 0) + amount;
    if (window.recent.size >= this.#generation) {
      window.older = window.recent;
      window.recent = new Map();
    }
    window.older?.delete(key);
    window.recent.set(key, { value });
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

/** The length before the name keeps any two pairs apart. */
function keyOf(name: string, identifier: string): string {
  return name === "" ? identifier : `${name.length}:${name}${identifier}`;
}

function openWindow(period: Period, now: number): CounterWindow {
  const start = windowStart(period, now);
  return { start, end: windowEnd(period, start), recent: new Map(), older: undefined };
}
