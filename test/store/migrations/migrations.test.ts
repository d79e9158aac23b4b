import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defineEntity, type EntityDefinition } from "../../../src/schema/entity.js";
import { foreign, int, num, setOf, str } from "../../../src/schema/field.js";
import { id, tags } from "../../../src/schema/typedefs.js";
import { MigrationRefusedError, MigrationsNeededError } from "../../../src/store/migrations/errors.js";
import { Migrations } from "../../../src/store/migrations/migrations.js";
import { postgresSettings } from "../../../src/store/strategies/postgres/settings.js";
import { ask, describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";

const owners = defineEntity({ name: "owners", fields: { id: id("Identifies it.") } });
const first = defineEntity({ name: "apps", fields: { id: id("Identifies it."), name: str({ required: true }), size: int() } });
const second = defineEntity({
  name: "apps",
  endpointKey: "name",
  cacheKey: ["name", "owner"],
  fields: {
    id: id("Identifies it."),
    name: str({ required: true, unique: true }),
    size: num(),
    colour: str({ required: true, default: "red" }),
    words: setOf(str({ required: true })),
    owner: foreign("owners", { onDelete: "cascade" }),
    tags: tags(),
  },
});

describePostgres("migrations", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  async function fresh(pgSchema?: string) {
    const options = { ...(await server.database()), ...(pgSchema === undefined ? {} : { pgSchema }) };
    const settings = postgresSettings(options);
    return {
      options,
      migrations: (...definitions: EntityDefinition[]) => new Migrations(settings, () => definitions),
      sql: (text: string) => ask(server.port, text, options.pgDatabase),
    };
  }

  test("bootstrap makes the tables, list tells, reset removes them", async () => {
    const { migrations, sql } = await fresh();
    const ours = migrations(owners, second);
    expect(await ours.list()).toEqual({ needsBootstrap: true, executed: [], new: ["core", "owners", "apps"], pending: [] });
    await expect(ours.up()).rejects.toThrow(MigrationsNeededError);
    expect(await ours.bootstrap()).toEqual(["core", "owners", "apps"]);
    expect(await ours.bootstrap()).toEqual([]);
    expect(await ours.list()).toEqual({ needsBootstrap: false, executed: ["core", "owners", "apps"], new: [], pending: [] });
    const types = await sql(
      "SELECT attname AS n, format_type(atttypid, NULL) AS t FROM pg_attribute WHERE attrelid = 'apps'::regclass AND attnum > 0",
    );
    expect(Object.fromEntries(types.map(({ n, t }) => [n, t]))).toEqual({
      id: "uuid",
      name: "text",
      size: "double precision",
      colour: "text",
      words: "text[]",
      owner_id: "uuid",
      tags: "text[]",
      cache_key: "text",
      ws_id: "uuid",
    });
    expect(await ours.reset()).toEqual(["apps", "core", "owners"]);
    expect(await sql("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace")).toEqual([]);
    expect((await ours.list()).needsBootstrap).toBe(true);
  });

  test("up adds what a later definition has, finish tightens it, and records that were there get the defaults", async () => {
    const { migrations, sql } = await fresh();
    await migrations(first).bootstrap();
    await sql("INSERT INTO apps (id, name, size) VALUES (gen_random_uuid(), 'a', 7)");
    const later = migrations(owners, second);
    expect((await later.list()).new).toEqual(["owners", "apps"]);
    expect(await later.up()).toEqual(["owners", "apps"]);
    expect(await later.up()).toEqual([]);
    expect(await sql("SELECT name, size, colour, words FROM apps")).toEqual([{ name: "a", size: 7, colour: "red", words: null }]);
    // A gateway of the version before still writes.
    await sql("INSERT INTO apps (id, name) VALUES (gen_random_uuid(), 'b')");
    expect((await later.list()).pending).toEqual(["apps"]);
    await expect(later.finish()).rejects.toThrow(/records are in the way.*colour/s);
    await sql("UPDATE apps SET colour = 'blue' WHERE colour IS NULL");
    expect(await later.finish()).toEqual(["apps"]);
    expect(await later.list()).toEqual({ needsBootstrap: false, executed: ["core", "owners", "apps"], new: [], pending: [] });
    await expect(sql("INSERT INTO apps (id, name) VALUES (gen_random_uuid(), 'c')")).rejects.toThrow(/colour/);
    await expect(sql("INSERT INTO apps (id, name, colour) VALUES (gen_random_uuid(), 'a', 'x')")).rejects.toThrow(
      /apps_name_key/,
    );
  });

  test("changes of what is not cached are not recorded, also when a definition becomes so", async () => {
    const { migrations, sql } = await fresh();
    const quiet = defineEntity({ name: "apps", cached: false, fields: first.fields });
    const recorded = async () => {
      await sql("DELETE FROM cluster_events");
      await sql("INSERT INTO apps (id, name) VALUES (gen_random_uuid(), 'a')");
      return (await sql("SELECT entity, operation FROM cluster_events")).length;
    };
    await migrations(first).bootstrap();
    expect(await recorded()).toBe(1);
    for (let round = 0; round < 2; round++) {
      expect(await migrations(quiet).up()).toEqual(["apps"]);
      expect(await recorded()).toBe(0);
      expect(await migrations(first).up()).toEqual(["apps"]);
      expect(await recorded()).toBe(1);
    }
  });

  test("what would lose data is refused, with reasons, and nothing happens", async () => {
    const { migrations, sql } = await fresh();
    await migrations(owners, second).bootstrap();
    const worse = defineEntity({ name: "apps", fields: { id: id("Identifies it."), name: int(), size: num(), extra: str() } });
    const error = await migrations(owners, worse)
      .up()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MigrationRefusedError);
    expect((error as Error).message).toContain("column 'name' would change from text to bigint");
    expect((error as Error).message).toContain("column 'colour' would go");
    expect(await sql("SELECT 1 FROM pg_attribute WHERE attrelid = 'apps'::regclass AND attname = 'extra'")).toEqual([]);
  });

  test("tables of somebody else are left alone", async () => {
    const { migrations, sql } = await fresh();
    await sql("CREATE TABLE apps (mine text)");
    await expect(migrations(first).bootstrap()).rejects.toThrow("there is a table 'apps' already, which is not ours");
    expect(await sql("SELECT to_regclass('schema_meta') AS meta")).toEqual([{ meta: null }]);
  });

  test("a schema of our own", async () => {
    const { migrations, sql } = await fresh('my "schema"');
    await migrations(owners, second).bootstrap();
    expect(await sql("SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'my \"schema\"'")).toEqual([{ n: 4 }]);
    expect((await migrations(owners, second).list()).new).toEqual([]);
  });

  test("many processes may start at once: one works, the others find it done", async () => {
    const { migrations, sql } = await fresh();
    const made = await Promise.all(Array.from({ length: 8 }, () => migrations(owners, first).bootstrap()));
    expect(made.filter((names) => names.length > 0)).toEqual([["core", "owners", "apps"]]);
    const changed = await Promise.all(Array.from({ length: 8 }, () => migrations(owners, second).up()));
    expect(changed.filter((names) => names.length > 0)).toEqual([["apps"]]);
    expect(await sql("SELECT count(*)::int AS n FROM schema_meta")).toEqual([{ n: 3 }]);
  });

  test("gateways with different plugins agree on the tables", async () => {
    const { migrations } = await fresh();
    const fields = { id: id("Identifies it."), kind: str({ required: true }), size: int({ required: true }) };
    const options = { name: "variants", fields, subschemaKey: "kind" } as const;
    await migrations(defineEntity(options)).bootstrap();
    const more = defineEntity({ ...options, subschemas: { odd: { fields: { size: int() } } } });
    expect((await migrations(more).list()).new).toEqual([]);
  });

  test("waiting for another process has an end", async () => {
    const { migrations, options } = await fresh();
    const other = new Client({ host: "127.0.0.1", port: server.port, user: "kong", database: options.pgDatabase });
    await other.connect();
    await other.query("SELECT pg_advisory_lock(hashtextextended('postern_migrations.public', 0))");
    await expect(migrations(first).bootstrap({ lockTimeout: 50 })).rejects.toThrow(
      "another process has been migrating for more than 50 ms",
    );
    await other.end();
    expect(await migrations(first).bootstrap()).toEqual(["core", "apps"]);
  });
});
