import { describe, expect, it } from "vitest";
import { PathTable } from "../../src/admin/path-table.js";

describe("paths", () => {
  const table = new PathTable(
    ["/", "/a", "/a/{x}", "/a/all", "/a/{x}/b/{y}", "/a/{x}/b/all"].map((pattern) => ({ pattern, endpoints: {} })),
  );
  it.each<[string, string | undefined, object?]>([
    ["/", "/", {}],
    ["/a", "/a", {}],
    ["/a/", "/a", {}],
    ["/a/all", "/a/all", {}],
    ["/a/%2F", "/a/{x}", { x: "%2F" }],
    ["/a/1/b/2", "/a/{x}/b/{y}", { x: "1", y: "2" }],
    ["/a/all/b/all", "/a/{x}/b/all", { x: "all" }],
    ["/a//b/2", undefined],
    ["/b", undefined],
    ["*", undefined],
  ])("%s", (text, pattern, params) => {
    const match = table.find(text);
    expect(match?.path.pattern).toBe(pattern);
    expect(match?.params).toEqual(params);
  });

  it.each([
    ["/a", "/a", "/a"],
    ["/a/{x}", "/a/{y}", "/a/1"],
  ])("the later of %s and %s counts", (first, second, asked) => {
    const one = { pattern: first, endpoints: {} };
    const other = { pattern: second, endpoints: {} };
    expect(new PathTable([one, other]).find(asked)?.path).toBe(other);
  });
});
