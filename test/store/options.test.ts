import { expect, it } from "vitest";
import { InvalidOptionsError } from "../../src/errors/dao-errors.js";
import { checkOptions, hasTags } from "../../src/store/options.js";
import { books, labels, shelves } from "./shop.js";

function faults(...args: Parameters<typeof checkOptions>): unknown {
  try {
    checkOptions(...args);
  } catch (error) {
    if (error instanceof InvalidOptionsError) return error.options;
    throw error;
  }
  return undefined;
}

it("accepts what makes sense", () => {
  expect(faults(books, { skip_ttl: true, export: false, ttl: 0, tags: ["a b", "ü"], tags_cond: "or" })).toBeUndefined();
  expect(faults(shelves, { tags: ["one"] })).toBeUndefined();
});

it("says what does not", () => {
  expect(faults(shelves, { ttl: 5 })).toEqual({ ttl: "cannot be used with 'shelves'" });
  expect(faults(books, { ttl: -1 })).toEqual({ ttl: "must be an integer between 0 and 100000000" });
  expect(faults(books, { skip_ttl: 1 as never })).toEqual({ skip_ttl: "must be a boolean" });
  expect(faults(labels, { tags: ["a"] })).toEqual({ tags: "cannot be used with 'labels'" });
  expect(faults(books, { tags: "a" as never })).toEqual({ tags: "must be a table" });
  expect(faults(books, { tags: ["1", "2", "3", "4", "5", "6"] })).toEqual({ tags: "cannot query more than 5 tags" });
  expect(faults(books, { tags: ["a,b"] })).toEqual({
    tags: "must only contain printable ascii (except `,` and `/`) or valid utf-8",
  });
  expect(faults(books, { tags: ["a", "b"] })).toEqual({
    tags_cond: "must be a either 'and' or 'or' when more than one tag is specified",
  });
});

it("filters by all tags or by any", () => {
  const record = { tags: ["a", "b"] };
  expect(hasTags(record, { tags: ["a", "b"], tags_cond: "and" })).toBe(true);
  expect(hasTags(record, { tags: ["a", "c"], tags_cond: "and" })).toBe(false);
  expect(hasTags(record, { tags: ["a", "c"], tags_cond: "or" })).toBe(true);
  expect(hasTags({ tags: null }, { tags: ["a"] })).toBe(false);
  expect(hasTags({ tags: null }, {})).toBe(true);
});
