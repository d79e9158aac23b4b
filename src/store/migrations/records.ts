import type { Queries, ResultRows } from "../strategies/postgres/database.js";
import { tableName } from "../strategies/postgres/names.js";
import type { Table } from "../strategies/postgres/table.js";
import { fingerprintOf } from "./fingerprint.js";

/** What {@link Migrations.list} tells. Each name is an entity's, or `core` for what is there beside the entities' tables. */
export interface MigrationState {
  /** Nothing has ever run in this database. */
  readonly needsBootstrap: boolean;
  /** Tables that are as they should be. */
  readonly executed: readonly string[];
  /** Tables that `up` would make or change. */
  readonly new: readonly string[];
  /** Tables that `finish` has still to complete. */
  readonly pending: readonly string[];
}

/** What `schema_meta` says of one table. */
export interface MigrationRecord {
  readonly fingerprint: string;
  readonly isPending: boolean;
}

/** The subsystem of what is there beside the entities' tables. An entity cannot be named like it: tables are reserved for it. */
export const core = "core";
/** Changes with `createCore`. */
export const coreFingerprint = "1";

/** @returns `undefined` when the database has not been bootstrapped */
export async function migrationRecords(
  queries: Queries,
  schema: string | undefined,
): Promise<ReadonlyMap<string, MigrationRecord> | undefined> {
  const meta = tableName(schema, "schema_meta");
  const [[isThere] = []]: ResultRows = await queries.query("SELECT to_regclass($1::text) IS NOT NULL", [meta]);
  if (isThere !== true) return undefined;
  const rows = await queries.query(`SELECT subsystem, fingerprint, pending IS NOT NULL FROM ${meta} ORDER BY subsystem`);
  return new Map(
    rows.map(([name, fingerprint, isPending]) => [
      name as string,
      { fingerprint: fingerprint as string, isPending: isPending as boolean },
    ]),
  );
}

/** Notes that a table is as its definition says, but for what `finish` has to do. */
export async function recordMigration(
  queries: Queries,
  schema: string | undefined,
  subsystem: string,
  fingerprint: string,
  isPending: boolean,
): Promise<void> {
  await queries.query(
    `INSERT INTO ${tableName(schema, "schema_meta")} (subsystem, fingerprint, pending) VALUES ($1, $2, $3)
     ON CONFLICT (subsystem) DO UPDATE SET fingerprint = excluded.fingerprint, pending = excluded.pending, executed_at = now()`,
    [subsystem, fingerprint, isPending ? fingerprint : null],
  );
}

/** Compares what has run with what the definitions need. */
export function migrationState(
  tables: readonly Table[],
  records: ReadonlyMap<string, MigrationRecord> | undefined,
): MigrationState {
  const wanted = new Map([
    [core, coreFingerprint],
    ...tables.map((table): [string, string] => [table.name, fingerprintOf(table)]),
  ]);
  const isCurrent = ([name, fingerprint]: [string, string]): boolean => records?.get(name)?.fingerprint === fingerprint;
  return {
    needsBootstrap: records === undefined,
    executed: [...wanted].filter(isCurrent).map(([name]) => name),
    new: [...wanted].filter((entry) => !isCurrent(entry)).map(([name]) => name),
    pending: [...wanted.keys()].filter((name) => records?.get(name)?.isPending === true),
  };
}
