import { expect, it } from "vitest";
import { all, type Harness, uuid } from "./world.js";

export function concurrencyTests(harness: Harness): void {
  it("gives a unique value to one of many writers", async () => {
    const { db, changes } = harness;
    const writes = Array.from({ length: 20 }, (_, n) => db.shelves.insert({ name: "top", size: n + 1 }));
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject({ code: 5 });
    expect(await all(db.shelves.each())).toHaveLength(1);
    expect(changes).toHaveLength(1);
  });

  it("makes one record of many upserts by name", async () => {
    const { db } = harness;
    const records = await Promise.all(Array.from({ length: 10 }, (_, n) => db.shelves.upsertBy("name", "top", { size: n + 1 })));
    expect(new Set(records.map(({ id }) => id)).size).toBe(1);
    expect(await all(db.shelves.each())).toHaveLength(1);
  });

  it("keeps updates of different fields that are made at the same time", async () => {
    const { db } = harness;
    const { id } = await db.books.insert({ title: "Emma" });
    await Promise.all([
      db.books.update(id, { lent: true }),
      db.books.update(id, { authors: ["Jane"] }),
      db.books.update(id, { tags: ["x"] }),
      db.books.update(id, { isbn: "1" }),
    ]);
    expect(await db.books.select(id)).toMatchObject({ lent: true, authors: ["Jane"], tags: ["x"], isbn: "1" });
  });

  it("never leaves a reference to what is being deleted", async () => {
    const { db } = harness;
    for (let round = 0; round < 5; round++) {
      const shelf = await db.shelves.insert({ id: uuid(round + 1) });
      await Promise.allSettled([
        ...Array.from({ length: 10 }, (_, n) => db.books.insert({ title: `${round} ${n}`, shelf })),
        db.shelves.delete(shelf.id),
        ...Array.from({ length: 10 }, (_, n) => db.books.insert({ title: `${round} ${n + 10}`, shelf })),
      ]);
    }
    expect(await all(db.shelves.each())).toEqual([]);
    expect(await all(db.books.each())).toEqual([]);
  });

  it("never has a page that shows half of a load", async () => {
    const { db, strategy } = harness;
    const content = (from: number) =>
      new Map([
        [
          "shelves",
          new Map(
            Array.from({ length: 50 }, (_, n) => {
              const id = uuid(from + n);
              return [id, { id, name: `${from + n}`, size: 10, tags: null }];
            }),
          ),
        ],
      ]);
    await strategy.load(content(1), { replace: true });
    const load = strategy.load(content(1001), { replace: true });
    const pages = await Promise.all(Array.from({ length: 5 }, () => db.shelves.page()));
    await load;
    for (const { data } of pages) expect(new Set(data.map(({ name }) => Number(name) > 1000)).size).toBe(1);
    for (const { data } of pages) expect(data).toHaveLength(50);
  });
}
