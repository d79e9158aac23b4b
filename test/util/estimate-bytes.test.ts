import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimateBytes } from "../../src/util/estimate-bytes.js";

describe("estimateBytes", () => {
  it.each([
    ["a text", "abcd", 36],
    ["a small number", 7, 8],
    ["a number beyond", 1.5, 24],
    ["a boolean", true, 8],
    ["nothing", null, 8],
    ["a list", ["a", "b"], 106],
    ["an object", { a: 1, b: "b" }, 73],
    ["bytes", new Uint8Array(1000), 1072],
    ["a map", new Map([["a", "b"]]), 154],
    ["a set", new Set(["a"]), 129],
  ])("knows the size of %s", (_name, value, bytes) => {
    expect(estimateBytes(value)).toBe(bytes);
  });

  it("counts what is reached twice once, and ends in a cycle", () => {
    const shared = { text: "x".repeat(1000) };
    expect(estimateBytes([shared, shared])).toBeLessThan(1500);
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    cycle.list = [cycle, cycle];
    expect(estimateBytes(cycle)).toBeLessThan(200);
  });

  it("takes any value, however deep", () => {
    let deep: unknown = "x";
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(estimateBytes(deep)).toBeGreaterThan(1000);
    fc.assert(
      fc.property(fc.anything({ withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }), (value) => {
        expect(estimateBytes(value)).toBeGreaterThanOrEqual(8);
      }),
    );
  });

  it("grows with its parts", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(estimateBytes([a, b])).toBeGreaterThan(Math.max(estimateBytes(a), estimateBytes(b)));
      }),
    );
  });
});
