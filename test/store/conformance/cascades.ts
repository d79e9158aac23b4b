import { expect, it } from "vitest";
import { all, failure, type Harness, uuid } from "./world.js";

export function cascadeTests(harness: Harness): void {
  it("deletes what hangs on a record, and tells of each", async () => {
    const { db, changes } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    const other = await db.shelves.insert({ name: "low" });
    const books = [1, 2, 3].map((n) => db.books.insert({ id: uuid(n), title: `Book ${n}`, shelf }));
    await Promise.all(books);
    await db.books.insert({ id: uuid(4), title: "Book 4", shelf: other });
    changes.length = 0;
    await db.shelves.delete(shelf.id);
    expect(changes[0]).toEqual({ entity: "shelves", operation: "delete", row: shelf });
    const children = changes.slice(1).map(({ entity, operation, row }) => `${operation} ${entity} ${row.title}`);
    expect(children.sort()).toEqual(["delete books Book 1", "delete books Book 2", "delete books Book 3"]);
    expect((await all(db.books.each())).map(({ title }) => title)).toEqual(["Book 4"]);
  });

  it("refuses to delete what must stay, also far below, and changes nothing", async () => {
    const { db, changes } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    const book = await db.books.insert({ title: "Emma", shelf });
    await db.books.insert({ title: "Persuasion", shelf });
    const loan = await db.loans.insert({ reader: "me", book });
    changes.length = 0;
    const expected = {
      code: 4,
      name: "foreign key violation",
      message: "an existing 'loans' entity references this 'books' entity",
      fields: { "@referenced_by": "loans" },
    };
    expect((await failure(db.books.delete(book.id))).toJSON()).toEqual(expected);
    expect((await failure(db.shelves.delete(shelf.id))).toJSON()).toEqual(expected);
    expect((await failure(db.shelves.truncate())).toJSON()).toEqual(expected);
    expect(await all(db.books.each())).toHaveLength(2);
    expect(await all(db.shelves.each())).toHaveLength(1);
    expect(changes).toEqual([]);
    await db.loans.delete(loan.id);
    await db.shelves.delete(shelf.id);
    expect(await all(db.books.each())).toEqual([]);
  });

  it("unsets references that say so", async () => {
    const { db, changes } = harness;
    const book = await db.books.insert({ title: "Emma" });
    const review = await db.reviews.insert({ text: "fine", book });
    changes.length = 0;
    await db.books.delete(book.id);
    expect(await db.reviews.select(review.id)).toEqual({ ...review, book: null });
    expect(changes).toEqual([
      { entity: "books", operation: "delete", row: book },
      { entity: "reviews", operation: "update", row: { ...review, book: null }, old: review },
    ]);
  });

  it("reuses what has been freed", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ id: uuid(1), name: "top" });
    await db.books.insert({ id: uuid(2), title: "Emma", isbn: "1", shelf });
    await db.shelves.delete(shelf.id);
    await db.shelves.insert({ id: uuid(1), name: "top" });
    await db.books.insert({ id: uuid(2), title: "Emma", isbn: "1", shelf });
    expect(await all(db.books.eachFor("shelf", shelf))).toHaveLength(1);
  });
}
