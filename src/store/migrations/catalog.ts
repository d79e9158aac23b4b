import type { Queries } from "../strategies/postgres/database.js";

/** What a table has now. */
export interface ExistingTable {
  /** Type and whether it may be empty, by name. */
  readonly columns: ReadonlyMap<string, { readonly type: string; readonly notNull: boolean; readonly hasDefault: boolean }>;
  /** Names of indexes, constraints and triggers. */
  readonly names: ReadonlySet<string>;
}

const columnsSql = `SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.atthasdef
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = coalesce($1::text, current_schema()) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`;

const namesSql = `SELECT c.relname, i.relname FROM pg_index x
  JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = coalesce($1::text, current_schema())
  UNION ALL SELECT c.relname, k.conname FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = coalesce($1::text, current_schema())
  UNION ALL SELECT c.relname, t.tgname FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = coalesce($1::text, current_schema()) AND NOT t.tgisinternal`;

/** Reads the tables of a schema out of PostgreSQL's catalogue: what is there counts, and not what somebody once wrote down. */
export async function existingTables(queries: Queries, schema: string | undefined): Promise<ReadonlyMap<string, ExistingTable>> {
  const tables = new Map<
    string,
    { columns: Map<string, { type: string; notNull: boolean; hasDefault: boolean }>; names: Set<string> }
  >();
  for (const [table, name, type, notNull, hasDefault] of await queries.query(columnsSql, [schema ?? null])) {
    const known = tables.get(table as string) ?? { columns: new Map(), names: new Set() };
    tables.set(table as string, known);
    known.columns.set(name as string, { type: type as string, notNull: notNull as boolean, hasDefault: hasDefault as boolean });
  }
  for (const [table, name] of await queries.query(namesSql, [schema ?? null]))
    tables.get(table as string)?.names.add(name as string);
  return tables;
}
