import { expect, it } from "vitest";
import { all, failure, type Harness, uuid } from "./world.js";

export function crudTests(harness: Harness): void {
  it("inserts complete records and finds them by every key", async () => {
    const { db, start } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    expect(shelf).toEqual({ id: expect.any(String), name: "top", size: 10, tags: null });
    const book = await db.books.insert({ title: "Emma", isbn: "1", shelf, authors: ["Jane", "Jane"], tags: ["a", "a", "b"] });
    expect(book).toEqual({
      id: expect.any(String),
      created_at: start,
      title: "Emma",
      isbn: "1",
      shelf: { id: shelf.id },
      lent: false,
      authors: ["Jane", "Jane"],
      details: { pages: null, cover: "soft" },
      tags: ["a", "b"],
    });
    expect(await db.books.select(book.id)).toEqual(book);
    expect(await db.books.select(book)).toEqual(book);
    expect(await db.books.select(book.id.toUpperCase())).toEqual(book);
    expect(await db.books.selectBy("isbn", "1")).toEqual(book);
    expect(await db.books.selectBy("title", "Emma")).toEqual(book);
    expect(await db.books.selectByCacheKey(db.books.cacheKey(book))).toEqual(book);
    expect(await db.books.select(uuid(9))).toBeUndefined();
    expect(await db.books.selectBy("isbn", "9")).toBeUndefined();
    expect(await db.books.selectByCacheKey("books:none")).toBeUndefined();
  });

  it("keeps text, numbers and nested values as they are", async () => {
    const { db } = harness;
    const title = "Ünï\"co'de \\ 🚀 %_$1 --";
    const { id } = await db.books.insert({
      title,
      authors: ['a"b', "{c}", "d,e", "NULL", ""].filter(Boolean),
      tags: ["x y", "é"],
    });
    expect(await db.books.select(id)).toMatchObject({ title, authors: ['a"b', "{c}", "d,e", "NULL"], tags: ["x y", "é"] });
    await db.books.update(id, { authors: [], details: { pages: 0, cover: null } });
    expect(await db.books.select(id)).toMatchObject({ authors: [], details: { pages: 0, cover: null } });
  });

  it("finds references by a unique field, and resolves them when they are written so", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    const label = await db.labels.insert({ text: "new", shelf: { name: "top" } });
    expect(label).toEqual({ text: "new", shelf: { id: shelf.id } });
    expect(await db.labels.selectBy("shelf", shelf.id)).toEqual(label);
    expect(await db.labels.selectBy("shelf", shelf)).toEqual(label);
    expect(await db.labels.select("new")).toEqual(label);
    expect(await db.labels.selectByCacheKey("new")).toEqual(label);
  });

  it("updates what is given and nothing else", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    const { id } = await db.books.insert({ title: "Emma", shelf, details: { pages: 5, cover: "hard" } });
    expect(await db.books.update(id, { details: { pages: 6 } })).toMatchObject({
      title: "Emma",
      shelf: { id: shelf.id },
      details: { pages: 6, cover: "hard" },
    });
    expect(await db.books.update(id, { shelf: null, tags: ["x"] })).toMatchObject({ shelf: null, tags: ["x"] });
    expect(await db.books.update(id, { tags: null })).toMatchObject({ tags: null });
    expect(await db.books.updateBy("title", "Emma", { lent: true })).toMatchObject({ id, lent: true });
    expect(await db.books.select(id)).toMatchObject({ lent: true, tags: null, shelf: null });
  });

  it("upserts whole records", async () => {
    const { db } = harness;
    const created = await db.books.upsert(uuid(1), { title: "Emma", lent: true, tags: ["x"] });
    expect(created).toMatchObject({ id: uuid(1), title: "Emma", lent: true });
    const replaced = await db.books.upsert(uuid(1), { title: "Persuasion" });
    expect(replaced).toMatchObject({ id: uuid(1), title: "Persuasion", lent: false, tags: null });
    expect(await db.books.select(uuid(1))).toEqual(replaced);
    expect(harness.changes.map(({ operation }) => operation)).toEqual(["create", "update"]);
  });

  it("upserts by a unique field, keeping the id that is there", async () => {
    const { db } = harness;
    const created = await db.shelves.upsertBy("name", "top", { size: 5 });
    const replaced = await db.shelves.upsertBy("name", "top", { id: uuid(7), tags: ["x"] });
    expect(replaced).toEqual({ id: created.id, name: "top", size: 10, tags: ["x"] });
    expect(await all(db.shelves.each())).toEqual([replaced]);
  });

  it("deletes by id and by field; what is not there is deleted already", async () => {
    const { db } = harness;
    await db.shelves.insert({ id: uuid(1), name: "a" });
    await db.shelves.insert({ id: uuid(2), name: "b" });
    await db.shelves.delete(uuid(1));
    await db.shelves.deleteBy("name", "b");
    await db.shelves.delete(uuid(1));
    await db.shelves.deleteBy("name", "b");
    expect(await all(db.shelves.each())).toEqual([]);
  });

  it("knows keys of several parts", async () => {
    const { db } = harness;
    await db.counters.insert({ place: "hall", day: 2, count: 1 });
    await db.counters.insert({ place: "hall", day: 10, count: 2 });
    expect(await db.counters.select({ place: "hall", day: 10 })).toEqual({ place: "hall", day: 10, count: 2 });
    expect(await db.counters.update({ place: "hall", day: 2 }, { count: 5 })).toMatchObject({ count: 5 });
    expect(await db.counters.upsert({ place: "hall", day: 3 }, { count: 9 } as never)).toMatchObject({ day: 3, count: 9 });
    await db.counters.delete({ place: "hall", day: 10 });
    expect((await all(db.counters.each(1))).map(({ day }) => day).sort()).toEqual([2, 3]);
    expect((await failure(db.counters.select("hall"))).code).toBe(1);
  });

  it("truncates one entity, and what hangs on it", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    await db.books.insert({ title: "Emma", shelf });
    await db.books.insert({ title: "Alone" });
    await db.shelves.truncate();
    expect(await all(db.shelves.each())).toEqual([]);
    expect((await all(db.books.each())).map(({ title }) => title)).toEqual(["Alone"]);
  });

  it("tells of every change, with the record before an update", async () => {
    const { db, changes } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    await db.shelves.update(shelf.id, { size: 5 });
    await db.shelves.delete(shelf.id);
    await db.shelves.delete(shelf.id);
    await db.shelves.insert({ name: "quiet" }, { no_broadcast_crud_event: true });
    expect(changes).toEqual([
      { entity: "shelves", operation: "create", row: shelf },
      { entity: "shelves", operation: "update", row: { ...shelf, size: 5 }, old: shelf },
      { entity: "shelves", operation: "delete", row: { ...shelf, size: 5 } },
    ]);
  });

  it("hands out copies", async () => {
    const { db } = harness;
    const input = { title: "Emma", authors: ["Jane"] };
    const { id, ...record } = await db.books.insert(input);
    input.authors.push("nobody");
    record.authors?.push("nobody");
    (await db.books.select(id))?.authors?.push("nobody");
    expect(await db.books.select(id)).toMatchObject({ authors: ["Jane"] });
  });
}
