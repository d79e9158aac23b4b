import { describe, expect, it } from "vitest";
import { request, routerOf, uuid } from "./support.js";

describe("explain", () => {
  const router = routerOf({
    shop: { hosts: ["shop.com:8080"], paths: ["/cart"], methods: ["GET"] },
    cart: { paths: ["/cart"] },
    regex: { paths: ["~/c(?<x>.)rt", "/never"], headers: { Tenant: ["a", "b"] }, snis: ["x.com"] },
    unrelated: { hosts: ["other.com"], paths: ["/other"] },
  });

  it("puts the winner first, then near misses, and leaves out what does not fit at all", () => {
    const { match, candidates } = router.explain(request({ target: "/cart?x", host: "shop.com" }));
    expect(match?.value).toBe("cart");
    expect(candidates.map(({ value, matched }) => [value, matched])).toEqual([
      ["cart", true],
      ["shop", false],
      ["regex", false],
      ["regex", false],
    ]);
    expect(candidates[0]).toEqual({
      value: "cart",
      routeId: uuid(2),
      routeName: "cart",
      matched: true,
      priority: "0x2000000000000005",
      criteria: [{ name: "paths", expected: "/cart", actual: "/cart", matched: true }],
    });
    expect(candidates[1]?.criteria).toEqual([
      { name: "methods", expected: "GET", actual: "GET", matched: true },
      { name: "hosts", expected: "shop.com:8080", actual: "shop.com, port 80", matched: false },
      { name: "paths", expected: "/cart", actual: "/cart", matched: true },
    ]);
    expect(candidates[2]?.criteria).toEqual([
      { name: "snis", expected: "x.com", actual: "(plain text: not asked)", matched: true },
      { name: "paths", expected: "~/c(?<x>.)rt", actual: "/cart", matched: true },
      { name: "headers.Tenant", expected: "a, b", actual: "(none)", matched: false },
    ]);
  });

  it("says when the path cannot be read", () => {
    const { match, candidates } = router.explain(request({ target: "/%FF", host: "shop.com:8080" }));
    expect(match).toBeUndefined();
    expect(candidates[0]?.criteria[0]).toEqual({
      name: "encoding of the path",
      expected: "UTF-8",
      actual: "other bytes",
      matched: false,
    });
    expect(candidates.some((candidate) => candidate.matched)).toBe(false);
  });

  it("shows twenty candidates at most", () => {
    const many = routerOf(Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`r${i}`, { paths: ["/"] }])));
    expect(many.explain(request()).candidates).toHaveLength(20);
  });
});
