import { describe, expect, it } from "vitest";
import { buildRouter } from "../../src/router/build-router.js";
import { request, route, routerOf, uuid } from "./support.js";

const found = (router: ReturnType<typeof routerOf>, fields: Parameters<typeof request>[0]) =>
  router.match(request(fields))?.value;

describe("buildRouter", () => {
  it("has one flavor for now", () => {
    expect(() => buildRouter([], { flavor: "expressions" })).toThrow("router flavor 'expressions' is not available");
    expect(buildRouter([], { flavor: "traditional_compatible" }).match(request())).toBeUndefined();
  });

  it("leaves out routes for streams", () => {
    expect(routerOf({ tcp: { protocols: ["tcp"], snis: ["a.com"] } }).size).toBe(0);
    expect(routerOf({ grpc: { protocols: ["grpc"], hosts: ["a.com"] } }).size).toBe(1);
  });

  it("leaves out and reports what does not compile, and keeps the rest of the route", () => {
    const skipped: string[] = [];
    const router = buildRouter(
      [
        { route: route({ id: uuid(1), paths: ["~/(", "/fine"] }), value: 1 },
        { route: route({ id: uuid(2), headers: { a: ["~*("] } }), value: 2 },
        { route: route({ id: uuid(3), paths: [], hosts: [] }), value: 3 },
      ],
      { onSkipped: (id, reason) => skipped.push(`${id} ${reason}`) },
    );
    expect(router.size).toBe(1);
    expect(router.match(request({ target: "/fine" }))?.value).toBe(1);
    expect(skipped.map((line) => line.slice(0, 36))).toEqual([uuid(1), uuid(2), uuid(3)]);
    expect(skipped[2]).toContain("no criterion");
  });

  it("matches https with a route for http", () => {
    expect(found(routerOf({ a: { protocols: ["http"], paths: ["/"] } }), { scheme: "https" })).toBe("a");
  });
});

describe("paths", () => {
  it("takes prefixes without regard to segments, the longest first", () => {
    const router = routerOf({ root: { paths: ["/"] }, foo: { paths: ["/foo"] }, bar: { paths: ["/foo/bar"] } });
    expect(found(router, { target: "/foobar" })).toBe("foo");
    expect(found(router, { target: "/foo/bar?x" })).toBe("bar");
    expect(found(router, { target: "/fo" })).toBe("root");
    expect(found(router, { target: "*" })).toBeUndefined();
  });

  it("matches the normalised path and returns path, query and prefix", () => {
    const router = routerOf({ a: { paths: ["/a b"] } });
    expect(router.match(request({ target: "/x/..//%61%20b/%2f?q=%41?" }))).toEqual({
      value: "a",
      path: "/a b/%2F",
      query: "?q=%41?",
      prefix: "/a b",
      captures: null,
    });
  });

  it("takes the path of an absolute-form target", () => {
    expect(routerOf({ a: { paths: ["/a"] } }).match(request({ target: "http://x/a?b" }))).toMatchObject({
      path: "/a",
      query: "?b",
    });
  });

  it("matches nothing when the path is not UTF-8", () => {
    const router = routerOf({ root: { paths: ["/"] } });
    expect(found(router, { target: "/%FF" })).toBeUndefined();
    expect(found(router, { target: "/%C3%B8" })).toBe("root");
  });

  it("anchors regexes at the start only", () => {
    const router = routerOf({ a: { paths: ["~/users/\\d+/profile"] }, b: { paths: ["~/end$"] } });
    expect(router.match(request({ target: "/users/123/profile/hello" }))).toMatchObject({
      value: "a",
      prefix: "/users/123/profile",
    });
    expect(found(router, { target: "/x/users/123/profile" })).toBeUndefined();
    expect(found(router, { target: "/ends" })).toBeUndefined();
    expect(found(router, { target: "/end" })).toBe("b");
  });

  it("anchors only the first of several branches, as Kong does", () => {
    expect(routerOf({ a: { paths: ["~/a|/b"] } }).match(request({ target: "/x/b" }))).toMatchObject({ value: "a", prefix: "/b" });
  });

  it("never lets a regex see an encoded letter", () => {
    expect(found(routerOf({ a: { paths: ["~/reg%65x"] } }), { target: "/reg%65x" })).toBeUndefined();
  });

  it.each([
    ["~/a?b", "/b"],
    ["~/a*b", "/aaab"],
    ["~/a{0}b", "/b"],
    ["~/a+b", "/aab"],
    ["~/a\\.b", "/a.b"],
    ["~/a\\/b", "/a/b"],
    ["~^/a", "/a"],
    ["~(?i)/FOO", "/foo"],
    ["~/(?:x|y)z", "/yz"],
    ["~/[|]a", "/|a"],
    ["~/\\|a", "/|a"],
    ["~/😀?b", "/😀b"],
    ["~/\\Qa.b\\E", "/a.b"],
    ["~\\A/a", "/a"],
    ["~/a(?=b)", "/ab"],
    ["~/\\x61", "/a"],
  ])("finds %s in a large table", (path, target) => {
    const others = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`other${i}`, { paths: [`/other${i}`, `~/x${i}y?`] }]),
    );
    expect(found(routerOf({ ...others, it: { paths: [path] } }), { target })).toBe("it");
  });

  it("tries the regexes of one route in their order", () => {
    const router = routerOf({ a: { paths: ["~/a(?<x>.)", "/a", "~/ab(?<y>.)"] } });
    expect(router.match(request({ target: "/abc" }))).toMatchObject({ prefix: "/ab", captures: { named: { x: "b" } } });
  });
});

describe("captures", () => {
  it("gives groups by number and by name, from the decoded path", () => {
    const router = routerOf({ a: { paths: ["~/(?<kind>[^/]+)/(?P<id>[^/]+)(/x)?(/y)"] } });
    const captures = router.match(request({ target: "/us%65rs/a%20b/y/tail" }))?.captures;
    expect(captures).toEqual({ unnamed: ["/users/a b/y", "users", "a b", undefined, "/y"], named: { kind: "users", id: "a b" } });
  });

  it("gives nothing when no group took part", () => {
    const router = routerOf({ a: { paths: ["~/a(b)?"] } });
    expect(router.match(request({ target: "/ax" }))).toMatchObject({ prefix: "/a", captures: null });
    expect(router.match(request({ target: "/abx" }))?.captures).toEqual({ unnamed: ["/ab", "b"], named: {} });
  });

  it("puts the groups of headers over those of the path", () => {
    const router = routerOf({ a: { paths: ["~/(?<p>a)(b)"], headers: { h: ["plain", "~*v(?<h>\\d)"] } } });
    const match = router.match(request({ target: "/ab", headers: { h: "xV1" } }));
    expect(match).toMatchObject({ prefix: "/ab", captures: { unnamed: ["v1", "1", "b"], named: { p: "a", h: "1" } } });
    expect(router.match(request({ target: "/ab", headers: { h: "plain" } }))?.captures?.unnamed).toEqual(["/ab", "a", "b"]);
  });

  it("does not mix up the groups of a better route that fails later", () => {
    const router = routerOf({
      low: { paths: ["~/(l)"] },
      high: { paths: ["~/(.)"], headers: { h: ["no"] } },
    });
    expect(router.match(request({ target: "/l", headers: { h: "yes" } }))?.captures?.unnamed).toEqual(["/l", "l"]);
  });
});

describe("hosts", () => {
  const router = routerOf({
    plain: { hosts: ["a.com"] },
    port: { hosts: ["b.com:8000"] },
    suffix: { hosts: ["*.c.com"] },
    deeper: { hosts: ["*.d.c.com"] },
    suffixPort: { hosts: ["*.e.com:81"] },
    prefix: { hosts: ["f.*"] },
    prefixPort: { hosts: ["g.*:82"] },
    ipv6: { hosts: ["[::1]:80"] },
  });

  it.each([
    ["a.com", "plain"],
    ["a.com:1234", "plain"],
    ["a.com:", undefined],
    ["a.com:x1", undefined],
    ["A.com", undefined],
    ["b.com", undefined],
    ["b.com:8000", "port"],
    ["x.c.com", "suffix"],
    ["x.y.c.com:99", "suffix"],
    ["c.com", undefined],
    [".c.com", "suffix"],
    ["x.d.c.com", "deeper"],
    ["x.e.com:81", "suffixPort"],
    ["x.e.com", undefined],
    ["f.org", "prefix"],
    ["f.co.uk:1", "prefix"],
    ["xf.org", undefined],
    ["g.org:82", "prefixPort"],
    ["[::1]:80", "ipv6"],
    ["[::1]", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("Host %s goes to %s", (host, expected) => {
    expect(found(router, { host })).toBe(expected);
  });

  it("takes the connection's port when the header has none", () => {
    expect(found(router, { host: "b.com", port: 8000 })).toBe("port");
    expect(found(router, { host: "b.com:80", port: 8000 })).toBeUndefined();
  });

  it("ranks a route of plain hosts over one with a wildcard, whatever they match", () => {
    const both = routerOf({ plain: { hosts: ["x.a.com"] }, mixed: { hosts: ["*.a.com", "x.a.com"] } });
    expect(found(both, { host: "x.a.com" })).toBe("plain");
    expect(found(both, { host: "y.a.com" })).toBe("mixed");
  });

  it("does not prefer the host with a port", () => {
    const both = routerOf({ port: { hosts: ["a.com:81"] }, plain: { hosts: ["a.com"] } });
    expect(found(both, { host: "a.com:81" })).toBe("plain");
  });

  it("knows odd wildcards", () => {
    expect(found(routerOf({ a: { hosts: ["*a.com"] } }), { host: "xa.com" })).toBe("a");
    expect(found(routerOf({ a: { hosts: ["x*"] } }), { host: "xa.com" })).toBe("a");
  });

  it("is not slowed down by a host of many dots", () => {
    expect(found(router, { host: `${".".repeat(200_000)}c.com` })).toBe("suffix");
  });
});

describe("methods, headers, server names", () => {
  it("compares methods exactly", () => {
    const router = routerOf({ a: { methods: ["GET", "PURGE"] } });
    expect(found(router, { method: "PURGE" })).toBe("a");
    expect(found(router, { method: "POST" })).toBeUndefined();
  });

  it("asks for every header and for any of its values", () => {
    const router = routerOf({ a: { headers: { "X_One-two": ["A", "b"], three: ["~*^\\D+$"] } } });
    const digits = { three: "123" };
    expect(found(router, { headers: { "x-one-two": "a", ...digits } })).toBe("a");
    expect(found(router, { headers: { "x-one-two": ["x", "B"], ...digits } })).toBe("a");
    expect(found(router, { headers: { "x-one-two": "c", ...digits } })).toBeUndefined();
    // Kong lower-cases the pattern: \D has become \d.
    expect(found(router, { headers: { "x-one-two": "a", three: "abc" } })).toBeUndefined();
    expect(found(router, { headers: digits })).toBeUndefined();
  });

  it("finds a header regex anywhere in any value", () => {
    const router = routerOf({ a: { headers: { h: ["x", "~*fire(fox)?"] } } });
    expect(found(router, { headers: { h: "Mozilla FIREFOX 1" } })).toBe("a");
    expect(found(router, { headers: { h: "X" } })).toBe("a");
    expect(found(router, { headers: { h: "chrome" } })).toBeUndefined();
  });

  it("reads header bytes as UTF-8 and inherits nothing", () => {
    const router = routerOf({ a: { headers: { h: ["Ølle"] } }, b: { headers: { constructor: ["~*."] } } });
    expect(found(router, { headers: { h: Buffer.from("ølle").toString("latin1") } })).toBe("a");
    expect(found(router, { headers: {} })).toBeUndefined();
  });

  it("asks for the server name on TLS only", () => {
    const router = routerOf({ a: { snis: ["a.com.", "*.b.com", "c.*"] } });
    for (const sni of ["a.com", "x.b.com", "c.org"]) expect(found(router, { scheme: "https", sni })).toBe("a");
    for (const sni of ["b.com", "x.a.com", undefined]) expect(found(router, { scheme: "https", sni })).toBeUndefined();
    expect(found(router, { scheme: "http" })).toBe("a");
  });
});

describe("long lists", () => {
  const many = (fields: (i: number) => object) =>
    routerOf(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [String(i + 1000), fields(i)])));

  it("divides by header value", () => {
    const router = many((i) => ({
      paths: ["/"],
      headers: i % 10 === 0 ? { tenant: [`~*^t${i}$`] } : { tenant: [`T${i}`, `u${i}`] },
    }));
    for (const i of [1, 10, 199]) expect(found(router, { headers: { tenant: `t${i}` } })).toBe(String(i + 1000));
    expect(found(router, { headers: { tenant: ["u3", "u7"] } })).toBe("1007");
    expect(found(router, { headers: {} })).toBeUndefined();
  });

  it("divides by method", () => {
    const router = many((i) => ({ paths: ["/"], methods: [`M${i % 50}`, "ANY"] }));
    expect(found(router, { method: "M7" })).toBe("1157");
    expect(found(router, { method: "ANY" })).toBe("1199");
    expect(found(router, { method: "GET" })).toBeUndefined();
  });

  it("divides by server name", () => {
    const router = many((i) => ({ paths: ["/"], snis: [`h${i}.com`] }));
    expect(found(router, { scheme: "https", sni: "h7.com" })).toBe("1007");
    expect(found(router, { scheme: "https" })).toBeUndefined();
    expect(found(router, { scheme: "http" })).toBe("1199");
  });
});
