import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isReference, parseReference, VaultError } from "../../src/vaults/reference.js";

describe("parseReference", () => {
  it.each([
    ["{vault://env/my-pass}", { name: "env", resource: "my-pass" }],
    ["{vault://env/my-json/user}", { name: "env", resource: "my-json", key: "user" }],
    ["{vault://env/a/b/c}", { name: "env", resource: "a/b", key: "c" }],
    ["{vault://env/a/b/}", { name: "env", resource: "a/b" }],
    ["{vault://env//a///b}", { name: "env", resource: "a", key: "b" }],
    ["{vault://env/pass?prefix=app_}", { name: "env", resource: "pass", config: { prefix: "app_" } }],
    ["{vault://env/pass?}", { name: "env", resource: "pass" }],
    ["{vault://env/pass#2}", { name: "env", resource: "pass", version: 2 }],
    ["{vault://env/a%20b/c%2Fd?prefix=x#1}", { name: "env", resource: "a b", key: "c/d", config: { prefix: "x" }, version: 1 }],
    ["{vault://env/100%}", { name: "env", resource: "100%" }],
  ])("takes %s apart", (reference, parts) => {
    expect(isReference(reference)).toBe(true);
    expect(parseReference(reference)).toEqual(parts);
  });

  it.each([
    ["secret", "not a reference [secret]"],
    ["{vault://env/x} ", "not a reference [{vault://env/x} ]"],
    ["{vault:///x}", "reference url is missing host [{vault:///x}]"],
    ["{vault://}", "reference url is missing host [{vault://}]"],
    ["{vault://env}", "reference url is missing path [{vault://env}]"],
    ["{vault://env/}", "reference url has empty path [{vault://env/}]"],
    ["{vault://env//}", "reference url has invalid path [{vault://env//}]"],
    ["{vault://env/x#new}", "reference url has invalid version [{vault://env/x#new}]"],
  ])("refuses %s", (reference, message) => {
    expect(() => parseReference(reference)).toThrow(new VaultError(message));
  });

  it("answers or refuses anything", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `{vault://${text}}`),
        ),
        (text) => {
          try {
            expect(parseReference(text).resource).not.toBe("");
          } catch (error) {
            expect(error).toBeInstanceOf(VaultError);
          }
        },
      ),
    );
  });
});
