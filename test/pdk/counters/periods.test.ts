import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PERIODS, windowSeconds, windowStart } from "../../../src/pdk/counters/periods.js";

const now = Date.UTC(2024, 1, 29, 23, 59, 58, 765);

describe("windowStart", () => {
  it.each([
    ["second", "2024-02-29T23:59:58.000Z"],
    ["minute", "2024-02-29T23:59:00.000Z"],
    ["hour", "2024-02-29T23:00:00.000Z"],
    ["day", "2024-02-29T00:00:00.000Z"],
    ["month", "2024-02-01T00:00:00.000Z"],
    ["year", "2024-01-01T00:00:00.000Z"],
  ] as const)("finds where the UTC %s begins", (period, start) => {
    expect(new Date(windowStart(period, now)).toISOString()).toBe(start);
  });

  it("never begins in the future, and its own start is its start", () => {
    fc.assert(
      fc.property(fc.constantFrom(...PERIODS), fc.integer({ min: 0, max: 4_102_444_800_000 }), (period, time) => {
        const start = windowStart(period, time);
        expect(start).toBeLessThanOrEqual(time);
        expect(windowStart(period, start)).toBe(start);
        // The longest month has a day more than the nominal one, a leap year likewise.
        expect(time - start).toBeLessThan((windowSeconds[period] + 86_400) * 1_000);
      }),
    );
  });
});
