import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapePath, normalizePath, normalizeRequestPath, splitTarget } from "../../src/util/uri.js";

const latin1 = (text: string) => Buffer.from(text, "utf8").toString("latin1");

describe("normalizePath", () => {
  it.each([
    ["", ""],
    ["/", "/"],
    ["/a", "/a"],
    ["/a/b/c/", "/a/b/c/"],
    ["/a/b/c/./../../g", "/a/g"],
    ["/./.././../", "/"],
    ["/.", "/"],
    ["/..", "/"],
    ["/../", "/"],
    ["/a//b//", "/a/b/"],
    ["/////", "/"],
    ["/a%2fb%2Fc/", "/a%2Fb%2Fc/"],
    ["/%6B%6f%6e%67", "/kong"],
    ["/%2E", "/"],
    ["/a/b/..", "/a/"],
    ["/a/b/.", "/a/b/"],
    ["/endel%C3%B8st", "/endeløst"],
    ["/endeløst", "/endeløst"],
    ["/%20%21%23", "/ %21%23"],
    ["/a%20b%7Bx%7D", "/a b{x}"],
    ["/%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D", "/%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D"],
    ["mid/content=5/../6", "mid/6"],
    ["mid/..", "/"],
    ["./a", "a"],
    ["../a", "a"],
    [".", ""],
    ["..", ""],
    ["/a//../b", "/b"],
    ["/a/%2e%2E/b", "/b"],
    ["/a%2F../b", "/a%2F../b"],
    ["/.well-known/x", "/.well-known/x"],
    ["/...", "/..."],
    ["/..a/.b./c..", "/..a/.b./c.."],
    ["/%", "/%"],
    ["/%a", "/%a"],
    ["/%zz%4", "/%zz%4"],
    ["/%%41", "/%A"],
    ["/%2541", "/%2541"],
    ["/a%00%0a", "/a\0\n"],
    ["/%C3%A4/a/%2e./a%2E//a/%2e/./a/../a/%2e%2E/%5f%F0%9F%98%80%2f%2F", "/ä/a./a/_😀%2F%2F"],
  ])("%s → %s", (input, normalized) => {
    expect(normalizePath(input)).toBe(normalized);
  });

  it.each([
    ["//", "//"],
    ["/////", "/////"],
    ["/a//../b", "/a/b"],
    ["/a/./b//", "/a/b//"],
  ])("keeps runs of slashes when told so: %s → %s", (input, normalized) => {
    expect(normalizePath(input, false)).toBe(normalized);
  });

  it("never calls a path normal whose bytes are no text", () => {
    expect(normalizePath("/a%FF")).toBe("/a\uFFFD");
  });

  const fragments = fc.constantFrom("/", ".", "..", "%2e", "%2F", "%2f", "%41", "%C3%B8", "%25", "%", "g", "z c", "ø", "//", "?");
  const paths = fc.array(fragments, { maxLength: 12 }).map((parts) => `/${parts.join("")}`);

  it("leaves no dot segment and no empty segment behind", () => {
    fc.assert(
      fc.property(paths, (path) => {
        const segments = normalizePath(path).slice(1).split("/");
        expect(segments.filter((segment) => segment === "." || segment === "..")).toEqual([]);
        expect(segments.slice(0, -1)).not.toContain("");
      }),
    );
  });

  it("agrees with a plain reading of RFC 3986 section 5.2.4", () => {
    fc.assert(fc.property(paths, (path) => void expect(normalizePath(path)).toBe(plainNormalize(path))));
  });

  it("does the same to bytes of a request line as to text", () => {
    fc.assert(fc.property(paths, (path) => void expect(normalizeRequestPath(latin1(path))).toBe(normalizePath(path))));
  });
});

/** Segment by segment, after decoding and merging. */
function plainNormalize(path: string): string {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (triplet, hex: string) =>
    "!*'();:@&=+$,/?%#[]".includes(String.fromCharCode(Number.parseInt(hex, 16)))
      ? triplet.toUpperCase()
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // Bytes above 127 were decoded one by one; the fragments hold only C3 B8.
  const segments = decoded.replaceAll("\xc3\xb8", "ø").slice(1).split("/");
  const last = segments.at(-1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "." && segment !== "") kept.push(segment);
  }
  const directory = last === "" || last === "." || last === "..";
  return kept.length === 0 ? "/" : `/${kept.join("/")}${directory ? "/" : ""}`;
}

describe("normalizeRequestPath", () => {
  it("reads the characters above 127 that Node delivers as bytes", () => {
    expect(normalizeRequestPath(latin1("/endeløst"))).toBe("/endeløst");
    expect(normalizeRequestPath("/%C3%B8")).toBe("/ø");
    expect(normalizeRequestPath("/\xc3%B8")).toBe("/ø");
  });

  it("has no answer for bytes that are not UTF-8", () => {
    expect(normalizeRequestPath("/%FF")).toBeUndefined();
    expect(normalizeRequestPath("/\xf8")).toBeUndefined();
    expect(normalizeRequestPath("/%C3")).toBeUndefined();
    expect(normalizeRequestPath("/%ED%A0%80")).toBeUndefined();
  });

  it("takes characters that cannot be bytes for text", () => {
    expect(normalizeRequestPath("/€/ø%20")).toBe("/€/ø ");
  });
});

describe("escapePath", () => {
  it("returns what needs nothing as it is", () => {
    const safe = "/!#$&'()*+,/:;=?@[]ABCXYZabcxyz0123456789-_.~%20";
    expect(escapePath(safe)).toBe(safe);
  });

  it.each([
    ["/a b/c d", "/a%20b/c%20d"],
    ["/a😀", "/a%F0%9F%98%80"],
    ["/endeløst", "/endel%C3%B8st"],
    ['/"<>\\^`{|}\0\r\n\x7f', "/%22%3C%3E%5C%5E%60%7B%7C%7D%00%0D%0A%7F"],
  ])("%s → %s", (input, escaped) => {
    expect(escapePath(input)).toBe(escaped);
  });

  it("undoes what normalisation decodes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const path = normalizePath(`/${text}`);
        expect(escapePath(path)).toMatch(/^[\x21-\x7e]*$/);
        expect(normalizeRequestPath(escapePath(path))).toBe(normalizePath(path));
      }),
    );
  });
});

describe("splitTarget", () => {
  it.each([
    ["/a?b=c", "/a", "?b=c"],
    ["/a", "/a", ""],
    ["/a?", "/a", "?"],
    ["/a?b?c", "/a", "?b?c"],
    ["/?", "/", "?"],
    ["?a?b", "?a", "?b"],
    ["/a#b?c", "/a#b", "?c"],
    ["*", "*", ""],
    ["host:443", "host:443", ""],
    ["", "", ""],
    ["http://host/path?q", "/path", "?q"],
    ["HTTPS://user@host:80", "/", ""],
    ["http://host?q=1", "/", "?q=1"],
    ["/http://host/path", "/http://host/path", ""],
  ])("%s → %s and %s", (target, path, query) => {
    expect(splitTarget(target)).toEqual({ path, query });
  });
});
