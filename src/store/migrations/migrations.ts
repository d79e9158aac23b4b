import { DatabaseError } from "../../errors/dao-errors.js";
import type { EntityDefinition } from "../../schema/entity.js";
import { Database, type Queries } from "../strategies/postgres/database.js";
import { serverError } from "../strategies/postgres/failures.js";
import { quoteName, tableName } from "../strategies/postgres/names.js";
import type { PostgresSettings } from "../strategies/postgres/settings.js";
import { type Table, tableOf } from "../strategies/postgres/table.js";
import { existingTables } from "./catalog.js";
import { MigrationRefusedError, MigrationsNeededError } from "./errors.js";
import { fingerprintOf } from "./fingerprint.js";
import { planOf, type Step } from "./plan.js";
import {
  core,
  coreFingerprint,
  type MigrationRecord,
  type MigrationState,
  migrationRecords,
  migrationState,
  recordMigration,
} from "./records.js";
import { createCore } from "./schema-sql.js";

export type { MigrationState } from "./records.js";

/** How long one process waits for another's migrations, unless told otherwise: Kong's `--lock-timeout`. */
const defaultLockTimeout = 60_000;
const lockNotAvailable = "55P03";
const notNullViolation = "23502";
const uniqueViolation = "23505";
const foreignKeyViolation = "23503";

/** Options of each step. */
export interface MigrationOptions {
  /** Milliseconds to wait while another process migrates. Default 60,000. */
  readonly lockTimeout?: number;
}

/**
 * Makes and changes the tables. What is to be done is read off the definitions and PostgreSQL's own catalogue. Each step is one
 * transaction under a lock: many processes may start it at once, and one that dies in the middle leaves nothing behind.
 */
export class Migrations {
  readonly #settings: PostgresSettings;
  readonly #definitions: () => readonly EntityDefinition[];

  /** @param definitions - of all entities; asked at every step */
  constructor(settings: PostgresSettings, definitions: () => readonly EntityDefinition[]) {
    // Building an index may take its time.
    this.#settings = { ...settings, statementTimeout: 0, connections: 1 };
    this.#definitions = definitions;
  }

  /** Says what has run and what has not. */
  list(): Promise<MigrationState> {
    return this.#open(async (database) =>
      migrationState(this.#tables(), await migrationRecords(database, this.#settings.schema)),
    );
  }

  /**
   * Makes all tables in an empty database. Does nothing where that has happened already.
   *
   * @returns the names of the tables that were made
   * @throws MigrationRefusedError when there are tables of these names that are not ours
   * @throws `DatabaseError`
   */
  bootstrap(options: MigrationOptions = {}): Promise<readonly string[]> {
    const { schema } = this.#settings;
    return this.#locked(options, async (queries, records) => {
      if (records !== undefined) return [];
      if (schema !== undefined) await queries.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`);
      for (const text of createCore(schema)) await queries.query(text);
      await recordMigration(queries, schema, core, coreFingerprint, false);
      return [core, ...(await this.#migrate(queries, new Map()))];
    });
  }

  /**
   * Makes and changes what is new since. Gateways of the version before may go on running.
   *
   * @returns the names of the tables that were made or changed
   * @throws MigrationsNeededError when the database has not been bootstrapped
   * @throws MigrationRefusedError when data would be lost
   * @throws `DatabaseError`
   */
  up(options: MigrationOptions = {}): Promise<readonly string[]> {
    return this.#locked(options, (queries, records) => this.#migrate(queries, bootstrapped(records)));
  }

  /**
   * Completes what `up` began, once no gateway of the version before runs any more.
   *
   * @returns the names of the tables that were completed
   * @throws MigrationsNeededError when there is something new for `up`
   * @throws MigrationRefusedError when records are in the way
   * @throws `DatabaseError`
   */
  finish(options: MigrationOptions = {}): Promise<readonly string[]> {
    const { schema } = this.#settings;
    return this.#locked(options, async (queries, records) => {
      const tables = this.#tables();
      const state = migrationState(tables, bootstrapped(records));
      if (state.new.length > 0) throw new MigrationsNeededError("up", `there are new migrations (${state.new.join(", ")})`);
      const existing = await existingTables(queries, schema);
      for (const table of tables.filter(({ name }) => state.pending.includes(name))) {
        await runSteps(queries, table, planOf(table, existing.get(table.name), schema).finish);
        await recordMigration(queries, schema, table.name, fingerprintOf(table), false);
      }
      return state.pending;
    });
  }

  /** Removes all our tables, with everything in them. */
  reset(options: MigrationOptions = {}): Promise<readonly string[]> {
    const { schema } = this.#settings;
    return this.#locked(options, async (queries, records) => {
      if (records === undefined) return [];
      const entities = [...records.keys()].filter((name) => name !== core);
      const names = [...entities, "cluster_events", "schema_meta"].map((name) => tableName(schema, name));
      await queries.query(`DROP TABLE IF EXISTS ${names.join(", ")} CASCADE`);
      await queries.query(`DROP FUNCTION IF EXISTS ${tableName(schema, "postern_record_changes")}()`);
      return [...records.keys()];
    });
  }

  #tables(): readonly Table[] {
    const definitions = this.#definitions();
    const byName = new Map(definitions.map((definition) => [definition.name, definition]));
    return definitions.map((definition) => tableOf(definition, (name) => byName.get(name)));
  }

  async #migrate(queries: Queries, records: ReadonlyMap<string, MigrationRecord>): Promise<readonly string[]> {
    const { schema } = this.#settings;
    const existing = await existingTables(queries, schema);
    const changed = this.#tables().filter((table) => records.get(table.name)?.fingerprint !== fingerprintOf(table));
    const plans = changed.map((table) => ({ table, plan: planOf(table, existing.get(table.name), schema) }));
    const reasons = plans.flatMap(({ table: { name }, plan }) =>
      existing.has(name) && !records.has(name)
        ? [`there is a table '${name}' already, which is not ours: use a database or a schema (pgSchema) of postern's own`]
        : plan.refused.map(
            (reason) => `table '${name}': ${reason}; save what you need of it, change it yourself, and run this again`,
          ),
    );
    if (reasons.length > 0) throw new MigrationRefusedError(reasons);
    for (const { table, plan } of plans) await runSteps(queries, table, plan.up);
    for (const { table, plan } of plans) {
      await runSteps(queries, table, plan.references);
      await recordMigration(queries, schema, table.name, fingerprintOf(table), plan.finish.length > 0);
    }
    return changed.map(({ name }) => name);
  }

  #locked<T>(
    { lockTimeout = defaultLockTimeout }: MigrationOptions,
    work: (queries: Queries, records: ReadonlyMap<string, MigrationRecord> | undefined) => Promise<T>,
  ): Promise<T> {
    const { schema } = this.#settings;
    return this.#open((database) =>
      database.transaction(async (queries) => {
        await queries.query("SELECT set_config('lock_timeout', $1, true)", [String(lockTimeout)]);
        try {
          const key = "hashtextextended('postern_migrations.' || coalesce($1::text, current_schema()), 0)";
          await queries.query(`SELECT pg_advisory_xact_lock(${key})`, [schema ?? null]);
        } catch (error) {
          if (serverError(error)?.code !== lockNotAvailable) throw error;
          throw new DatabaseError(`another process has been migrating for more than ${lockTimeout} ms`, error);
        }
        return work(queries, await migrationRecords(queries, schema));
      }),
    );
  }

  async #open<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const database = new Database(this.#settings, { application: "postern migrations" });
    await database.connect();
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }
}

/**
 * Sees whether the tables are those that the entities need, and ready for use. What only `finish` has to do does not matter.
 *
 * @throws MigrationsNeededError
 */
export async function assertMigrated(database: Database, definitions: readonly EntityDefinition[]): Promise<void> {
  const { schema } = database.settings;
  const byName = new Map(definitions.map((definition) => [definition.name, definition]));
  const tables = definitions.map((definition) => tableOf(definition, (name) => byName.get(name)));
  const state = migrationState(tables, await migrationRecords(database, schema));
  if (state.needsBootstrap) throw new MigrationsNeededError("bootstrap", "the database has no tables of ours");
  if (state.new.length > 0)
    throw new MigrationsNeededError("up", `the database is behind the entities (${state.new.join(", ")})`);
}

function bootstrapped(records: ReadonlyMap<string, MigrationRecord> | undefined): ReadonlyMap<string, MigrationRecord> {
  if (records === undefined) throw new MigrationsNeededError("bootstrap", "the database has no tables of ours");
  return records;
}

async function runSteps(queries: Queries, { name }: Table, steps: readonly Step[]): Promise<void> {
  for (const { sql, values } of steps) {
    try {
      await queries.query(sql, values);
    } catch (error) {
      const failure = serverError(error);
      const isData = [notNullViolation, uniqueViolation, foreignKeyViolation].includes(failure?.code ?? "");
      if (!isData) throw error;
      const detail = failure?.detail === undefined ? "" : ` (${failure.detail})`;
      throw new MigrationRefusedError([`table '${name}': records are in the way: ${failure?.message}${detail}`], error);
    }
  }
}
