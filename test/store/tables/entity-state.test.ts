import { expect, it } from "vitest";
import type { StoredRecord } from "../../../src/store/field-names.js";
import { cacheKeyText } from "../../../src/store/keys.js";
import { EntityState } from "../../../src/store/tables/entity-state.js";
import { books, labels, shelves, shop } from "../shop.js";

const shelf = { id: "shelf-1", name: "top" };
const emma = { id: "b", title: "Emma", isbn: "1", shelf: { id: "shelf-1" }, tags: null };
const ulysses = { id: "a", title: "Ulysses", isbn: "2", shelf: { id: "shelf-1" }, ttl: 1000 };
const odyssey = { id: "c", title: "Odyssey", isbn: null, shelf: null };

function state(now = 0): EntityState {
  const rows = new Map<string, Map<string, StoredRecord>>([
    ["shelves", new Map([["shelf-1", shelf]])],
    ["books", new Map([emma, ulysses, odyssey].map((row) => [row.id, row as StoredRecord]))],
    ["labels", new Map([["new", { text: "new", shelf: { id: "shelf-1" } }]])],
  ]);
  return new EntityState(Object.values(shop), rows, { now: () => now });
}

it("selects by id, unique field, reference and cache key", () => {
  expect(state().select("books", "b")).toBe(emma);
  expect(state().selectBy("books", "isbn", "2")).toBe(ulysses);
  expect(state().selectBy("books", "isbn", null)).toBeUndefined();
  expect(state().selectBy(labels, "shelf", "shelf-1")).toMatchObject({ text: "new" });
  expect(state().selectBy("labels", "shelf", { id: "shelf-1" })).toMatchObject({ text: "new" });
  expect(state().selectByCacheKey(books, cacheKeyText(books, emma))).toBe(emma);
  expect(state().selectByCacheKey("labels", "new")).toMatchObject({ text: "new" });
});

it("lists in ascending order of the primary key", () => {
  expect(state().all("books")).toEqual([ulysses, emma, odyssey]);
  expect(state().eachFor(books, "shelf", "shelf-1")).toEqual([ulysses, emma]);
  expect(state().eachFor(books, "shelf", "elsewhere")).toEqual([]);
});

it("hides what has expired from every read", () => {
  const later = state(1_000_000);
  expect(later.select("books", "a")).toBeUndefined();
  expect(later.selectBy("books", "isbn", "2")).toBeUndefined();
  expect(later.all("books")).toEqual([emma, odyssey]);
  expect(later.eachFor("books", "shelf", "shelf-1")).toEqual([emma]);
  expect(later.table("books").select("a", true)).toBe(ulysses);
  expect(state(999_999).select("books", "a")).toBe(ulysses);
});

it("has tables for entities without records, and none for unknown ones", () => {
  const empty = new EntityState([shelves], new Map());
  expect(empty.all(shelves)).toEqual([]);
  expect(() => empty.all("books")).toThrow("no entity is named 'books'");
});
