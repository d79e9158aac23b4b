import fc from "fast-check";
import { expect, it } from "vitest";
import { closest, editDistance } from "../../src/util/closest.js";

it("finds what was meant", () => {
  const fields = ["read_timeout", "write_timeout", "connect_timeout", "host"];
  expect(closest("raed_timeout", fields)).toBe("read_timeout");
  expect(closest("Host", fields)).toBe("host");
  expect(closest("workflows", fields)).toBeUndefined();
  expect(closest("x".repeat(100_000), fields)).toBeUndefined();
});

it("counts edits as the slow, obvious way does", () => {
  const slow = (a: string, b: string): number => {
    if (a === "" || b === "") return a.length + b.length;
    const edits = [slow(a.slice(1), b) + 1, slow(a, b.slice(1)) + 1, slow(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1)];
    if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0]) edits.push(slow(a.slice(2), b.slice(2)) + 1);
    return Math.min(...edits);
  };
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
  fc.assert(
    fc.property(word, word, fc.nat(5), (a, b, limit) => {
      expect(editDistance(a, b, limit)).toBe(Math.min(slow(a, b), limit + 1));
    }),
  );
});
