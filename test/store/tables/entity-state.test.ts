import { expect, it } from "vitest";
import type { StoredRecord } from "../../../src/store/field-names.js";
import { cacheKeyText } from "../../../src/store/keys.js";
import { EntityState } from "../../../src/store/tables/entity-state.js";
import type { EntityTable } from "../../../src/store/tables/entity-table.js";
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

it("makes many changes as it makes each of them", () => {
  const volume = (number: number, edition: number, isbn: number): StoredRecord => ({
    id: `book-${String(number).padStart(4, "0")}`,
    title: `Book ${number}`,
    isbn: `${edition}-${isbn}`,
    shelf: { id: `shelf-${number % 3}` },
  });
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
  const first = range(0, 1500).map((number) => volume(number, 1, number));
  for (const [from, to] of [
    [1490, 1510],
    [100, 2500],
  ] as const) {
    const [many, each] = [0, 1].map(() => {
      const rows = new Map(first.map((row) => [row.id as string, row]));
      const table = new EntityState([books, shelves], new Map([["books", rows]])).table(books);
      // All that is kept beside the records.
      table.all();
      table.selectBy("isbn", "1-1");
      table.eachFor("shelf", "shelf-1");
      table.selectByCacheKey("none");
      return table;
    }) as [EntityTable, EntityTable];
    // Unique values change hands.
    const put = range(from, to).map((number) => volume(number, 1, from + to - 1 - number));
    const removed = range(0, from).map((number) => String(volume(number, 1, 0).id));
    many.change(put, removed);
    for (const key of removed) each.remove(key);
    for (const row of put) each.put(row);
    expect(many.all()).toEqual(each.all());
    for (const row of [...first, ...put]) {
      const key = cacheKeyText(books, row);
      expect(many.select(row.id as string)).toBe(each.select(row.id as string));
      expect(many.selectByCacheKey(key)).toBe(each.selectByCacheKey(key));
    }
    for (const row of put) expect(many.selectBy("isbn", row.isbn)).toBe(row);
    for (const shelf of ["shelf-0", "shelf-1", "shelf-2"]) {
      expect(many.eachFor("shelf", shelf)).toEqual(each.eachFor("shelf", shelf));
    }
  }
});
