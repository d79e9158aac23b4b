import { describe, expect, it } from "vitest";
import { luaPattern } from "../../src/util/lua-pattern.js";

describe("a Lua pattern", () => {
  it.each([
    ["^%d+$", ["0", "12"], ["", "1a", "a1"]],
    ["^[%w_-]+$", ["a-b_1"], ["a b", "é"]],
    ["^[^%s]+$", ["ab"], ["a b", "\t"]],
    ["^[^%S]$", [" "], ["a"]],
    ["^[%Da]+$", ["xyz"], ["x1"]],
    ["^a.-b$", ["ab", "axxb", "a\nb"], ["a", "b"]],
    ["^(a|b)$", ["a|b"], ["a", "b"]],
    ["%.test$", ["x.test"], ["xtest"]],
    ["^[]a]+$", ["]a"], ["b"]],
    ["^[a-]$", ["a", "-"], ["b"]],
    ["^[%a-]$", ["x", "-"], ["1"]],
    ["^x?$", ["", "x"], ["xx"]],
    ["^a$b$", ["a$b"], ["ab"]],
    ["^%x%x%l%u%p%c$", ["fFaA!\n"], ["gFaA!\n"]],
    ["{1}", ["{1}"], ["1"]],
    ["a/b", ["a/b"], ["ab"]],
  ])("%s", (pattern, matching, others) => {
    const expression = luaPattern(pattern);
    expect(matching.filter((text) => !expression.test(text))).toEqual([]);
    expect(others.filter((text) => expression.test(text))).toEqual([]);
  });

  it.each([
    ["%b()", "'%b' is not supported"],
    ["%f[%w]", "'%f' is not supported"],
    ["(a)%1", "'%1' is not supported"],
    ["()", "position captures are not supported"],
    ["[a", "it is malformed"],
    ["a%", "it is malformed"],
    ["(a", "it is malformed"],
  ])("%s cannot be translated", (pattern, reason) => {
    expect(() => luaPattern(pattern)).toThrow(`the Lua pattern '${pattern}' cannot be used: ${reason}`);
  });
});
