import { describe, expect, it } from "vitest";
import { request, routerOf } from "./support.js";

const ROUTES = {
  "paths /": { paths: ["/"] },
  "paths /foo": { paths: ["/foo"] },
  "paths ~/re, regex_priority 0": { paths: ["~/re"] },
  "paths ~/re, regex_priority 5": { paths: ["~/re"], regex_priority: 5 },
  "hosts plain": { hosts: ["a.com"] },
  "hosts wildcard": { hosts: ["a.com", "*.b.com"] },
  "hosts plain + path": { hosts: ["a.com"], paths: ["/foo"] },
  "path + 1 header": { paths: ["/foo"], headers: { a: ["b"] } },
  "hosts plain + 2 headers + regex": { hosts: ["a.com"], headers: { a: ["b"], c: ["d"] }, paths: ["~/re"], regex_priority: 10 },
};

describe("priority", () => {
  it.each([
    ["paths /", "0x2000000000000001"],
    ["paths /foo", "0x2000000000000004"],
    ["paths ~/re, regex_priority 0", "0x2008000000000000"],
    ["paths ~/re, regex_priority 5", "0x2008000000280000"],
    ["hosts plain", "0x3000000000000000"],
    ["hosts wildcard", "0x2000000000000000"],
    ["hosts plain + path", "0x5000000000000004"],
    ["path + 1 header", "0x4010000000000004"],
    ["hosts plain + 2 headers + regex", "0x7028000000500000"],
  ] as const)("%s is %s", (name, priority) => {
    const router = routerOf({ it: ROUTES[name] });
    const everything = { target: "/foo", host: "a.com", headers: { a: "b", c: "d" } };
    const other = { ...everything, target: "/re" };
    const [candidate] = [everything, other].flatMap((fields) => router.explain(request(fields)).candidates);
    expect(candidate).toMatchObject({ priority });
  });

  it("counts the length of a prefix in bytes", () => {
    expect(routerOf({ a: { paths: ["/ø"] } }).explain(request({ target: "/%C3%B8" })).candidates[0]?.priority).toMatch(/3$/);
  });

  it("does not look at regex_priority of prefixes", () => {
    const router = routerOf({ long: { paths: ["/foo"] }, short: { paths: ["/"], regex_priority: 9 } });
    expect(router.match(request({ target: "/foo" }))?.value).toBe("long");
  });

  it("ranks a negative regex_priority under the other regexes, and over prefixes", () => {
    const router = routerOf({
      zero: { paths: ["~/x"], headers: { h: ["1"] } },
      zeroPlain: { paths: ["~/x\\d"] },
      negative: { paths: ["~/x"], regex_priority: -1 },
      prefix: { paths: ["/xxxxxx"] },
    });
    expect(router.match(request({ target: "/x", headers: { h: "1" } }))?.value).toBe("zero");
    expect(router.match(request({ target: "/x1" }))?.value).toBe("zeroPlain");
    expect(router.match(request({ target: "/xxxxxxx" }))?.value).toBe("negative");
  });

  it("breaks ties by the larger id, whatever the age", () => {
    const router = routerOf({ older: { paths: ["/"], created_at: 1 }, newer: { paths: ["/"], created_at: 2 } });
    expect(router.match(request())?.value).toBe("newer");
  });

  it("splits a route by kinds and lengths of its paths", () => {
    const router = routerOf({ many: { paths: ["/a", "/b", "~/x", "/long", "~/y"] }, mid: { paths: ["/lo"] } });
    expect(router.size).toBe(4);
    expect(router.match(request({ target: "/long" }))?.value).toBe("many");
    expect(router.match(request({ target: "/lox" }))?.value).toBe("mid");
  });

  it("gives the parts of a split route ids of their own, as Kong does", () => {
    // UUIDv5 of "<id>#1" in Kong's namespace is 4c27e75c-320f-5c7d-8070-fbf84b203a9e.
    const split = { id: "00000000-0000-4000-8000-000000000001", paths: ["/a", "/long"] };
    const against = (id: string) => routerOf({ split, other: { id, paths: ["/a"] } }).match(request({ target: "/a" }))?.value;
    expect(against("4c27e75c-320f-5c7d-8070-fbf84b203a9d")).toBe("split");
    expect(against("4c27e75c-320f-5c7d-8070-fbf84b203a9f")).toBe("other");
  });
});
