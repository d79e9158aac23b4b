import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LocalCounters } from "../../../src/pdk/counters/local-counters.js";
import { PERIODS, windowStart } from "../../../src/pdk/counters/periods.js";
import { configuredLimits } from "../../../src/plugins/rate-limiting/limits.js";

const none = { second: null, minute: null, hour: null, day: null, month: null, year: null };
const minute = configuredLimits({ ...none, minute: 5 });
const start = Date.UTC(2024, 0, 31, 23, 59, 0);

describe("LocalCounters", () => {
  it("counts per scope and identifier", () => {
    const counters = new LocalCounters();
    counters.increment("a", "alice", minute, start, 1);
    counters.increment("a", "alice", minute, start + 59_999, 1);
    counters.increment("a", "bob", minute, start, 1);

    expect(counters.usage("a", "alice", minute, start)).toEqual([2]);
    expect(counters.usage("a", "bob", minute, start)).toEqual([1]);
    expect(counters.usage("b", "alice", minute, start)).toEqual([0]);
  });

  it("does not count by looking", () => {
    const counters = new LocalCounters();
    counters.usage("a", "alice", minute, start);
    expect(counters.usage("a", "alice", minute, start)).toEqual([0]);
    expect(counters.size).toBe(0);
  });

  it("begins anew with each window", () => {
    const counters = new LocalCounters();
    counters.increment("a", "alice", minute, start + 59_999, 1);
    expect(counters.usage("a", "alice", minute, start + 60_000)).toEqual([0]);
  });

  it("keeps a month to its calendar end", () => {
    const counters = new LocalCounters();
    const month = configuredLimits({ ...none, month: 5, year: 50 });
    counters.increment("a", "alice", month, Date.UTC(2024, 0, 1), 1);
    expect(counters.usage("a", "alice", month, Date.UTC(2024, 0, 31, 23, 59, 59))).toEqual([1, 1]);
    expect(counters.usage("a", "alice", month, Date.UTC(2024, 1, 1))).toEqual([0, 1]);
    expect(counters.usage("a", "alice", month, Date.UTC(2025, 0, 1))).toEqual([0, 0]);
  });

  it("holds a bounded number of identifiers and keeps those that come again", () => {
    const counters = new LocalCounters(100);
    for (let i = 0; i < 10_000; i += 1) {
      counters.increment("a", `stranger ${i}`, minute, start, 1);
      if (i % 50 === 0) counters.increment("a", "regular", minute, start, 1);
    }
    expect(counters.size).toBeLessThanOrEqual(200);
    expect(counters.usage("a", "regular", minute, start)).toEqual([200]);
  });

  it("forgets windows that are over, of all scopes", () => {
    const counters = new LocalCounters();
    for (let i = 0; i < 50; i += 1) counters.increment(`scope ${i}`, "alice", minute, start, 1);
    counters.increment("other", "alice", minute, start + 120_000, 1);
    expect(counters.size).toBe(1);
  });

  it("agrees with plain counting over any sequence of requests", () => {
    const request = fc.record({ who: fc.constantFrom("a", "b", "c"), pause: fc.integer({ min: 0, max: 40_000_000 }) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const counters = new LocalCounters();
        const limits = configuredLimits({ second: 1, minute: 1, hour: 1, day: 1, month: 1, year: 1 });
        const plain = new Map<string, number>();
        let now = start;
        for (const { who, pause } of requests) {
          now += pause;
          const keys = PERIODS.map((period) => `${who} ${period} ${windowStart(period, now)}`);
          expect(counters.usage("s", who, limits, now)).toEqual(keys.map((key) => plain.get(key) ?? 0));
          counters.increment("s", who, limits, now, 1);
          for (const key of keys) plain.set(key, (plain.get(key) ?? 0) + 1);
        }
      }),
    );
  });
});
