import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { coreEntities } from "../../../src/entities/core.js";
import { compileSchema } from "../../../src/schema/compile.js";
import { defineEntity, type EntityDefinition } from "../../../src/schema/entity.js";
import { arrayOf, bool, foreign, int, json, mapOf, num, record, setOf, str } from "../../../src/schema/field.js";
import { id, tags, timestampsMs, uuid } from "../../../src/schema/typedefs.js";
import type { EntityRow, RowsByEntity } from "../../../src/store/strategy.js";
import { ask, describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { openStrategy } from "./open.js";

const everything = defineEntity({
  name: "everything",
  ttl: true,
  fields: {
    id: id("Identifies it."),
    ...timestampsMs,
    text: str(),
    ref: uuid(),
    whole: int(),
    real: num(),
    yes: bool(),
    words: arrayOf(str()),
    numbers: arrayOf(num()),
    flags: setOf(bool()),
    map: mapOf(str(), str()),
    part: record({ a: str(), b: record({ c: int(), d: arrayOf(str()) }) }),
    maybe: record({ a: num() }, { required: false }),
    any: json(),
    parent: foreign("everything", { onDelete: "null" }),
    tags: tags(),
  },
}) as unknown as EntityDefinition;

function consumer(username: string, custom_id: string | null = null): EntityRow {
  return compileSchema(coreEntities.consumers).complete({ username, custom_id }, "insert").record;
}

const rowsOf = (entity: string, rows: readonly EntityRow[]): RowsByEntity =>
  new Map([[entity, new Map(rows.map((row) => [String(row.id), row]))]]);

describePostgres("the PostgreSQL strategy", () => {
  let server: PostgresServer;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => server.stop());

  async function open(entities?: readonly EntityDefinition[], now?: () => number) {
    const options = await server.database();
    const opened = await openStrategy(options, entities, now);
    closing.push(() => opened.strategy.close());
    return { ...opened, sql: (text: string) => ask(server.port, text, options.pgDatabase) };
  }

  test("records come back as they went in", async () => {
    const { strategy } = await open([everything]);
    const text = fc
      .string({ unit: "binary", minLength: 1 })
      .filter((value) => !value.includes("\0") && Buffer.from(value).toString("utf8") === value);
    const whole = fc.maxSafeInteger();
    const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
    const stamp = fc.integer({ min: 1, max: 4_000_000_000_000 }).map((ms) => ms / 1000);
    const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
    const arbitrary = fc.record({
      id: fc.uuid(),
      created_at: stamp,
      updated_at: stamp,
      text: nullable(text),
      ref: nullable(fc.uuid()),
      whole: nullable(whole),
      real: nullable(real),
      yes: nullable(fc.boolean()),
      words: nullable(fc.array(text)),
      numbers: nullable(fc.array(real)),
      flags: nullable(fc.array(fc.boolean())),
      map: nullable(fc.dictionary(text, text)),
      part: fc.record({ a: nullable(text), b: fc.record({ c: nullable(whole), d: nullable(fc.array(text)) }) }),
      maybe: nullable(fc.record({ a: nullable(real) })),
      any: nullable(fc.dictionary(text, fc.oneof(text, whole, fc.boolean(), fc.array(text)))),
      parent: fc.constant(null),
      tags: nullable(fc.array(text)),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (row) => {
        await strategy.upsert("everything", { ...row, map: plain(row.map), any: plain(row.any) });
        expect(await strategy.select("everything", { id: row.id })).toEqual({ ...row, map: plain(row.map), any: plain(row.any) });
      }),
      { numRuns: 200 },
    );
  });

  test("numbers that PostgreSQL has no form for are violations of their fields", async () => {
    const { strategy } = await open();
    for (const created_at of [1e13, -1e12, 1e300]) {
      await expect(strategy.insert("consumers", { ...consumer("a"), created_at })).rejects.toMatchObject({
        code: 2,
        fields: { created_at: "must be between -210000000000 and 9200000000000" },
      });
    }
    const service = compileSchema(coreEntities.services).complete({ host: "a.test", retries: 1e19 }, "insert").record;
    await expect(strategy.insert("services", service)).rejects.toMatchObject({
      code: 2,
      fields: { retries: expect.any(String) },
    });
    await strategy.insert("consumers", { ...consumer("far"), created_at: 9e12 });
    expect(await strategy.selectBy("consumers", "username", "far")).toMatchObject({ created_at: 9e12 });
  });

  test("text that PostgreSQL has no form for is a violation of the field", async () => {
    const { strategy } = await open();
    for (const bad of ["a\0b", "\ud800", "\udc00x"]) {
      await expect(strategy.insert("consumers", consumer("a", bad))).rejects.toMatchObject({
        code: 2,
        fields: { custom_id: "must not contain null characters or unpaired surrogates" },
      });
    }
    await strategy.insert("consumers", consumer("a", "\\u0000 \\ud800 😀"));
    expect(await strategy.selectBy("consumers", "custom_id", "\\u0000 \\ud800 😀")).toMatchObject({ username: "a" });
  });

  test("values never become SQL", async () => {
    const { strategy } = await open();
    const evil = `'); DROP TABLE consumers; -- " $1 \\`;
    await strategy.insert("consumers", consumer(evil));
    expect(await strategy.selectBy("consumers", "username", evil)).toMatchObject({ username: evil });
    expect(await strategy.selectBy("consumers", "username", "x' OR '1'='1")).toBeUndefined();
  });

  test("of many records that are written at once, the error names the one that is in the way", async () => {
    const { strategy } = await open();
    await strategy.insert("consumers", consumer("taken, with (brackets)"));
    const rows = [consumer("free"), consumer("taken, with (brackets)")];
    await expect(strategy.load(rowsOf("consumers", rows), { replace: false })).rejects.toMatchObject({
      code: 5,
      fields: { username: "taken, with (brackets)" },
    });
    expect(await strategy.selectBy("consumers", "username", "free")).toBeUndefined();
    const orphan = compileSchema(coreEntities.routes).complete({ paths: ["/"], service: { id: randomUUID() } }, "insert").record;
    await expect(strategy.load(rowsOf("routes", [orphan]), { replace: true })).rejects.toMatchObject({
      code: 4,
      fields: { service: orphan.service },
    });
    expect(await strategy.selectBy("consumers", "username", "taken, with (brackets)")).toBeDefined();
  });

  test("records that are loaded together may swap unique values", async () => {
    const { strategy } = await open();
    const [a, b] = [consumer("a"), consumer("b")];
    await strategy.load(rowsOf("consumers", [a, b]), { replace: true });
    await strategy.load(
      rowsOf("consumers", [
        { ...a, username: "b" },
        { ...b, username: "a" },
      ]),
      { replace: false },
    );
    expect(await strategy.selectBy("consumers", "username", "a")).toMatchObject({ id: b.id });
    expect(await strategy.selectBy("consumers", "username", "b")).toMatchObject({ id: a.id });
  });

  test("updates of different fields at the same time both last, and each is told what was there before", async () => {
    const { strategy } = await open();
    const row = consumer("a", "0");
    await strategy.insert("consumers", row);
    const key = { id: row.id as string };
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0
          ? strategy.update("consumers", key, { ...row, custom_id: `c${index}` }, ["custom_id"])
          : strategy.update("consumers", key, { ...row, username: `u${index}` }, ["username"]),
      ),
    );
    const last = (await strategy.select("consumers", key)) as EntityRow;
    expect(last.username).toMatch(/^u/);
    expect(last.custom_id).toMatch(/^c/);
    // One after the other: each state that was left is the one that another update found, but for the first and the last.
    const states = (rows: (EntityRow | undefined)[]) => rows.map((one) => `${one?.username} ${one?.custom_id}`);
    expect(new Set([...states(seen.map((one) => one?.old)), ...states([last])])).toEqual(
      new Set([...states(seen.map((one) => one?.row)), "a 0"]),
    );
  });

  test("what has expired makes room, and is removed", async () => {
    let now = 1_000_000;
    const { strategy, sql } = await open(undefined, () => now);
    const owner = consumer("a");
    await strategy.insert("consumers", owner);
    const credential = (key: string, ttl: number): EntityRow => ({
      id: randomUUID(),
      created_at: 1000,
      consumer: { id: owner.id },
      key,
      tags: null,
      ttl,
    });
    await strategy.insert("keyauth_credentials", credential("k", 1010));
    await expect(strategy.insert("keyauth_credentials", credential("k", 2000))).rejects.toMatchObject({ code: 5 });
    now = 1_011_000;
    expect(await strategy.selectBy("keyauth_credentials", "key", "k")).toBeUndefined();
    await strategy.insert("keyauth_credentials", credential("k", 1020));
    await strategy.insert("keyauth_credentials", credential("l", 1500));
    now = 1_021_000;
    expect(await sql("SELECT count(*)::int AS n FROM keyauth_credentials")).toEqual([{ n: 2 }]);
    expect(await strategy.removeExpired()).toBe(1);
    expect(await sql("SELECT key FROM keyauth_credentials")).toEqual([{ key: "l" }]);
  });

  test("loading 10,000 records takes less than 12 round trips per thousand", async () => {
    const { strategy } = await open();
    const rows = Array.from({ length: 10_000 }, (_, index) => consumer(`user-${index}`));
    const query = vi.spyOn(Client.prototype, "query");
    const started = performance.now();
    await strategy.load(rowsOf("consumers", rows), { replace: false });
    const elapsed = performance.now() - started;
    const trips = query.mock.calls.length;
    console.log(`10,000 records: ${trips} round trips, ${elapsed.toFixed(0)} ms`);
    expect(trips / 10).toBeLessThan(12);
    const first = await strategy.page("consumers", { size: 7000 });
    const second = await strategy.page("consumers", { size: 7000, offset: first.offset as string });
    expect(first.rows.length + second.rows.length).toBe(10_000);
    expect(second.offset).toBeUndefined();
  });

  test("a server that is away is said to be; when it is back, work goes on", async () => {
    const { strategy, database } = await open();
    await strategy.insert("consumers", consumer("a"));
    await server.kill();
    await expect(strategy.selectBy("consumers", "username", "a")).rejects.toMatchObject({
      code: 8,
      message: expect.stringContaining(`PostgreSQL at 127.0.0.1:${server.port} cannot be reached`),
    });
    await server.start();
    expect(await strategy.selectBy("consumers", "username", "a")).toMatchObject({ username: "a" });
    await database.query("SELECT 1");
  });

  test("statements that take too long are cancelled, and too many wait in line", async () => {
    const options = { ...(await server.database()), pgStatementTimeout: 1000, pgMaxConcurrentQueries: 1, pgSemaphoreTimeout: 20 };
    const { strategy, database } = await openStrategy(options);
    closing.push(() => strategy.close());
    const slow = database.query("SELECT pg_sleep(10)").catch((error: Error) => error.message);
    await expect(database.query("SELECT 1")).rejects.toThrow("no connection to PostgreSQL was free within 20 ms");
    expect(await slow).toBe("PostgreSQL cancelled a statement after 1000 ms");
    expect(await database.query("SELECT 1")).toEqual([[1]]);
  });

  test("without migrations it says so", async () => {
    const options = await server.database();
    const { strategy } = await openStrategy(options);
    closing.push(() => strategy.close());
    await ask(server.port, "DROP TABLE consumers CASCADE", options.pgDatabase);
    await expect(strategy.page("consumers", { size: 1 })).rejects.toThrow(/the migrations have not run in database 'test_\d+'/);
  });
});

/** Objects of fast-check may have no prototype. */
function plain<T extends object | null>(value: T): T {
  return value === null ? value : ({ ...value } as T);
}
