import { expect, it } from "vitest";
import { all, failure, type Harness, uuid } from "./world.js";

export function ttlTests(harness: Harness): void {
  it("shows the seconds that remain; then the record is gone for everybody", async () => {
    const { db, start, pass } = harness;
    const book = await db.books.insert({ title: "Emma", isbn: "1", tags: ["x"] }, { ttl: 60 });
    expect(book).toMatchObject({ ttl: 60 });
    pass(20);
    expect(await db.books.select(book.id)).toMatchObject({ ttl: 40 });
    expect(await db.books.select(book.id, { export: true })).toMatchObject({ ttl: start + 60 });
    pass(40);
    expect(await db.books.select(book.id)).toBeUndefined();
    expect(await db.books.selectBy("isbn", "1")).toBeUndefined();
    expect(await db.books.selectByCacheKey(db.books.cacheKey(book))).toBeUndefined();
    expect((await db.books.page()).data).toEqual([]);
    expect((await db.books.page(5, undefined, { tags: ["x"] })).data).toEqual([]);
    expect(await failure(db.books.update(book.id, { lent: true }))).toMatchObject({ code: 6 });
    await db.books.delete(book.id);
    expect(await db.books.select(book.id, { skip_ttl: true })).toMatchObject({ title: "Emma", ttl: 0 });
    expect((await db.books.page(5, undefined, { skip_ttl: true })).data).toHaveLength(1);
    await db.books.delete(book.id, { skip_ttl: true });
    expect(await db.books.select(book.id, { skip_ttl: true })).toBeUndefined();
  });

  it("takes the seconds from the record, too", async () => {
    const { db } = harness;
    const { id } = await db.books.insert({ title: "Emma", ttl: 60 } as never);
    expect(await db.books.select(id)).toMatchObject({ ttl: 60 });
    expect(await failure(db.books.insert({ title: "Persuasion", ttl: -1 } as never))).toMatchObject({ code: 11 });
    expect(await failure(db.shelves.insert({ ttl: 5 } as never))).toMatchObject({ code: 2, fields: { ttl: "unknown field" } });
    expect(await failure(db.shelves.insert({}, { ttl: 5 }))).toMatchObject({
      code: 11,
      options: { ttl: "cannot be used with 'shelves'" },
    });
  });

  it("keeps the expiry on update unless told otherwise, and clears it on upsert", async () => {
    const { db, pass } = harness;
    const { id } = await db.books.insert({ title: "Emma" }, { ttl: 60 });
    pass(10);
    expect(await db.books.update(id, { lent: true })).toMatchObject({ ttl: 50 });
    expect(await db.books.update(id, { lent: true }, { ttl: 100 })).toMatchObject({ ttl: 100 });
    expect(await db.books.update(id, { lent: true }, { ttl: 0 })).not.toHaveProperty("ttl");
    expect(await db.books.select(id)).not.toHaveProperty("ttl");
    expect(await db.books.upsert(id, { title: "Emma" }, { ttl: 5 })).toMatchObject({ ttl: 5 });
    expect(await db.books.upsert(id, { title: "Emma" })).not.toHaveProperty("ttl");
    pass(1000);
    expect(await db.books.select(id)).toMatchObject({ title: "Emma" });
  });

  it("does not let what has expired stand in the way", async () => {
    const { db, changes, pass } = harness;
    await db.books.insert({ id: uuid(1), title: "Emma", isbn: "1" }, { ttl: 5 });
    await db.books.insert({ id: uuid(2), title: "Persuasion" }, { ttl: 5 });
    pass(5);
    changes.length = 0;
    expect(await db.books.insert({ id: uuid(3), title: "Emma", isbn: "1" })).toMatchObject({ id: uuid(3) });
    expect(await db.books.insert({ id: uuid(1), title: "Sanditon" })).toMatchObject({ id: uuid(1) });
    expect(await db.books.upsert(uuid(2), { title: "Lady Susan" })).toMatchObject({ title: "Lady Susan" });
    expect(changes.map(({ operation }) => operation)).toEqual(["create", "create", "create"]);
    expect((await all(db.books.each())).map(({ title }) => title)).toEqual(["Sanditon", "Lady Susan", "Emma"]);
  });

  it("removes what has expired, with what hangs on it", async () => {
    const { db, strategy, pass } = harness;
    await db.books.insert({ id: uuid(1), title: "Emma" }, { ttl: 5 });
    await db.books.insert({ id: uuid(2), title: "Persuasion" }, { ttl: 50 });
    const review = await db.reviews.insert({ book: { id: uuid(1) } });
    pass(10);
    expect(await strategy.removeExpired()).toBe(1);
    expect(await strategy.removeExpired()).toBe(0);
    expect(await db.books.select(uuid(1), { skip_ttl: true })).toBeUndefined();
    expect(await db.books.select(uuid(2))).toMatchObject({ ttl: 40 });
    expect(await db.reviews.select(review.id)).toMatchObject({ book: null });
  });
}
