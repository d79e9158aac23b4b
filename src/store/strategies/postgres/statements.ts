import { type Column, inputType, parameterSql, readSql, writeSql } from "./column.js";
import { quoteName, tableName } from "./names.js";
import { cacheKeyColumn, type Table } from "./table.js";

/**
 * The SQL of one table. Values are never part of it: reads take `$1`, `$2` …, and writes take all their rows as one JSON parameter, so
 * that a statement is the same (and prepared once) for one row and for a thousand.
 */
export class Statements {
  readonly table: Table;
  /** The table's own name, as SQL. */
  readonly name: string;
  readonly #all: string;
  readonly #key: string;
  readonly #made = new Map<string, string>();

  constructor(table: Table, schema: string | undefined) {
    this.table = table;
    this.name = tableName(schema, table.name);
    this.#all = this.columns("t.");
    this.#key = table.primaryKey.map(({ name }) => `t.${quoteName(name)}`).join(", ");
  }

  /** The columns of a record, as a query returns them. */
  columns(prefix = ""): string {
    return this.table.read.map((column) => readSql(column, prefix)).join(", ");
  }

  /** By primary key. Parameters: its parts, and the time unless expired records count. */
  select(expiredToo: boolean, lock = ""): string {
    return this.#once(`select ${expiredToo} ${lock}`, () => {
      const { primaryKey } = this.table;
      const alive = this.#alive(expiredToo, primaryKey.length + 1);
      return `SELECT ${this.#all} FROM ${this.name} t WHERE ${this.#keyIs()}${alive}${lock === "" ? "" : ` ${lock}`}`;
    });
  }

  /** Those with these ids, which are one parameter: a JSON list of keys (objects of the key's columns). */
  selectMany(): string {
    return this.#once(
      "select many",
      () => `SELECT ${this.#all} FROM ${this.name} t JOIN ${this.#input(this.table.primaryKey)} ON ${this.#sameKey()}`,
    );
  }

  /** By one column: the first in the order of the primary key. Parameters: the value, and the time. */
  selectBy(column: string, expiredToo: boolean): string {
    return this.#once(`select by ${column} ${expiredToo}`, () => {
      const type = this.table.columns.find(({ name }) => name === column)?.type ?? "text";
      const where = `t.${quoteName(column)} = ${parameterSql({ type }, 1)}${this.#alive(expiredToo, 2)}`;
      return `SELECT ${this.#all} FROM ${this.name} t WHERE ${where} ORDER BY ${this.#key} LIMIT 1`;
    });
  }

  /** Those whose column has one of the values, which are one parameter, a list; locked until the transaction ends. */
  selectReferring(column: string, type: string): string {
    return this.#once(`select referring ${column}`, () => {
      return `SELECT ${this.#all} FROM ${this.name} t WHERE t.${quoteName(column)} = ANY($1::${type}[]) ORDER BY ${this.#key} FOR UPDATE`;
    });
  }

  /** A page. Parameters, as far as they are asked for, in this order: limit, last key's parts, reference, tags, time. */
  page(parts: { after: boolean; reference?: string; tags?: "and" | "or"; expiredToo: boolean }): string {
    const { after, reference, tags, expiredToo } = parts;
    return this.#once(`page ${after} ${reference} ${tags} ${expiredToo}`, () => {
      let next = 2;
      const conditions: string[] = [];
      if (after) {
        const parameters = this.table.primaryKey.map((column) => parameterSql(column, next++)).join(", ");
        conditions.push(`(${this.#key}) > (${parameters})`);
      }
      if (reference !== undefined) conditions.push(`t.${quoteName(reference)} = $${next++}`);
      if (tags !== undefined) conditions.push(`t."tags" ${tags === "or" ? "&&" : "@>"} $${next++}::text[]`);
      const alive = this.#alive(expiredToo, next);
      const where = `${conditions.join(" AND ")}${conditions.length === 0 ? alive.replace(" AND ", "") : alive}`;
      return `SELECT ${this.#all} FROM ${this.name} t${where === "" ? "" : ` WHERE ${where}`} ORDER BY ${this.#key} LIMIT $1`;
    });
  }

  /** Stores new records. Parameter: them. */
  insert(): string {
    return this.#once("insert", () => this.#insertSql());
  }

  /** Stores records, in place of those with their primary keys. Parameter: them. */
  insertOrReplace(): string {
    return this.#once("insert or replace", () => `${this.#insertSql()} ${this.#onConflict()}`);
  }

  /** As {@link insertOrReplace}, for one; answers the record that was replaced. Parameters: it, and its key's parts. */
  upsert(): string {
    return this.#once("upsert", () => {
      const old = `SELECT ${this.table.read.map(({ name }) => `t.${quoteName(name)}`).join(", ")} FROM ${this.name} t WHERE ${this.#keyIs(2)} FOR UPDATE`;
      const written = `${this.#insertSql("WHERE (SELECT count(*) FROM old) < 2")} ${this.#onConflict()} RETURNING 1`;
      return `WITH old AS MATERIALIZED (${old}), written AS (${written}) SELECT ${this.columns("old.")} FROM old, written`;
    });
  }

  /**
   * Adds to a column of a record, or creates the record; answers it as it is now, and whether it is new. Parameters: it, and the time
   * where records may expire: one that has is replaced.
   */
  increment(column: string): string {
    return this.#once(`increment ${column}`, () => {
      const { columns, primaryKey, definition, read } = this.table;
      const sum = `coalesce(t.${quoteName(column)}, 0) + excluded.${quoteName(column)}`;
      const ifExpired = (fresh: string, kept: string): string =>
        definition.ttl ? `CASE WHEN t."ttl" <= to_timestamp($2::float8) THEN ${fresh} ELSE ${kept} END` : kept;
      const sets = columns
        .filter(({ name }) => name === column || (definition.ttl && !primaryKey.some((part) => part.name === name)))
        .map(({ name }) => {
          const kept = name === column ? sum : `t.${quoteName(name)}`;
          return `${quoteName(name)} = ${ifExpired(`excluded.${quoteName(name)}`, kept)}`;
        });
      const target = primaryKey.map(({ name }) => quoteName(name)).join(", ");
      const answer = `${read.map((one) => readSql(one, "t.")).join(", ")}, t.xmax = 0`;
      return `${this.#insertSql("", "t")} ON CONFLICT (${target}) DO UPDATE SET ${sets.join(", ")} RETURNING ${answer}`;
    });
  }

  /** Writes some columns of one record; answers it as it was, and as it is. Parameters: its input, and its key's parts. */
  update(changed: readonly Column[]): string {
    return this.#once(`update ${changed.map(({ name }) => name).join(",")}`, () => {
      const { primaryKey, read } = this.table;
      const sets = changed.map((column) => `${quoteName(column.name)} = ${writeSql(column)}`).join(", ");
      const old = `SELECT ${read.map(({ name }) => `t.${quoteName(name)}`).join(", ")} FROM ${this.name} t WHERE ${this.#keyIs(2)} FOR UPDATE`;
      const same = primaryKey.map(({ name }) => `t.${quoteName(name)} = old.${quoteName(name)}`).join(" AND ");
      const answer = `${this.columns("old.")}, ${this.columns("t.")}`;
      return `UPDATE ${this.name} t SET ${sets} FROM (${old}) old, ${this.#input(changed)} WHERE ${same} RETURNING ${answer}`;
    });
  }

  /** Empties the unique columns of those records of a batch that are there, so that they can swap values. Parameter: the batch. */
  emptyUnique(): string | undefined {
    const { indexes, columns, primaryKey } = this.table;
    const unique = indexes.filter((index) => index.unique).map((index) => index.columns[0] as string);
    const emptied = unique.filter((name) => columns.find((column) => column.name === name)?.notNull === false);
    if (emptied.length === 0) return undefined;
    return this.#once("empty unique", () => {
      const sets = emptied.map((name) => `${quoteName(name)} = NULL`).join(", ");
      return `UPDATE ${this.name} t SET ${sets} FROM ${this.#input(primaryKey)} WHERE ${this.#sameKey()}`;
    });
  }

  /** By primary key. Parameters: its parts. */
  delete(): string {
    return this.#once("delete", () => `DELETE FROM ${this.name} t WHERE ${this.#keyIs()}`);
  }

  /** Those with these keys, which are one parameter. */
  deleteMany(): string {
    return this.#once(
      "delete many",
      () => `DELETE FROM ${this.name} t USING ${this.#input(this.table.primaryKey)} WHERE ${this.#sameKey()}`,
    );
  }

  /** The keys of what has expired, the longest ago first. Parameters: the time, and how many at most. */
  selectExpired(): string {
    return this.#once("expired", () => {
      const keys = this.table.primaryKey.map((column) => readSql(column, "t.")).join(", ");
      return `SELECT ${keys} FROM ${this.name} t WHERE t."ttl" <= to_timestamp($1::float8) ORDER BY t."ttl" LIMIT $2`;
    });
  }

  #once(key: string, make: () => string): string {
    let text = this.#made.get(key);
    if (text === undefined) {
      text = make();
      this.#made.set(key, text);
    }
    return text;
  }

  #keyIs(first = 1): string {
    return this.table.primaryKey
      .map((column, index) => `t.${quoteName(column.name)} = ${parameterSql(column, first + index)}`)
      .join(" AND ");
  }

  #sameKey(): string {
    return this.table.primaryKey.map((column) => `t.${quoteName(column.name)} = ${writeSql(column)}`).join(" AND ");
  }

  #alive(expiredToo: boolean, parameter: number): string {
    if (expiredToo || !this.table.definition.ttl) return "";
    return ` AND (t."ttl" IS NULL OR t."ttl" > to_timestamp($${parameter}::float8))`;
  }

  #input(columns: readonly Column[]): string {
    const list = columns.map((column) => `${quoteName(column.name)} ${inputType(column)}`).join(", ");
    return `json_to_recordset($1::json) AS x(${list})`;
  }

  #insertSql(where = "", alias = ""): string {
    const { columns } = this.table;
    const names = columns.map(({ name }) => quoteName(name)).join(", ");
    const values = columns.map(writeSql).join(", ");
    return `INSERT INTO ${this.name}${alias === "" ? "" : ` AS ${alias}`} (${names}) SELECT ${values} FROM ${this.#input(columns)}${where === "" ? "" : ` ${where}`}`;
  }

  #onConflict(): string {
    const { columns, primaryKey } = this.table;
    const target = primaryKey.map(({ name }) => quoteName(name)).join(", ");
    const sets = columns
      .filter(({ name }) => !primaryKey.some((part) => part.name === name))
      .map(({ name }) => `${quoteName(name)} = excluded.${quoteName(name)}`);
    return sets.length === 0
      ? `ON CONFLICT (${target}) DO UPDATE SET ${target.split(", ")[0]} = excluded.${target.split(", ")[0]}`
      : `ON CONFLICT (${target}) DO UPDATE SET ${sets.join(", ")}`;
  }
}

/** The columns that an update of some fields writes. */
export function changedColumns(table: Table, changed: readonly string[]): readonly Column[] {
  const names = new Set(changed);
  const touchesCacheKey = table.definition.cacheKey?.some((name) => names.has(name)) === true;
  return table.columns.filter(({ name, field }) =>
    field === null ? name === cacheKeyColumn && touchesCacheKey : names.has(field),
  );
}
