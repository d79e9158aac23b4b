import { expect, it } from "vitest";
import { all, failure, type Harness, uuid } from "./world.js";

export function countingTests(harness: Harness): void {
  const key = { reader: "alice", day: 1_700_000_000 };

  it("creates a counter, then adds to it", async () => {
    const { db } = harness;
    expect(await db.visits.increment(key, "count", 2)).toBe(2);
    expect(await db.visits.increment(key, "count", 3)).toBe(5);
    expect(await db.visits.increment(key, "count", -1)).toBe(4);
    expect(await db.visits.increment({ ...key, reader: "bob" }, "count", 1)).toBe(1);
    expect(await db.visits.select(key)).toEqual({ ...key, count: 4, weight: null, shelf: null });
    expect(await all(db.visits.each())).toHaveLength(2);
  });

  it("adds to numbers with fractions, and to unset ones", async () => {
    const { db } = harness;
    await db.visits.insert({ ...key, count: 1 });
    await expect(db.visits.increment(key, "weight", 0.5)).rejects.toMatchObject({
      code: 2,
      fields: { count: expect.any(String) },
    });
    await db.counters.insert({ place: "hall", day: 1, count: null } as never);
    expect(await db.counters.increment({ place: "hall", day: 1 }, "count", 3)).toBe(3);
  });

  it("counts everybody who counts at the same time", async () => {
    const { db } = harness;
    const sums = await Promise.all(Array.from({ length: 50 }, () => db.visits.increment(key, "count", 1, { ttl: 60 })));
    expect(new Set(sums).size).toBe(50);
    expect(await db.visits.select(key)).toMatchObject({ count: 50 });
  });

  it("keeps the expiry of a counter, and starts again when it is over", async () => {
    const { db, pass } = harness;
    await db.visits.increment(key, "count", 1, { ttl: 10 });
    pass(6);
    await db.visits.increment(key, "count", 1, { ttl: 10 });
    expect(await db.visits.select(key)).toMatchObject({ count: 2, ttl: 4 });
    pass(4);
    expect(await db.visits.select(key)).toBeUndefined();
    expect(await db.visits.increment(key, "count", 1, { ttl: 10 })).toBe(1);
    expect(await db.visits.select(key)).toMatchObject({ count: 1, ttl: 10 });
  });

  it("tells of counting only where records are cached", async () => {
    const { db, changes } = harness;
    await db.visits.increment(key, "count", 1);
    await db.visits.increment(key, "count", 1);
    expect(changes).toEqual([]);
    await db.counters.increment({ place: "hall", day: 1 }, "count", 1);
    await db.counters.increment({ place: "hall", day: 1 }, "count", 1);
    expect(changes).toMatchObject([
      { entity: "counters", operation: "create", row: { count: 1 } },
      { entity: "counters", operation: "update", row: { count: 2 } },
    ]);
    expect(await db.counters.select({ place: "hall", day: 1 })).toMatchObject({ count: 2 });
  });

  it("refuses what cannot be counted", async () => {
    const { db } = harness;
    await expect(db.visits.increment(key, "day", 1)).rejects.toThrow("'day' is not a number of 'visits' that can be counted");
    await expect(db.visits.increment(key, "reader" as never, 1)).rejects.toThrow(TypeError);
    await expect(db.visits.increment(key, "__proto__" as never, 1)).rejects.toThrow(TypeError);
    expect(await failure(db.visits.increment(key, "count", 0.5))).toMatchObject({ code: 2 });
    expect(await failure(db.visits.increment(key, "count", Number.NaN))).toMatchObject({ code: 2 });
    expect(await failure(db.visits.increment({ reader: "alice" }, "count", 1))).toMatchObject({ code: 1 });
    expect(await failure(db.visits.increment(key, "count", 1, { ttl: -1 }))).toMatchObject({ code: 11 });
  });

  it("reads, changes and deletes what is not cached as everything else", async () => {
    const { db, pass } = harness;
    const shelf = await db.shelves.insert({ id: uuid(1), name: "top" });
    await db.visits.insert({ ...key, count: 1, shelf }, { ttl: 20 });
    await db.visits.update(key, { count: 7 });
    await db.visits.upsert({ ...key, reader: "bob" }, { count: 1 } as never);
    expect((await db.visits.page()).data).toMatchObject([{ reader: "alice", count: 7, ttl: 20 }, { reader: "bob" }]);
    expect((await db.visits.pageFor("shelf", shelf)).data).toMatchObject([{ reader: "alice" }]);
    await db.shelves.delete(shelf.id);
    expect((await db.visits.page()).data).toMatchObject([{ reader: "bob" }]);
    pass(100);
    await db.visits.delete({ ...key, reader: "bob" });
    expect((await db.visits.page()).data).toEqual([]);
  });
}
