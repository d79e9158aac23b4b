import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundPattern, boundRegExp } from "../../src/util/bounded-pattern.js";

const hostile = `${"a".repeat(5_000)}!`;

describe("a bounded pattern", () => {
  it.each([
    "^(a+)+$",
    "^(a|a)*$",
    "^(?:a|[a-z])+$",
    "^(a|aa)+$",
    "(a*)*b",
    "^(a?){40}a{40}$",
    "^((a)|(a)){2,}$",
    "^(?<n>a+){3,}$",
    "^(a{1,}b?)*$",
    "(.*).*(.*).*x$",
    "^.*.*.*.*x$",
    "^(a+)+\\1$",
  ])("gives up on a text that it is slow on: %s", (source) => {
    expect(boundPattern(new RegExp(source))(hostile)).toBeUndefined();
    expect(() => boundRegExp(new RegExp(source)).test(hostile)).toThrow(`the pattern '${source}' takes too long`);
    // And is done with it.
    expect(boundPattern(new RegExp(source))("b!")).toBe(new RegExp(source).test("b!"));
  });

  it.each(["^/users/\\d+", "^/users/([^/]+)$", "^(v1|v2)/x$", "^a{3}b?c", "abc", "[a+]", "\\(a+", "a|b"])(
    "is the pattern itself when it cannot be slow: %s",
    (source) => {
      const pattern = new RegExp(source, source.startsWith("^") ? "" : "y");
      expect(boundRegExp(pattern)).toBe(pattern);
    },
  );

  it("finds what the pattern finds, with its groups and from where it was told to", () => {
    const source = "(?<word>(?:[a-c]|-)+)(\\d*)";
    const text = fc.string({ unit: fc.constantFrom("a", "b", "-", "1", "2", "/"), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.nat(70), (given, from) => {
        for (const flags of ["", "y", "g", "dy"]) {
          const [plain, bounded] = [new RegExp(source, flags), boundRegExp(new RegExp(source, flags))];
          plain.lastIndex = from;
          bounded.lastIndex = from;
          expect(bounded.exec(given)).toEqual(plain.exec(given));
          expect(bounded.lastIndex).toBe(plain.lastIndex);
          expect(boundPattern(new RegExp(source))(given)).toBe(new RegExp(source).test(given));
        }
      }),
      { numRuns: 60 },
    );
  });
});
