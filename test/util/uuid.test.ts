import fc from "fast-check";
import { expect, it } from "vitest";
import { isUuid, uuidBytes, uuidV4, uuidV5 } from "../../src/util/uuid.js";

it("derives the id of RFC 9562 appendix A.4", () => {
  expect(uuidV5(uuidBytes("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "www.example.com")).toBe(
    "2ed6657d-e927-568b-95e1-2665a8aea6a2",
  );
});

it("accepts both cases and nothing but hexadecimal texts of the right shape", () => {
  expect(isUuid("0855B320-0dd2-547d-891d-601e9b38647f")).toBe(true);
  expect(isUuid(uuidV4())).toBe(true);
  for (const other of ["", "0855b3200dd2547d891d601e9b38647f", "0855b320-0dd2-547d-891d-601e9b38647g", 5, null]) {
    expect(isUuid(other)).toBe(false);
  }
});

it("agrees with the pattern of a UUID on every text", () => {
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
  const nearly = fc
    .tuple(fc.uuid(), fc.nat(36), fc.string({ unit: "binary", maxLength: 2 }))
    .map(([id, at, text]) => id.slice(0, at) + text + id.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(nearly, fc.uuid(), fc.string({ unit: "binary" })), (text) => isUuid(text) === pattern.test(text)),
  );
});

it("derives ids from names of any length", () => {
  const namespace = uuidBytes("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 5000 }), (name) => {
      expect(isUuid(uuidV5(namespace, name))).toBe(true);
      expect(uuidV5(namespace, name)).toBe(uuidV5(namespace, name));
    }),
  );
  expect(uuidV5(namespace, "x".repeat(3000))).not.toBe(uuidV5(namespace, "x".repeat(3001)));
});
