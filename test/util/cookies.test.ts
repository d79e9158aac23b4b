import { describe, expect, it } from "vitest";
import { cookieValue } from "../../src/util/cookies.js";

describe("cookieValue", () => {
  it.each([
    ["a=1", "a", "1"],
    ["b=2; a=1; c=3", "a", "1"],
    ["a=1; a=2", "a", "1"],
    ["A=1", "a", "1"],
    ["a=", "a", ""],
    ["a=b=c", "a", "b=c"],
    ['a="x y"', "a", '"x y"'],
    [" a = 1 ;b=2", "a", "1"],
    ["a", "a", undefined],
    ["xa=1", "a", undefined],
    ["ax=1", "a", undefined],
    ["", "a", undefined],
    ["=1", "a", undefined],
  ])("%j, %s: %j", (header, name, value) => {
    expect(cookieValue(header, name)).toBe(value);
  });
});
