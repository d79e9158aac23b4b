import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePcre, pcreFault, RegexFault } from "../../src/util/regex.js";

describe("compilePcre", () => {
  it.each<[source: string, matching: string[], others: string[]]>([
    ["^/foo/(?P<id>\\d+)$", ["/foo/12"], ["/foo/x"]],
    ["^(?P<a>x)(?P=a)$", ["xx"], ["x"]],
    ["^(?'q'x)\\k'q'$", ["xx"], ["xy"]],
    ["(?i)^/FOO$", ["/foo", "/Foo"], ["/fo"]],
    ["^/(?i)api/v[0-9a-f]$", ["/API/vF", "/api/V1"], ["/api/vg"]],
    ["^/(?i:api)/x$", ["/API/x"], ["/API/X"]],
    ["^(?i)a(?-i)b$", ["Ab", "ab"], ["AB"]],
    ["^((?i)a)b$", ["Ab"], ["AB"]],
    ["^/(?s).x$", ["/\nx"], ["/\n"]],
    ["^[[:alpha:]]+$", ["abC"], ["a1"]],
    ["^[]a]+$", ["]a"], ["b"]],
    ["^[^]a]+$", ["b"], ["]"]],
    ["^[[]$", ["["], ["]"]],
    ["^\\Qa.b*\\E$", ["a.b*"], ["aXb*"]],
    ["^a(?#comment)b$", ["ab"], ["a"]],
    ["^(?>a+)b++c*+$", ["aabbcc"], ["ac"]],
    ["^x{2}+$", ["xx"], ["x"]],
    ["\\Aab\\z", ["ab"], ["xab", "abx"]],
    ["^\\x{41}\\h$", ["A\t"], ["A\n"]],
    ["^{a}$", ["{a}"], ["a"]],
    ["^/[\\w\\-]+/\\_$", ["/a-b/_"], ["/a b/_"]],
  ])("%s", (source, matching, others) => {
    const regex = compilePcre(source);
    for (const text of matching) expect([text, regex.test(text)]).toEqual([text, true]);
    for (const text of others) expect([text, regex.test(text)]).toEqual([text, false]);
  });

  it("adds the caller's flags", () => {
    expect(compilePcre("(?i)a", "y").flags).toBe("iy");
  });

  it.each([
    ["/(a", "unterminated group"],
    ["/[a", "missing terminating ] for character class"],
    ["a|*", "nothing to repeat"],
    ["a\\", "\\ at end of pattern"],
    ["(?R)", "this kind of group is not supported"],
    ["(*FAIL)", "this kind of group is not supported"],
    ["a(?x)b", "only the flags i and s are supported within a pattern"],
    ["[[:nope:]]", "unknown POSIX class name"],
    ["\\p{L}", "\\p is not supported"],
  ])("refuses %s", (source, reason) => {
    expect(() => compilePcre(source)).toThrow(RegexFault);
    expect(pcreFault(source)).toBe(reason);
  });

  it("either compiles or says why not", () => {
    const pieces = fc.constantFrom(
      "(",
      ")",
      "[",
      "]",
      "(?i)",
      "(?i:",
      "a",
      "Z",
      "-",
      "^",
      "\\",
      "\\Q",
      "\\E",
      "{2}",
      "+",
      "*",
      "?",
      "|",
      ".",
      "[:digit:]",
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const source = parts.join("");
        const reason = pcreFault(source);
        if (reason === undefined) compilePcre(source).test("some text");
        else expect(reason).not.toBe("");
      }),
    );
  });
});
