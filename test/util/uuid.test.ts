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
