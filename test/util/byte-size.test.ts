import { expect, it } from "vitest";
import { parseByteSize } from "../../src/util/byte-size.js";

it.each([
  [0, 0],
  [4096, 4096],
  ["128m", 134_217_728],
  ["512K", 524_288],
  ["1g", 1_073_741_824],
  ["100", 100],
  [" 2m ", 2_097_152],
])("reads %s", (size, bytes) => {
  expect(parseByteSize(size)).toBe(bytes);
});

it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "", "m", "1.5m", "-1", "128mb", "9".repeat(30)])("refuses %s", (size) => {
  expect(parseByteSize(size)).toBeUndefined();
});
