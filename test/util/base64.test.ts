import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64, decodeBase64Url } from "../../src/util/base64.js";

describe("base64", () => {
  it("reads what was encoded, padded or not", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        for (const form of [text, text.replaceAll("=", "")]) {
          expect(decodeBase64(form)).toEqual(Buffer.from(bytes));
          expect(decodeBase64Url(form)).toEqual(Buffer.from(bytes));
        }
        expect(decodeBase64Url(Buffer.from(bytes).toString("base64url"))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each(["a", "abcde", "ab c", "ab\n", "ab!=", "a=b", "ab===", "é"])("refuses %j", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
    expect(decodeBase64Url(text)).toBeUndefined();
  });

  it("takes the other alphabet only where it is asked to", () => {
    expect(decodeBase64("-_-_")).toBeUndefined();
    expect(decodeBase64Url("-_+/")).toEqual(Buffer.from("+/+/", "base64"));
  });
});
