import { expect, it } from "vitest";
import { keepingTimes } from "../../src/store/keep-times.js";
import { storedRows } from "../../src/store/stored-row.js";
import { EntityState } from "../../src/store/tables/entity-state.js";
import type { Steps } from "../../src/util/steps.js";
import { books, shelves } from "./shop.js";

const definitions = [books, shelves];

/** How often the work could be interrupted, and what came of it. */
function counted<T>(steps: Steps<T>): { readonly pauses: number; readonly result: T } {
  for (let pauses = 0; ; pauses++) {
    const { done, value } = steps.next();
    if (done) return { pauses, result: value };
  }
}

it("is readied for the store step by step", () => {
  const book = (number: number, at: number) => ({ id: `BOOK-${number}`, title: `Book ${number}`, created_at: at, shelf: null });
  const given = (at: number) =>
    new Map([["books", new Map(Array.from({ length: 1000 }, (_, number) => [`BOOK-${number}`, book(number, at)]))]]);
  const stored = counted(storedRows(definitions, given(1)));
  expect(stored.pauses).toBeGreaterThanOrEqual(15);
  expect(stored.result.get("books")?.get("book-7")).toMatchObject({ id: "book-7", title: "Book 7", created_at: 1 });

  const present = new EntityState(definitions, stored.result);
  const later = counted(storedRows(definitions, given(2))).result;
  const kept = counted(keepingTimes(definitions, later, present));
  expect(kept.pauses).toBeGreaterThanOrEqual(15);
  expect(kept.result.get("books")).toEqual(stored.result.get("books"));
  expect(kept.result.get("books")?.get("book-7")).toBe(stored.result.get("books")?.get("book-7"));
});
