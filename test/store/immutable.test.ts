import { expect, it } from "vitest";
import { immutableFaults } from "../../src/store/immutable.js";
import { books } from "./shop.js";

it("notices changes of what may not change", () => {
  expect(immutableFaults(books, { isbn: "1" }, { isbn: "2" })).toEqual({ isbn: "immutable field cannot be updated" });
  expect(immutableFaults(books, { isbn: null }, { isbn: "2" })).toEqual({});
  expect(immutableFaults(books, { isbn: "1" }, { isbn: "1" })).toEqual({});
});
