import { describe, expect, it } from "vitest";
import { compileOrigins, normalizeOrigin, originAnswer, sameAnswer } from "../../../src/plugins/cors/origins.js";

function allowed(origins: string[] | null, origin: string | undefined, credentials = false): string | undefined {
  return originAnswer(compileOrigins(origins), credentials, origin).allowed;
}

describe("normalizeOrigin", () => {
  it.each([
    ["http://foo.test:80", "http://foo.test", "foo.test"],
    ["https://foo.test:443", "https://foo.test", "foo.test"],
    ["https://foo.test:80", "https://foo.test:80", "foo.test"],
    ["http://foo.test:8000/path?x#y", "http://foo.test:8000", "foo.test"],
    ["http://user@foo.test", "http://foo.test", "foo.test"],
    ["http://[::1]:3000", "http://[::1]:3000", "[::1]"],
    ["null", "null", "null"],
    ["foo.test", "foo.test", "foo.test"],
  ])("makes %s comparable", (given, origin, host) => {
    expect(normalizeOrigin(given)).toEqual({ origin, host });
  });
});

describe("origins", () => {
  it.each([[null], [[]], [["*"]]])("%j lets every origin in, and those that do not say", (origins) => {
    const answer = { allowed: "*", varies: false, credentials: false };
    expect(originAnswer(compileOrigins(origins), false, "http://a.test")).toEqual(answer);
    expect(originAnswer(compileOrigins(origins), false, undefined)).toEqual(answer);
  });

  it("answers one plain origin as it is, whatever the request says", () => {
    for (const origin of ["http://foo.test", "http://other.test", undefined]) {
      expect(originAnswer(compileOrigins(["foo.test"]), false, origin)).toEqual({
        allowed: "foo.test",
        varies: true,
        credentials: false,
      });
    }
  });

  it.each([
    ["http://foo.test", "http://foo.test"],
    ["http://foo.test:8000", "http://foo.test:8000"],
    ["https://foo.test:8000", "https://foo.test:8000"],
    ["http://foo.test:80", "http://foo.test"],
    ["http://foo.test.evil.test", undefined],
    ["http://evilfoo.test", undefined],
    ["http://something.foo.test", undefined],
    ["http://foobtest", undefined],
  ])("a pattern without a colon looks at the host of %s", (origin, expected) => {
    expect(allowed(["foo\\.test"], origin)).toBe(expected);
  });

  it.each([
    ["http://foo.test:8000", true],
    ["https://sub.foo.test:8000", true],
    ["http://foo.test:8001", false],
    ["http://foo.test", false],
    ["http://evilfoo.test:8000", false],
  ])("a pattern with a colon looks at the whole of %s", (origin, expected) => {
    expect(allowed(["(.*[./])?foo\\.test:8000"], origin)).toBe(expected ? origin : undefined);
  });

  it.each([
    ["http://foo.test", "http://foo.test"],
    ["http://foo.test:80", "http://foo.test"],
    ["http://a.foo.test:90", "http://a.foo.test:90"],
    ["https://foo.test", undefined],
    ["http://foo.test:91", undefined],
  ])("a pattern may bring its own anchors (%s)", (origin, expected) => {
    expect(allowed(["^http://(.*[.])?foo\\.test(:(80|90))?$"], origin)).toBe(expected);
  });

  it("anchors every alternative of a pattern", () => {
    expect(allowed(["https://(?:a)\\.test|https://b\\.test"], "https://a.test")).toBe("https://a.test");
    expect(allowed(["https://(?:a)\\.test|https://b\\.test"], "https://a.test.evil.test")).toBeUndefined();
    expect(allowed(["https://(?:a)\\.test|https://b\\.test"], "https://evil.test/https://b.test")).toBeUndefined();
  });

  it("understands leading PCRE flags", () => {
    expect(allowed(["(?i)FOO\\.test"], "http://foo.test")).toBe("http://foo.test");
  });

  it("a bare name among several entries matches a bare origin only", () => {
    expect(allowed(["foo.test", "bar.test"], "http://foo.test")).toBeUndefined();
    expect(allowed(["foo.test", "bar.test"], "bar.test")).toBe("bar.test");
  });

  it("several plain entries match exactly", () => {
    const origins = ["http://foo.test", "https://bar.test:1234"];
    expect(allowed(origins, "http://foo.test")).toBe("http://foo.test");
    expect(allowed(origins, "https://bar.test:1234")).toBe("https://bar.test:1234");
    expect(allowed(origins, "https://bar.test")).toBeUndefined();
    expect(allowed(origins, "https://foo.test")).toBeUndefined();
  });

  it("an asterisk among several entries lets every origin in, but varies", () => {
    const rule = compileOrigins(["http://foo.test", "*"]);
    expect(originAnswer(rule, false, "http://any.test")).toEqual({ allowed: "*", varies: true, credentials: false });
    expect(originAnswer(rule, false, undefined)).toEqual({ allowed: undefined, varies: true, credentials: false });
  });

  it("allows credentials even where no origin matched", () => {
    const rule = compileOrigins(["http://foo.test", "http://bar.test"]);
    expect(originAnswer(rule, true, "http://any.test")).toEqual({ allowed: undefined, varies: true, credentials: true });
  });

  it("names the origin in place of the asterisk when credentials are allowed", () => {
    expect(originAnswer(compileOrigins(null), true, "http://any.test:80")).toEqual({
      allowed: "http://any.test:80",
      varies: true,
      credentials: true,
    });
    expect(originAnswer(compileOrigins(null), true, undefined)).toEqual({ allowed: "*", varies: false, credentials: false });
  });

  it.each([
    [null, false, true],
    [null, true, false],
    [["http://foo.test"], true, true],
    [["http://foo.test", "http://bar.test"], false, false],
    [["http://foo.test", "*"], false, false],
  ])("%j with credentials %s have one answer for all: %s", (origins, credentials, isSame) => {
    const rule = compileOrigins(origins);
    const same = sameAnswer(rule, credentials);
    expect(same !== undefined).toBe(isSame);
    for (const origin of [undefined, "", "http://foo.test", "http://other.test"]) {
      if (same !== undefined) expect(originAnswer(rule, credentials, origin)).toEqual(same);
    }
  });
});
