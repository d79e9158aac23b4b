import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { coreEntities } from "../../../src/entities/core.js";
import { DatabaseError } from "../../../src/errors/dao-errors.js";
import { ratelimitingMetrics } from "../../../src/plugins/rate-limiting/entities.js";
import { compileSchema } from "../../../src/schema/compile.js";
import type { EntityDefinition } from "../../../src/schema/entity.js";
import { ChangeFeed } from "../../../src/store/strategies/postgres/change-feed.js";
import { Database } from "../../../src/store/strategies/postgres/database.js";
import { Mirror } from "../../../src/store/strategies/postgres/mirror.js";
import { MirroredStrategy } from "../../../src/store/strategies/postgres/mirrored-strategy.js";
import { PostgresStrategy } from "../../../src/store/strategies/postgres/postgres-strategy.js";
import { RequestReads } from "../../../src/store/strategies/postgres/request-reads.js";
import { type PostgresOptions, postgresSettings } from "../../../src/store/strategies/postgres/settings.js";
import type { EntityRow, RowChange } from "../../../src/store/strategy.js";
import { ask, describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { waitFor } from "../../support/wait-for.js";
import { definitions, openStrategy } from "./open.js";

function consumer(username: string): EntityRow {
  return compileSchema(coreEntities.consumers).complete({ username }, "insert").record;
}

describePostgres("the mirror", () => {
  let server: PostgresServer;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => server.stop());

  async function database(): Promise<PostgresOptions> {
    const options = await server.database();
    const { strategy } = await openStrategy(options);
    await strategy.close();
    return options;
  }

  /** A process, so to speak. */
  async function node(options: PostgresOptions, interval = 60_000, entities = definitions) {
    const name = `postern ${randomUUID()}`;
    const pool = new Database(postgresSettings(options), { application: name });
    const inner = new PostgresStrategy({ database: pool });
    const mirror = new Mirror(pool, inner.tables, Date.now);
    const strategy = new MirroredStrategy(inner, mirror);
    strategy.define(entities);
    await strategy.connect();
    const changes: RowChange[] = [];
    const feed = new ChangeFeed({
      database: pool,
      mirror,
      tables: () => inner.tables,
      node: name,
      interval,
      onChanges: (batch) => changes.push(...batch),
      onAway: () => undefined,
      onBack: () => undefined,
    });
    await feed.open();
    closing.push(async () => {
      await feed.close();
      await strategy.close();
    });
    return { strategy, inner, mirror, feed, pool, changes, all: (entity: string) => mirror.state.all(entity) };
  }

  test("follows what others do, each thing once", async () => {
    const options = await database();
    const [one, two] = [await node(options), await node(options)];
    const row = consumer("a");
    await one.strategy.insert("consumers", row);
    expect(one.all("consumers")).toEqual([row]);
    await waitFor(() => two.changes.length === 1);
    expect(two.all("consumers")).toEqual([row]);
    const renamed = { ...row, username: "b" };
    await one.strategy.update("consumers", { id: row.id as string }, renamed, ["username"]);
    await waitFor(() => two.changes.length === 2);
    await one.strategy.delete("consumers", { id: row.id as string });
    await waitFor(() => two.changes.length === 3);
    await one.feed.look();
    await two.feed.look();
    expect(two.changes).toEqual([
      { entity: "consumers", operation: "create", row },
      { entity: "consumers", operation: "update", row: renamed, old: row },
      { entity: "consumers", operation: "delete", row: renamed },
    ]);
    expect(one.changes).toEqual([]);
    expect([one.all("consumers"), two.all("consumers")]).toEqual([[], []]);
  });

  test("reads are answered from memory, unless they ask for the server", async () => {
    const options = await database();
    const [one, two] = [await node(options), await node(options)];
    const row = consumer("a");
    const key = { id: row.id as string };
    await one.strategy.insert("consumers", row);
    // Not a promise: nobody has been asked.
    expect(one.strategy.select("consumers", key)).toBe(row);
    expect(one.strategy.selectBy("consumers", "username", "a")).toBe(row);
    expect(one.strategy.page("consumers", { size: 10 })).toEqual({ rows: [row] });
    expect(await two.strategy.select("consumers", key, { fresh: true })).toEqual(row);
    expect(await two.strategy.page("consumers", { size: 10, fresh: true })).toEqual({ rows: [row] });
    await waitFor(() => two.changes.length === 1);
    expect(two.strategy.select("consumers", key)).toEqual(row);
    await one.pool.close();
    expect(one.strategy.select("consumers", key)).toBe(row);
    await expect(one.strategy.select("consumers", key, { fresh: true })).rejects.toThrow(DatabaseError);
  });

  test("before everything has been read, the server answers", async () => {
    const options = await database();
    const row = consumer("a");
    await (await node(options)).strategy.insert("consumers", row);
    const pool = new Database(postgresSettings(options), { application: "postern test" });
    closing.push(() => pool.close());
    const inner = new PostgresStrategy({ database: pool });
    const strategy = new MirroredStrategy(inner, new Mirror(pool, inner.tables, Date.now));
    strategy.define(definitions);
    await strategy.connect();
    expect(await strategy.selectBy("consumers", "username", "a")).toEqual(row);
  });

  test("what is written last is what is read, also after writes at the same time", async () => {
    const { strategy, inner } = await node(await database());
    const row = consumer("a");
    const key = { id: row.id as string };
    await strategy.insert("consumers", row);
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 5 }, (_, writer) =>
          strategy.update("consumers", key, { ...row, custom_id: `${round}-${writer}` }, ["custom_id"]),
        ),
      );
      expect(await strategy.select("consumers", key)).toEqual(await inner.select("consumers", key));
    }
  });

  test("what is not cached is kept, noted and told by nobody", async () => {
    const options = await server.database();
    const entities = [...definitions, ratelimitingMetrics as unknown as EntityDefinition];
    const { strategy: first } = await openStrategy(options, entities);
    await first.close();
    const [one, two] = [await node(options, 60_000, entities), await node(options, 60_000, entities)];
    const key = {
      identifier: "alice",
      period: "minute",
      period_date: 1_700_000_000,
      service_id: randomUUID(),
      route_id: randomUUID(),
    };
    for (let count = 1; count <= 3; count++) {
      const change = await one.strategy.increment("ratelimiting_metrics", { ...key, value: 1 }, "value");
      expect(change.row.value).toBe(count);
    }
    expect((await two.strategy.select("ratelimiting_metrics", key))?.value).toBe(3);
    expect(await ask(server.port, "SELECT id FROM cluster_events", options.pgDatabase)).toEqual([]);
    expect(one.mirror.state.table("ratelimiting_metrics").size).toBe(0);
    const reads = new RequestReads(two.mirror.state, two.inner);
    expect(() => reads.select("ratelimiting_metrics", "alice")).toThrow("is read with the DAO");
    expect(await reads.selectBy("ratelimiting_metrics", "identifier", "alice")).toMatchObject({ value: 3 });
    expect(reads.selectBy("consumers", "username", "nobody")).toBeUndefined();
  });

  test("whoever writes what at the same time: in the end all have what the database has", async () => {
    const options = await database();
    const nodes = [await node(options), await node(options), await node(options)];
    const rows = Array.from({ length: 4 }, (_, index) => consumer(`shared-${index}`));
    let count = 0;
    const work = async ({ strategy }: (typeof nodes)[number]): Promise<void> => {
      for (let step = 0; step < 40; step++) {
        count += 1;
        const row: EntityRow = {
          ...(rows[count % rows.length] as EntityRow),
          custom_id: `c${count}`,
          username: `shared-${count % rows.length}`,
        };
        const key = { id: row.id as string };
        if (count % 7 === 0) await strategy.delete("consumers", key);
        else if (count % 3 === 0) await strategy.update("consumers", key, row, ["custom_id"]);
        else await strategy.upsert("consumers", row);
      }
    };
    await Promise.all(nodes.flatMap((one) => [work(one), work(one)]));
    const stored = (await nodes[0]?.inner.page("consumers", { size: 10 }))?.rows;
    for (const one of nodes) {
      await waitFor(async () => {
        await one.feed.look();
        return !one.mirror.isUnsettled;
      });
      expect(one.all("consumers")).toEqual(stored);
    }
  });

  test("entities that become known later are read then", async () => {
    const options = await database();
    const one = await node(options);
    one.strategy.define(definitions.filter(({ name }) => name !== "consumers"));
    await ask(server.port, "INSERT INTO consumers (id, username) VALUES (gen_random_uuid(), 'a')", options.pgDatabase);
    await one.feed.look();
    one.strategy.define(definitions);
    await one.feed.look();
    expect(one.all("consumers")).toMatchObject([{ username: "a" }]);
  });

  test("a write of which nobody knows whether it took place is found out about", async () => {
    const options = await database();
    const one = await node(options);
    const row = consumer("a");
    const insert = one.inner.insert.bind(one.inner);
    one.inner.insert = async (entity, record) => {
      await insert(entity, record);
      throw new DatabaseError("lost", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    };
    await expect(one.strategy.insert("consumers", row)).rejects.toThrow("lost");
    expect(one.all("consumers")).toEqual([]);
    await one.feed.look();
    expect(one.all("consumers")).toEqual([row]);
    expect(one.changes).toEqual([{ entity: "consumers", operation: "create", row }]);
  });

  test("transactions that end in another order than they began are all seen", async () => {
    const options = await database();
    const one = await node(options);
    const slow = await one.pool.open();
    await slow.query("SET application_name = 'somebody else'");
    await slow.query("BEGIN");
    await slow.query("INSERT INTO consumers (id, username) VALUES (gen_random_uuid(), 'slow')");
    await ask(server.port, "INSERT INTO consumers (id, username) VALUES (gen_random_uuid(), 'quick')", options.pgDatabase);
    await waitFor(() => one.all("consumers").length === 1);
    await one.feed.look();
    await slow.query("COMMIT");
    await slow.end();
    await waitFor(() => one.all("consumers").length === 2);
  });

  test("without notices, a look now and then finds everything; many changes at once are one reading of the table", async () => {
    const options = await database();
    const one = await node(options, 20);
    await ask(server.port, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    await ask(
      server.port,
      "INSERT INTO consumers (id, username) SELECT gen_random_uuid(), 'u' || n FROM generate_series(1, 2500) n",
      options.pgDatabase,
    );
    await waitFor(() => one.all("consumers").length === 2500);
    expect(await ask(server.port, "SELECT entity, operation, keys FROM cluster_events", options.pgDatabase)).toEqual([
      { entity: "consumers", operation: "insert", keys: null },
    ]);
  });

  test("a database that was restored from an older state is read anew", async () => {
    const options = await database();
    const one = await node(options, 20);
    await one.strategy.insert("consumers", consumer("a"));
    await ask(server.port, "ALTER TABLE consumers DISABLE TRIGGER USER; DELETE FROM consumers", options.pgDatabase);
    const read = one.pool.read.bind(one.pool);
    let isOlder = true;
    one.pool.read = async (text, values) => {
      const rows = await read(text, values);
      if (!isOlder || !text.includes("cluster_events")) return rows;
      isOlder = false;
      return [[0, []]];
    };
    await waitFor(() => one.all("consumers").length === 0);
  });
});
