import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { getHeader, hopByHopNames, isHeaderName, removeHeader, setHeader } from "../../src/util/header-list.js";

const pairs = fc.array(fc.tuple(fc.constantFrom("A", "a", "Set-Cookie", "set-cookie", "X-b", "@[", "`{"), fc.string()));
const flat = (list: readonly (readonly [string, string])[]): string[] => list.flat();

describe("isHeaderName", () => {
  it("compares letters of ASCII without case and nothing else", () => {
    expect(isHeaderName("Content-Length", "content-length")).toBe(true);
    expect(isHeaderName("CONTENT-LENGTH", "content-length")).toBe(true);
    expect(isHeaderName("content-lengt", "content-length")).toBe(false);
    // 0x40 and 0x60 differ by the case bit only.
    expect(isHeaderName("@", "`")).toBe(false);
    expect(isHeaderName("[", "{")).toBe(false);
    // Lower-casing the Kelvin sign gives an ASCII k.
    expect(isHeaderName("\u212a", "k")).toBe(false);
  });
});

describe("getHeader", () => {
  it("answers the first value, however the name is spelled", () => {
    expect(getHeader(["Host", "a", "HOST", "b"], "host")).toBe("a");
    expect(getHeader(["x", "host"], "host")).toBeUndefined();
    expect(getHeader([], "host")).toBeUndefined();
  });
});

describe("removeHeader", () => {
  it("removes all lines and keeps the order of the others", () => {
    const list = ["A", "1", "b", "2", "a", "3", "C", "4"];
    expect(removeHeader(list, "a")).toBe(2);
    expect(list).toEqual(["b", "2", "C", "4"]);
    expect(removeHeader(list, "a")).toBe(0);
  });

  it("does what a filter does", () => {
    fc.assert(
      fc.property(pairs, (lines) => {
        const list = flat(lines);
        const removed = removeHeader(list, "set-cookie");
        const kept = lines.filter(([name]) => name.toLowerCase() !== "set-cookie");
        expect(list).toEqual(flat(kept));
        expect(removed).toBe(lines.length - kept.length);
      }),
    );
  });
});

describe("setHeader", () => {
  it("replaces in place and drops repetitions", () => {
    const list = ["A", "1", "x", "2", "B", "3", "X", "4", "C", "5"];
    setHeader(list, "X", "new");
    expect(list).toEqual(["A", "1", "X", "new", "B", "3", "C", "5"]);
  });

  it("appends what is absent", () => {
    const list = ["A", "1"];
    setHeader(list, "B", "2");
    expect(list).toEqual(["A", "1", "B", "2"]);
  });

  it("leaves exactly one line of that name", () => {
    fc.assert(
      fc.property(pairs, fc.string(), (lines, value) => {
        const list = flat(lines);
        setHeader(list, "A", value);
        expect(getHeader(list, "a")).toBe(value);
        expect(removeHeader(list, "a")).toBe(1);
        expect(list).toEqual(flat(lines.filter(([name]) => name !== "A" && name !== "a")));
      }),
    );
  });
});

describe("hopByHopNames", () => {
  it.each(["keep-alive", "close", "upgrade", "Keep-Alive", "Upgrade", "", " , ,", "keep-alive, Upgrade"])(
    "names nothing for %j",
    (value) => {
      expect(hopByHopNames(value)).toBeUndefined();
    },
  );

  it("answers names in lower case, without blanks and options", () => {
    expect(hopByHopNames("close, X-One ,,\tx-two, X-ONE")).toEqual(new Set(["x-one", "x-two"]));
  });
});
