import { describe, expect, it } from "vitest";
import type { DaoError } from "../../src/errors/dao-errors.js";
import type { StoredRecord } from "../../src/store/field-names.js";
import { offStore } from "../../src/store/strategies/off/off-store.js";
import { EntityState } from "../../src/store/tables/entity-state.js";
import { shop } from "./shop.js";

const uuid = (n: number): string => `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
const shelf = { id: uuid(0xa), name: "top", size: 10, tags: null };

function book(n: number, more: object = {}): StoredRecord {
  return {
    id: uuid(n),
    created_at: 1,
    title: `Book ${n}`,
    isbn: `isbn-${n}`,
    shelf: { id: shelf.id },
    lent: false,
    authors: ["someone"],
    details: { pages: n, cover: "soft" },
    tags: n % 2 === 0 ? ["even"] : ["odd", "prime"],
    ...more,
  };
}

function store(books: readonly StoredRecord[], now = 5000) {
  const rows = new Map<string, Map<string, StoredRecord>>([
    ["shelves", new Map([[shelf.id, shelf as StoredRecord]])],
    ["books", new Map(books.map((row) => [String(row.id), row]))],
  ]);
  const state = new EntityState(Object.values(shop), rows, { now: () => now });
  return offStore(shop, { state: () => state, now: () => now });
}

async function failure(promise: Promise<unknown>): Promise<DaoError> {
  return promise.then(
    () => Promise.reject(new Error("did not fail")),
    (error: DaoError) => error,
  );
}

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

describe("reading", () => {
  it("selects by key, unique field and cache key", async () => {
    const { books } = store([book(1)]);
    expect(await books.select(uuid(1))).toMatchObject({ title: "Book 1" });
    expect(await books.select({ id: uuid(1) })).toMatchObject({ title: "Book 1" });
    expect(await books.select(uuid(2))).toBeUndefined();
    expect(await books.selectBy("isbn", "isbn-1")).toMatchObject({ title: "Book 1" });
    expect(await books.selectBy("title", "Book 1")).toMatchObject({ isbn: "isbn-1" });
    expect(await books.selectByCacheKey(books.cacheKey(book(1)))).toMatchObject({ title: "Book 1" });
  });

  it("refuses keys that can not be keys", async () => {
    const { books, labels } = store([]);
    expect((await failure(books.select("7"))).message).toBe(`invalid primary key: '{id="expected a valid UUID"}'`);
    expect((await failure(books.select({} as never))).message).toBe(`invalid primary key: '{id="missing primary key"}'`);
    expect(await failure(books.selectBy("isbn", ""))).toMatchObject({ code: 10, name: "invalid unique isbn" });
    expect(await failure(labels.selectBy("shelf", "7"))).toMatchObject({ code: 16 });
    expect((await failure(books.selectBy("lent" as never, "x" as never))).message).toBe(
      "'lent' is not a unique field of 'books'",
    );
    expect((await failure(books.pageFor("shelf", "7"))).code).toBe(1);
    expect((await failure(books.pageFor("title" as never, uuid(1)))).message).toContain("is not a foreign field");
  });

  it("hands out copies", async () => {
    const { books } = store([book(1)]);
    const first = await books.select(uuid(1));
    if (first) first.details.pages = 99;
    first?.authors?.push("nobody");
    expect(await books.select(uuid(1))).toMatchObject({ details: { pages: 1 }, authors: ["someone"] });
  });

  it("pages through everything in order", async () => {
    const { books } = store([5, 3, 1, 4, 2].map((n) => book(n)));
    const titles: string[] = [];
    let offset: string | undefined;
    let pages = 0;
    do {
      const page = await books.page(2, offset);
      titles.push(...page.data.map(({ title }) => title));
      offset = page.offset;
      pages++;
    } while (offset !== undefined);
    expect(titles).toEqual(["Book 1", "Book 2", "Book 3", "Book 4", "Book 5"]);
    expect(pages).toBe(3);
    expect((await books.page(5)).offset).toBeUndefined();
    expect((await all(books.each())).map(({ title }) => title)).toEqual(titles);
  });

  it("pages through the second page of a parent's children", async () => {
    const { books } = store([1, 2, 3].map((n) => book(n)).concat(book(4, { shelf: null })));
    const first = await books.pageFor("shelf", { id: shelf.id }, 2);
    const second = await books.pageFor("shelf", shelf.id, 2, first.offset);
    expect(second.data.map(({ title }) => title)).toEqual(["Book 3"]);
    expect(await all(books.eachFor("shelf", shelf))).toHaveLength(3);
  });

  it("filters by tags, also across pages", async () => {
    const { books } = store([1, 2, 3, 4, 5].map((n) => book(n)));
    const first = await books.page(2, undefined, { tags: ["odd", "prime"], tags_cond: "and" });
    expect(first.data.map(({ title }) => title)).toEqual(["Book 1", "Book 3"]);
    const second = await books.page(2, first.offset, { tags: ["odd", "prime"], tags_cond: "and" });
    expect(second).toMatchObject({ data: [{ title: "Book 5" }] });
    expect(second.offset).toBeUndefined();
    expect(await all(books.each(undefined, { tags: ["even", "odd"], tags_cond: "or" }))).toHaveLength(5);
  });

  it("refuses bad sizes, offsets and options", async () => {
    const { books } = store([]);
    for (const size of [0, -1, 1.5, 2049, Number.NaN]) {
      expect((await failure(books.page(size))).message).toBe("size must be an integer between 1 and 2048");
    }
    expect((await failure(books.page(1, "a b"))).message).toBe("'a b' is not a valid offset: bad base64 encoding");
    expect((await failure(books.page(1, "AAAA"))).message).toBe("'AAAA' is not a valid offset: bad json encoding");
    expect((await failure(books.page(1, undefined, { tags: ["a", "b"] }))).code).toBe(11);
    await expect(all(books.each(0))).rejects.toMatchObject({ code: 9 });
  });

  it("shows the seconds that remain, and hides what has expired", async () => {
    const { books } = store([book(1, { ttl: 100 }), book(2, { ttl: 40 })], 50_500);
    expect(await books.select(uuid(1))).toMatchObject({ ttl: 49 });
    expect(await books.select(uuid(1), { export: true })).toMatchObject({ ttl: 100 });
    expect(await books.select(uuid(2))).toBeUndefined();
    expect(await books.select(uuid(2), { skip_ttl: true })).toMatchObject({ ttl: 0 });
    expect((await books.page()).data).toHaveLength(1);
  });
});

describe("writing", () => {
  const { books, labels, shelves } = store([book(1)]);

  it("checks first, then refuses", async () => {
    expect(await failure(books.insert({ title: 5 as never }))).toMatchObject({ code: 2, fields: { title: "expected a string" } });
    expect((await failure(books.insert({ title: "New" }))).toJSON()).toEqual({
      code: 12,
      name: "operation unsupported",
      message: "cannot create 'books' entities when not using a database",
    });
    expect((await failure(books.upsert(uuid(9), { title: "New" }))).message).toBe(
      "cannot create or update 'books' entities when not using a database",
    );
    expect((await failure(books.upsertBy("isbn", "new", { title: "New" }))).message).toBe(
      "cannot create or update 'books' entities by 'isbn' when not using a database",
    );
    expect(await failure(books.upsert(uuid(9), {} as never))).toMatchObject({ code: 2 });
  });

  it("reports what is not there before anything else", async () => {
    expect((await failure(books.update(uuid(9), { lent: 1 as never }))).message).toBe(
      `could not find the entity with primary key '{id="${uuid(9)}"}'`,
    );
    expect((await failure(books.updateBy("isbn", "none", {}))).message).toBe(`could not find the entity with '{isbn="none"}'`);
    expect(await failure(books.update(uuid(1), { lent: 1 as never }))).toMatchObject({
      code: 2,
      fields: { lent: "expected a boolean" },
    });
    expect((await failure(books.update(uuid(1), { details: { pages: 5 } }))).message).toBe(
      "cannot update 'books' entities when not using a database",
    );
    expect((await failure(books.updateBy("isbn", "isbn-1", { lent: true }))).message).toBe(
      "cannot update 'books' entities by 'isbn' when not using a database",
    );
  });

  it("refuses to change what is immutable", async () => {
    expect(await failure(books.update(uuid(1), { isbn: "other" }))).toMatchObject({
      code: 2,
      fields: { isbn: "immutable field cannot be updated" },
    });
  });

  it("deletes what is not there, and nothing else", async () => {
    await expect(books.delete(uuid(9))).resolves.toBeUndefined();
    await expect(books.deleteBy("isbn", "none")).resolves.toBeUndefined();
    expect((await failure(books.delete(uuid(1)))).message).toBe("cannot remove 'books' entities when not using a database");
    expect((await failure(shelves.deleteBy("name", "top"))).message).toBe(
      "cannot remove 'shelves' entities by 'name' when not using a database",
    );
    await expect(books.truncate()).resolves.toBeUndefined();
    expect(await books.select(uuid(1))).toBeDefined();
  });

  it("resolves references by a unique field", async () => {
    await expect(books.validate({ title: "New", shelf: { name: "top" } }, "insert")).resolves.toBeUndefined();
    expect(await failure(books.validate({ title: "New", shelf: { name: "low" } }, "insert"))).toMatchObject({
      code: 13,
      fields: { shelf: { name: `the foreign key cannot be resolved with '{name="low"}' for an existing 'shelves' entity` } },
    });
  });

  it("validates without writing", async () => {
    await expect(labels.validate({ text: "new" }, "insert")).resolves.toBeUndefined();
    await expect(books.validate({ lent: true }, "update")).resolves.toBeUndefined();
    expect(await failure(books.validate({}, "insert"))).toMatchObject({ code: 2, fields: { title: "required field missing" } });
    expect(await failure(books.validate({ bogus: 1 } as never, "update"))).toMatchObject({ fields: { bogus: "unknown field" } });
  });
});
