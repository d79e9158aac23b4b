import { describe, expect, it } from "vitest";
import { blockingLimit, configuredLimits, type Limit, setLimitHeaders } from "../../../src/plugins/rate-limiting/limits.js";

const none = { second: null, minute: null, hour: null, day: null, month: null, year: null };
const now = Date.UTC(2024, 0, 1, 10, 20, 30, 400);

function headers(limits: readonly Limit[], usage: number[], time = now): Record<string, number> {
  const seen = new Map<string, number>();
  const sink = { setHeader: (name: string, value: number) => void seen.set(name, value) };
  setLimitHeaders(sink, limits, usage, blockingLimit(limits, usage), time);
  return Object.fromEntries(seen);
}

describe("blockingLimit", () => {
  const limits = configuredLimits({ ...none, second: 2, hour: 5 });

  it("lets a request pass while every limit has something left", () => {
    expect(blockingLimit(limits, [1, 4])).toBe(-1);
  });

  it("names the limit that is used up", () => {
    expect(blockingLimit(limits, [2, 4])).toBe(0);
    expect(blockingLimit(limits, [1, 5])).toBe(1);
  });

  it("names the longest of several that are used up", () => {
    expect(blockingLimit(limits, [2, 5])).toBe(1);
  });

  it("lets the first request pass where the limit is less than one", () => {
    const half = configuredLimits({ ...none, minute: 0.5 });
    expect(blockingLimit(half, [0])).toBe(-1);
    expect(blockingLimit(half, [1])).toBe(0);
  });
});

describe("setLimitHeaders", () => {
  it("counts the request itself against every limit", () => {
    expect(headers(configuredLimits({ ...none, minute: 6, hour: 99_999 }), [1, 1])).toEqual({
      "X-RateLimit-Limit-Minute": 6,
      "X-RateLimit-Remaining-Minute": 4,
      "X-RateLimit-Limit-Hour": 99_999,
      "X-RateLimit-Remaining-Hour": 99_997,
      "RateLimit-Limit": 6,
      "RateLimit-Remaining": 4,
      "RateLimit-Reset": 30,
    });
  });

  it("counts a refused request against the limit that refused it only", () => {
    expect(headers(configuredLimits({ ...none, minute: 6, hour: 10 }), [6, 6])).toEqual({
      "X-RateLimit-Limit-Minute": 6,
      "X-RateLimit-Remaining-Minute": 0,
      "X-RateLimit-Limit-Hour": 10,
      "X-RateLimit-Remaining-Hour": 4,
      "RateLimit-Limit": 6,
      "RateLimit-Remaining": 0,
      "RateLimit-Reset": 30,
      "Retry-After": 30,
    });
  });

  it("reports the longer window when two have as little left", () => {
    const seen = headers(configuredLimits({ ...none, minute: 6, hour: 6 }), [2, 2]);
    expect(seen["RateLimit-Reset"]).toBe(3_600 - 20 * 60 - 30);
  });

  it("never promises a reset in less than a second", () => {
    expect(headers(configuredLimits({ ...none, second: 1 }), [0])["RateLimit-Reset"]).toBe(1);
    // The last hours of a month of 31 days are beyond the nominal 30.
    const limits = configuredLimits({ ...none, month: 1 });
    expect(headers(limits, [0], Date.UTC(2024, 0, 31, 12))["RateLimit-Reset"]).toBe(1);
  });
});
