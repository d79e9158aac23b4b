import fc from "fast-check";
import { expect, it } from "vitest";
import type { DaoError } from "../../../src/errors/dao-errors.js";
import { all, type Harness, uuid } from "./world.js";

const ids = [1, 2, 3, 4].map(uuid);
const id = fc.constantFrom(...ids);
const name = fc.constantFrom("a", "b", "c", null);
const parent = fc.option(id, { nil: null });

type Command =
  | { readonly kind: "insert shelf" | "upsert shelf" | "update shelf"; readonly id: string; readonly name: string | null }
  | {
      readonly kind: "insert book" | "upsert book" | "update book";
      readonly id: string;
      readonly title: string;
      readonly isbn: string | null;
      readonly shelf: string | null;
    }
  | { readonly kind: "delete shelf" | "delete book"; readonly id: string };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom("insert shelf", "upsert shelf", "update shelf"), id, name }),
  fc.record({
    kind: fc.constantFrom("insert book", "upsert book", "update book"),
    id,
    title: fc.constantFrom("x", "y"),
    isbn: name,
    shelf: parent,
  }),
  fc.record({ kind: fc.constantFrom("delete shelf", "delete book"), id }),
);

interface Shelf {
  name: string | null;
}

interface Book {
  title: string;
  isbn: string | null;
  shelf: string | null;
}

/** What a store is, said as plainly as can be. */
class Model {
  readonly shelves = new Map<string, Shelf>();
  readonly books = new Map<string, Book>();

  /** @returns the code of the error, 0 when it went well */
  run(given: Command): number {
    switch (given.kind) {
      case "insert shelf":
        return this.shelves.has(given.id) ? 3 : this.#putShelf(given.id, given.name);
      case "upsert shelf":
        return this.#putShelf(given.id, given.name);
      case "update shelf":
        return this.shelves.has(given.id) ? this.#putShelf(given.id, given.name) : 6;
      case "insert book":
        return this.books.has(given.id) ? 3 : this.#putBook(given.id, given);
      case "upsert book":
        return this.#putBook(given.id, given);
      case "update book": {
        const before = this.books.get(given.id);
        if (!before) return 6;
        if (before.isbn !== null && before.isbn !== given.isbn) return 2;
        return this.#putBook(given.id, given);
      }
      case "delete shelf":
        this.shelves.delete(given.id);
        for (const [key, { shelf }] of this.books) if (shelf === given.id) this.books.delete(key);
        return 0;
      case "delete book":
        this.books.delete(given.id);
        return 0;
    }
  }

  #putShelf(key: string, own: string | null): number {
    for (const [other, shelf] of this.shelves) if (other !== key && own !== null && shelf.name === own) return 5;
    this.shelves.set(key, { name: own });
    return 0;
  }

  #putBook(key: string, { title, isbn, shelf }: Book): number {
    for (const [other, book] of this.books) {
      if (other === key) continue;
      if (isbn !== null && book.isbn === isbn) return 5;
      if (book.title === title && book.shelf === shelf) return 5;
    }
    if (shelf !== null && !this.shelves.has(shelf)) return 4;
    this.books.set(key, { title, isbn, shelf });
    return 0;
  }
}

export function modelTests(harness: Harness): void {
  const run = async (given: Command): Promise<unknown> => {
    const { shelves, books } = harness.db;
    const [verb, entity] = given.kind.split(" ");
    if (verb === "delete") return entity === "shelf" ? shelves.delete(given.id) : books.delete(given.id);
    const { kind, ...values } = given;
    const { shelf, ...rest } = values as Book & { id: string };
    const input = (entity === "shelf" ? values : { ...rest, shelf: shelf === null ? null : { id: shelf } }) as never;
    const dao = entity === "shelf" ? shelves : books;
    if (verb === "insert") return dao.insert(input);
    return verb === "upsert" ? dao.upsert(given.id, input) : dao.update(given.id, input);
  };

  it("does what a plain model does, in any order of operations", async () => {
    const { db } = harness;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 25 }), async (commands) => {
        await harness.strategy.load(new Map(), { replace: true });
        const model = new Model();
        for (const one of commands) {
          const code = await run(one).then(
            () => 0,
            (error: DaoError) => error.code,
          );
          expect({ one, code }).toEqual({ one, code: model.run(one) });
        }
        const shelves = (await all(db.shelves.each(2))).map((row) => [row.id, { name: row.name }]);
        expect(shelves).toEqual([...model.shelves].sort(byKey));
        const books = (await all(db.books.each(2))).map(({ id: key, title, isbn, shelf }) => [
          key,
          { title, isbn, shelf: shelf?.id ?? null },
        ]);
        expect(books).toEqual([...model.books].sort(byKey).map(([key, { title, isbn, shelf }]) => [key, { title, isbn, shelf }]));
        for (const [key, { isbn, title, shelf }] of model.books) {
          if (isbn !== null) expect(await db.books.selectBy("isbn", isbn)).toMatchObject({ id: key });
          const cacheKey = db.books.cacheKey({ title, shelf: shelf === null ? null : { id: shelf } });
          expect(await db.books.selectByCacheKey(cacheKey)).toMatchObject({ id: key });
        }
        for (const key of ids) {
          const children = (await all(db.books.eachFor("shelf", key))).map((row) => row.id);
          const expected = [...model.books].filter(([, { shelf }]) => shelf === key).map(([child]) => child);
          expect(children).toEqual(expected.sort());
        }
      }),
      { numRuns: 40 },
    );
  });
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
