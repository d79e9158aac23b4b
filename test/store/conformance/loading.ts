import { expect, it } from "vitest";
import type { EntityRow } from "../../../src/store/strategy.js";
import { all, failure, type Harness, uuid } from "./world.js";

function shelf(n: number, more: object = {}): EntityRow {
  return { id: uuid(n), name: `shelf ${n}`, size: 10, tags: null, ...more };
}

function book(n: number, more: object = {}): EntityRow {
  const details = { pages: n, cover: "soft" };
  const rest = { created_at: 1, isbn: null, shelf: null, lent: false, authors: null, tags: null };
  return { id: uuid(n), title: `Book ${n}`, details, ...rest, ...more };
}

function rows(content: Readonly<Record<string, readonly EntityRow[]>>): Map<string, Map<string, EntityRow>> {
  return new Map(Object.entries(content).map(([name, list]) => [name, new Map(list.map((row) => [String(row.id), row]))]));
}

export function loadingTests(harness: Harness): void {
  it("replaces everything, in whatever order the records come", async () => {
    const { db, strategy } = harness;
    await db.shelves.insert({ id: uuid(1), name: "old" });
    await db.books.insert({ id: uuid(7), title: "Old", shelf: { id: uuid(1) } });
    await strategy.load(rows({ books: [book(1, { shelf: { id: uuid(2) } })], shelves: [shelf(2)] }), { replace: true });
    expect(await all(db.shelves.each())).toEqual([shelf(2)]);
    expect(await all(db.books.each())).toEqual([book(1, { shelf: { id: uuid(2) } })]);
    expect(await db.shelves.selectBy("name", "old")).toBeUndefined();
    expect(await all(db.books.eachFor("shelf", uuid(2)))).toHaveLength(1);
  });

  it("adds to what is there, and replaces what has the same key", async () => {
    const { db, strategy } = harness;
    await strategy.load(rows({ shelves: [shelf(1), shelf(2)] }), { replace: true });
    await strategy.load(rows({ shelves: [shelf(2, { size: 5 }), shelf(3)], books: [book(1, { shelf: { id: uuid(1) } })] }), {
      replace: false,
    });
    expect(await all(db.shelves.each())).toEqual([shelf(1), shelf(2, { size: 5 }), shelf(3)]);
    expect(await all(db.books.each())).toHaveLength(1);
  });

  it("stores all or nothing", async () => {
    const { db, strategy } = harness;
    await strategy.load(rows({ shelves: [shelf(1)] }), { replace: true });
    const nowhere = rows({ shelves: [shelf(2)], books: [book(1, { shelf: { id: uuid(9) } })] });
    for (const replace of [true, false]) {
      expect(await failure(strategy.load(nowhere, { replace }))).toMatchObject({ code: 4, fields: { shelf: { id: uuid(9) } } });
    }
    const twice = rows({ shelves: [shelf(2), shelf(3, { name: "shelf 2" })] });
    for (const replace of [true, false]) {
      expect(await failure(strategy.load(twice, { replace }))).toMatchObject({ code: 5, fields: { name: "shelf 2" } });
    }
    expect(await failure(strategy.load(rows({ shelves: [shelf(4, { name: "shelf 1" })] }), { replace: false }))).toMatchObject({
      code: 5,
    });
    expect(await all(db.shelves.each())).toEqual([shelf(1)]);
    expect(await all(db.books.each())).toEqual([]);
  });

  it("loads many", async () => {
    const { db, strategy } = harness;
    const many = Array.from({ length: 2500 }, (_, n) => book(n + 1, { tags: [`t${n % 7}`], isbn: `${n}` }));
    await strategy.load(rows({ books: many }), { replace: true });
    expect(await db.books.selectBy("isbn", "2499")).toMatchObject({ title: "Book 2500" });
    expect(await all(db.books.each(1000))).toHaveLength(2500);
    expect(await all(db.books.each(100, { tags: ["t3"] }))).toHaveLength(many.filter(({ tags }) => String(tags) === "t3").length);
  });
}
