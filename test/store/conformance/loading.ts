import fc from "fast-check";
import { expect, it } from "vitest";
import type { DaoError } from "../../../src/errors/dao-errors.js";
import { openStore, storedDefinitions } from "../../../src/store/open-store.js";
import { MemoryStrategy } from "../../../src/store/strategies/memory/memory-strategy.js";
import type { EntityRow } from "../../../src/store/strategy.js";
import { all, failure, type Harness, library, uuid } from "./world.js";

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

  it("keeps what stays, whatever it hung on before", async () => {
    const { db, strategy } = harness;
    await strategy.load(
      rows({
        shelves: [shelf(1), shelf(2)],
        books: [book(1, { shelf: { id: uuid(1) } }), book(2, { shelf: { id: uuid(1) } })],
        reviews: [
          { id: uuid(1), text: "fine", book: { id: uuid(1) } },
          { id: uuid(2), text: "long", book: { id: uuid(2) } },
        ],
      }),
      { replace: true },
    );
    const after = {
      // Two names that are swapped, and one that goes on to another record.
      shelves: [shelf(2, { name: "shelf 3" }), shelf(3, { name: "shelf 2" }), shelf(4, { name: "shelf 1" })],
      books: [book(1, { shelf: { id: uuid(2) } })],
      reviews: [
        { id: uuid(1), text: "fine", book: { id: uuid(1) } },
        { id: uuid(2), text: "long", book: null },
      ],
    };
    await strategy.load(rows(after), { replace: true });
    expect(await all(db.shelves.each())).toEqual(after.shelves);
    expect(await all(db.books.each())).toEqual(after.books);
    expect(await all(db.reviews.each())).toEqual(after.reviews);
    await strategy.load(rows(after), { replace: true });
    expect(await all(db.reviews.each())).toEqual(after.reviews);
  });

  it("replaces any content with any other", async () => {
    const { db, strategy } = harness;
    const pick = fc.nat({ max: 4 });
    const content = fc.record({
      shelves: fc.uniqueArray(fc.record({ n: pick, name: fc.option(fc.nat({ max: 3 })) }), { selector: ({ n }) => n }),
      books: fc.uniqueArray(fc.record({ n: pick, title: fc.nat({ max: 2 }), isbn: fc.option(pick), on: fc.option(pick) }), {
        selector: ({ n }) => n,
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 2, maxLength: 4 }), async (contents) => {
        const model = new MemoryStrategy();
        model.define(storedDefinitions(library));
        await strategy.load(new Map(), { replace: true });
        for (const { shelves, books } of contents) {
          const isThere = (n: number | null): boolean => shelves.some((one) => one.n === n);
          const given = {
            shelves: shelves.map(({ n, name }) => shelf(n, { name: name === null ? null : `name ${name}` })),
            books: books.map(({ n, title, isbn, on }) =>
              book(n, {
                title: `${title}`,
                isbn: isbn === null ? null : `${isbn}`,
                shelf: isThere(on) ? { id: uuid(on ?? 0) } : null,
              }),
            ),
          };
          const expected = await outcome(model.load(rows(given), { replace: true }));
          expect(await outcome(strategy.load(rows(given), { replace: true }))).toBe(expected);
        }
        const before = openStore(library, { strategy: model });
        expect(await all(db.shelves.each())).toEqual(await all(before.shelves.each()));
        expect(await all(db.books.each())).toEqual(await all(before.books.each()));
      }),
      { numRuns: 25 },
    );
  });

  it("leaves counters and the like alone, unless what they hang on goes", async () => {
    const { db, strategy } = harness;
    await strategy.load(rows({ shelves: [shelf(1), shelf(2)] }), { replace: true });
    const count = (reader: string, n?: number) =>
      db.visits.insert({ reader, day: 1, count: 1, ...(n === undefined ? {} : { shelf: { id: uuid(n) } }) });
    await Promise.all([count("alice"), count("bob", 1), count("carol", 2)]);
    await strategy.load(rows({ shelves: [shelf(2)] }), { replace: true });
    expect((await all(db.visits.each())).map(({ reader }) => reader)).toEqual(["alice", "carol"]);
    await strategy.load(rows({ visits: [] }), { replace: true });
    expect((await all(db.visits.each())).map(({ reader }) => reader)).toEqual(["alice"]);
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

async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "stored",
    ({ code }: DaoError) => `refused with ${code}`,
  );
}
