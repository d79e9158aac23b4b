import { expect, it } from "vitest";
import { all, failure, type Harness, uuid } from "./world.js";

export function errorTests(harness: Harness): void {
  it("code 3: the primary key is taken", async () => {
    const { db } = harness;
    await db.shelves.insert({ id: uuid(1), name: "a" });
    expect((await failure(db.shelves.insert({ id: uuid(1), name: "b" }))).toJSON()).toEqual({
      code: 3,
      name: "primary key violation",
      message: `primary key violation on key '{id="${uuid(1)}"}'`,
      fields: { id: uuid(1) },
    });
  });

  it("code 4: a reference leads nowhere", async () => {
    const { db } = harness;
    const expected = {
      code: 4,
      name: "foreign key violation",
      message: `the foreign key '{id="${uuid(9)}"}' does not reference an existing 'shelves' entity.`,
      fields: { shelf: { id: uuid(9) } },
    };
    expect((await failure(db.books.insert({ title: "Emma", shelf: { id: uuid(9) } }))).toJSON()).toEqual(expected);
    const { id } = await db.books.insert({ title: "Emma" });
    expect((await failure(db.books.update(id, { shelf: { id: uuid(9) } }))).toJSON()).toEqual(expected);
    expect((await failure(db.books.upsert(id, { title: "Emma", shelf: { id: uuid(9) } }))).toJSON()).toEqual(expected);
    expect(await db.books.select(id)).toMatchObject({ shelf: null });
  });

  it("code 5: a unique value is taken, by insert, update and upsert", async () => {
    const { db } = harness;
    await db.shelves.insert({ id: uuid(1), name: "a" });
    await db.shelves.insert({ id: uuid(2), name: "b" });
    const expected = {
      code: 5,
      name: "unique constraint violation",
      message: `UNIQUE violation detected on '{name="a"}'`,
      fields: { name: "a" },
    };
    expect((await failure(db.shelves.insert({ name: "a" }))).toJSON()).toEqual(expected);
    expect((await failure(db.shelves.update(uuid(2), { name: "a" }))).toJSON()).toEqual(expected);
    expect((await failure(db.shelves.upsert(uuid(2), { name: "a" }))).toJSON()).toEqual(expected);
    expect((await failure(db.shelves.upsert(uuid(3), { name: "a" }))).toJSON()).toEqual(expected);
    expect(await db.shelves.update(uuid(1), { name: "a" })).toMatchObject({ name: "a" });
    expect((await all(db.shelves.each())).map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("code 5: unset values are no values", async () => {
    const { db } = harness;
    await db.shelves.insert({});
    await db.shelves.insert({ name: null });
    expect(await all(db.shelves.each())).toHaveLength(2);
  });

  it("code 5: a reference may be unique, too", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ id: uuid(1) });
    await db.labels.insert({ text: "new", shelf });
    expect((await failure(db.labels.insert({ text: "old", shelf }))).toJSON()).toMatchObject({
      code: 5,
      message: `UNIQUE violation detected on '{shelf={id="${uuid(1)}"}}'`,
      fields: { shelf: { id: uuid(1) } },
    });
    await db.labels.insert({ text: "a" });
    await db.labels.insert({ text: "b" });
  });

  it("code 5: the fields of a composite cache key are unique together", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ id: uuid(1) });
    await db.books.insert({ title: "Emma", shelf });
    const { id } = await db.books.insert({ title: "Emma" });
    expect((await failure(db.books.insert({ title: "Emma", shelf }))).toJSON()).toMatchObject({
      code: 5,
      message: `UNIQUE violation detected on '{shelf={id="${uuid(1)}"},title="Emma"}'`,
      fields: { title: "Emma", shelf: { id: uuid(1) } },
    });
    expect((await failure(db.books.insert({ title: "Emma" }))).toJSON()).toMatchObject({
      code: 5,
      message: `UNIQUE violation detected on '{shelf=null,title="Emma"}'`,
      fields: { title: "Emma", shelf: null },
    });
    expect(await failure(db.books.update(id, { shelf }))).toMatchObject({ code: 5 });
    expect(await db.books.update(id, { title: "Persuasion", shelf })).toMatchObject({ title: "Persuasion" });
    expect(await db.books.selectByCacheKey(db.books.cacheKey({ title: "Persuasion", shelf }))).toMatchObject({ id });
    expect(await db.books.insert({ title: "Emma" })).toMatchObject({ shelf: null });
  });

  it("reports the primary key before unique fields, and these before references", async () => {
    const { db } = harness;
    await db.books.insert({ id: uuid(1), title: "Emma", isbn: "1" });
    const nowhere = { id: uuid(9) };
    expect((await failure(db.books.insert({ id: uuid(1), title: "Emma", isbn: "1", shelf: nowhere }))).code).toBe(3);
    expect(await failure(db.books.insert({ title: "Emma", isbn: "1" }))).toMatchObject({ code: 5, fields: { isbn: "1" } });
    expect(await failure(db.books.insert({ title: "Emma", isbn: "1", shelf: nowhere }))).toMatchObject({
      code: 5,
      fields: { isbn: "1" },
    });
  });

  it("code 6: what is to be updated is not there", async () => {
    const { db } = harness;
    expect((await failure(db.shelves.update(uuid(1), { name: "a" }))).toJSON()).toEqual({
      code: 6,
      name: "not found",
      message: `could not find the entity with primary key '{id="${uuid(1)}"}'`,
      fields: { id: uuid(1) },
    });
    expect((await failure(db.shelves.updateBy("name", "a", { size: 1 }))).toJSON()).toMatchObject({
      code: 6,
      message: `could not find the entity with '{name="a"}'`,
      fields: { name: "a" },
    });
  });

  it("codes 1, 2, 10, 11, 13 and 16 come before anything is stored", async () => {
    const { db } = harness;
    expect(await failure(db.shelves.select("x"))).toMatchObject({ code: 1 });
    expect(await failure(db.shelves.insert({ size: 0 }))).toMatchObject({ code: 2, fields: { size: expect.any(String) } });
    expect(await failure(db.books.update(uuid(1), {}, { ttl: -1 }))).toMatchObject({ code: 11 });
    expect(await failure(db.shelves.selectBy("name", ""))).toMatchObject({ code: 10, name: "invalid unique name" });
    expect(await failure(db.books.insert({ title: "Emma", shelf: { name: "none" } }))).toMatchObject({ code: 13 });
    expect(await failure(db.labels.selectBy("shelf", "x"))).toMatchObject({ code: 16 });
    expect(await failure(db.shelves.page(1, undefined, { workspace: "other" }))).toMatchObject({
      code: 11,
      options: { workspace: "invalid workspace" },
    });
    expect(harness.changes).toEqual([]);
  });

  it("code 2: neither keys nor immutable fields change", async () => {
    const { db } = harness;
    const { id } = await db.books.insert({ title: "Emma", isbn: "1" });
    expect(await failure(db.books.update(id, { isbn: "2" }))).toMatchObject({
      code: 2,
      fields: { isbn: "immutable field cannot be updated" },
    });
    expect(await failure(db.books.update(id, { id: uuid(1) }))).toMatchObject({
      code: 2,
      fields: { id: "immutable field cannot be updated" },
    });
    expect(await db.books.update(id, { id, isbn: "1" })).toMatchObject({ id });
  });

  it("codes 7 and 9: pages that can not be", async () => {
    const { db, strategy } = harness;
    const max = strategy.maxPageSize;
    for (const size of [0, 1.5, max + 1]) {
      expect((await failure(db.shelves.page(size))).message).toBe(`size must be an integer between 1 and ${max}`);
    }
    expect((await failure(db.shelves.page(1, "a b"))).message).toBe("'a b' is not a valid offset: bad base64 encoding");
    expect((await failure(db.shelves.page(1, "AAAA"))).message).toBe("'AAAA' is not a valid offset: bad json encoding");
    await expect(all(db.shelves.each(0))).rejects.toMatchObject({ code: 9 });
  });
}
