import fc from "fast-check";
import { expect, it } from "vitest";
import { all, type Harness, uuid } from "./world.js";

export function pagingTests(harness: Harness): void {
  const fill = async (numbers: readonly number[], more: (n: number) => object = () => ({})): Promise<void> => {
    for (const n of numbers) await harness.db.books.insert({ id: uuid(n), title: `${n}`, ...more(n) });
  };

  it("goes through everything in the order of the keys", async () => {
    const { db } = harness;
    await fill([5, 3, 11, 1, 4, 2]);
    const first = await db.books.page(4);
    const second = await db.books.page(4, first.offset);
    expect([first, second].map(({ data }) => data.map(({ title }) => title))).toEqual([
      ["1", "2", "3", "4"],
      ["5", "11"],
    ]);
    expect(second.offset).toBeUndefined();
    expect((await db.books.page(6)).offset).toBeUndefined();
    expect((await all(db.books.each(1))).map(({ title }) => title)).toEqual(["1", "2", "3", "4", "5", "11"]);
    expect(await db.shelves.page()).toEqual({ data: [] });
  });

  it("goes through the children of one parent", async () => {
    const { db } = harness;
    const shelf = await db.shelves.insert({ name: "top" });
    await fill([1, 2, 3, 4, 5], (n) => (n === 3 ? {} : { shelf }));
    const first = await db.books.pageFor("shelf", shelf, 3);
    expect(first.data.map(({ title }) => title)).toEqual(["1", "2", "4"]);
    const second = await db.books.pageFor("shelf", shelf.id, 3, first.offset);
    expect(second.data.map(({ title }) => title)).toEqual(["5"]);
    expect(second.offset).toBeUndefined();
    expect(await all(db.books.eachFor("shelf", uuid(99)))).toEqual([]);
    await db.books.update(uuid(1), { shelf: null });
    expect((await all(db.books.eachFor("shelf", shelf, 1))).map(({ title }) => title)).toEqual(["2", "4", "5"]);
  });

  it("filters by all tags or by any, page by page", async () => {
    const { db } = harness;
    const tagsOf = (n: number) => ({ tags: [n % 2 === 0 ? "even" : "odd", ...(n % 3 === 0 ? ["third"] : []), `n${n}`] });
    await fill([1, 2, 3, 4, 5, 6, 7, 8, 9], tagsOf);
    const titles = async (options: Parameters<typeof db.books.each>[1], size?: number) =>
      (await all(db.books.each(size, options))).map(({ title }) => title);
    expect(await titles({ tags: ["third"] }, 2)).toEqual(["3", "6", "9"]);
    expect(await titles({ tags: ["third", "odd"], tags_cond: "and" }, 1)).toEqual(["3", "9"]);
    expect(await titles({ tags: ["third", "n1"], tags_cond: "or" }, 2)).toEqual(["1", "3", "6", "9"]);
    expect(await titles({ tags: ["third", "none"], tags_cond: "and" })).toEqual([]);
    const first = await db.books.page(1, undefined, { tags: ["third", "odd"], tags_cond: "and" });
    expect(first.offset).toBeDefined();
    await db.books.update(uuid(9), { tags: null });
    expect(await titles({ tags: ["third", "odd"], tags_cond: "and" })).toEqual(["3"]);
    await db.books.delete(uuid(3));
    expect(await titles({ tags: ["third"] })).toEqual(["6"]);
  });

  it("holds still under writes: what is there all the time is seen once", async () => {
    const { db } = harness;
    const step = fc.record({ add: fc.integer({ min: 1, max: 60 }), remove: fc.integer({ min: 1, max: 60 }) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 12 }), async (size, steps) => {
        await db.books.truncate();
        const fixed = [10, 20, 30, 40, 50];
        await fill(fixed);
        const writes = [...steps];
        const seen: string[] = [];
        let offset: string | undefined;
        do {
          const page = await db.books.page(size, offset);
          seen.push(...page.data.map(({ title }) => title));
          offset = page.offset;
          const write = writes.shift();
          if (!write) continue;
          if (!fixed.includes(write.add)) await db.books.upsert(uuid(write.add), { title: `${write.add}` });
          if (!fixed.includes(write.remove)) await db.books.delete(uuid(write.remove));
        } while (offset !== undefined);
        for (const n of fixed) expect(seen.filter((title) => title === `${n}`)).toHaveLength(1);
        expect([...seen].map(Number)).toEqual([...seen].map(Number).sort((a, b) => a - b));
      }),
      { numRuns: 25 },
    );
  });
}
