import { expect, it } from "vitest";
import { migratePath, migratePaths } from "../../src/declarative/migrate-paths.js";
import { load, rows } from "./support.js";

it.each([
  ["/prefix", "/prefix"],
  ["/prefix/", "/prefix/"],
  ["/regex.+", "~/regex.+"],
  ["/a/../b", "/b"],
  ["/a//b", "/a/b"],
  ["/a/./b/.", "/a/b/"],
  ["/../..", "/"],
  ["/a%20b", "/a b"],
  ["/a%2fb", "/a%2Fb"],
  ["/%7Euser", "/~user"],
  ["/%C3%BC", "/ü"],
  ["/a%2E%2e/b", "/a../b"],
  ["/a b", "~/a b"],
  ["/a:b", "~/a:b"],
  ["/ü", "~/ü"],
  ["/a%2Eb*", "~/a\\.b*"],
  ["/a%3fb(c)", "~/a%3Fb(c)"],
  ["~/already", "~/already"],
  ["~/regex.+", "~~/regex.+"],
])("rewrites %s to %s", (path, migrated) => {
  expect(migratePath(path)).toBe(migrated);
});

it("leaves alone what is no list of texts", () => {
  expect(migratePaths(null)).toBeNull();
  expect(migratePaths("/a//b")).toBe("/a//b");
  expect(migratePaths([5, "/a//b"])).toEqual([5, "/a/b"]);
});

it("migrates the routes at the top and in services, in old documents only", () => {
  const document = (version: string): object => ({
    _format_version: version,
    routes: [{ paths: ["/a//b"] }],
    services: [{ host: "h", routes: [{ paths: ["/c//d"] }] }],
    certificates: [{ cert: "c", services: [{ host: "h", routes: [{ paths: ["/e//f"] }] }] }],
  });
  const paths = (version: string): unknown[] =>
    rows(load(document(version)), "routes").map((route) => (route.paths as string[])[0]);
  expect(paths("1.1").sort()).toEqual(["/a/b", "/c/d", "/e//f"]);
  expect(paths("2.1").sort()).toEqual(["/a/b", "/c/d", "/e//f"]);
  expect(paths("3.0").sort()).toEqual(["/a//b", "/c//d", "/e//f"]);
  expect(load(document("1.1")).meta._format_version).toBe("3.0");
});
