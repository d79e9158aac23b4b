import { InvalidOffsetError } from "../../../errors/dao-errors.js";
import type { EntityDefinition } from "../../../schema/entity.js";
import { decodeOffset, encodeOffset } from "../../paging.js";
import type { EntityRow, RowChange, RowKey, RowPage, RowQuery, RowReadOptions, RowsByEntity, Strategy } from "../../strategy.js";
import { columnName } from "./column.js";
import type { Database, ResultRows } from "./database.js";
import { deletionOf } from "./deletion.js";
import { serverError } from "./failures.js";
import { mergeRows } from "./load-rows.js";
import { replaceRows } from "./replace-rows.js";
import { changedColumns, type Statements } from "./statements.js";
import { cacheKeyColumn, fromOutput, type Table, toInput } from "./table.js";
import { Tables } from "./tables.js";
import { assertStorable } from "./text-faults.js";
import { isUniqueViolation, violationOf } from "./violations.js";

/** Kong's largest page with a database. */
const maxPageSize = 50_000;
/** Records that {@link PostgresStrategy.removeExpired} removes in one transaction. */
const expiredPerRound = 1000;
/** See {@link PostgresStrategy.upsert}. */
const upsertTries = 4;
/** A value that the column's type has no form for: it cannot be in the table. */
const badValues = new Set(["22P02", "22003", "22021"]);

/** What a {@link PostgresStrategy} takes. */
export interface PostgresStrategyOptions {
  readonly database: Database;
  /** Milliseconds since the epoch. Default `Date.now`. Decides which records have expired. */
  readonly now?: () => number;
  /** Called by `connect` once the server is there: the place to see whether the migrations have run. */
  readonly afterConnect?: (definitions: readonly EntityDefinition[]) => Promise<void>;
}

/** Keeps records in PostgreSQL, one table per entity. The tables are made by the migrations. */
export class PostgresStrategy implements Strategy {
  readonly name = "postgres";
  readonly maxPageSize = maxPageSize;
  readonly readOnly = false;
  /** Told of what has been removed since it had expired. */
  onExpired: (changes: readonly RowChange[]) => void = () => undefined;
  readonly #database: Database;
  readonly #now: () => number;
  readonly #afterConnect: PostgresStrategyOptions["afterConnect"];
  #definitions: readonly EntityDefinition[] = [];
  #tables: Tables;

  constructor({ database, now = Date.now, afterConnect }: PostgresStrategyOptions) {
    this.#database = database;
    this.#now = now;
    this.#afterConnect = afterConnect;
    this.#tables = new Tables([], database.settings.schema);
  }

  /** The tables of all entities. */
  get tables(): Tables {
    return this.#tables;
  }

  define(definitions: readonly EntityDefinition[]): void {
    this.#definitions = definitions;
    this.#tables = new Tables(definitions, this.#database.settings.schema);
  }

  async connect(): Promise<void> {
    await this.#database.connect();
    await this.#afterConnect?.(this.#definitions);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async select(entity: string, key: RowKey, { skip_ttl = false }: RowReadOptions = {}): Promise<EntityRow | undefined> {
    const statements = this.#tables.of(entity);
    const values = [...keyValues(statements.table, key), ...this.#time(statements.table, skip_ttl)];
    return this.#first(statements.table, statements.select(skip_ttl), values);
  }

  async selectBy(
    entity: string,
    field: string,
    value: string | number,
    { skip_ttl = false }: RowReadOptions = {},
  ): Promise<EntityRow | undefined> {
    const statements = this.#tables.of(entity);
    const { table } = statements;
    const attributes = table.definition.fields[field];
    if (attributes === undefined) throw new TypeError(`'${entity}' has no field '${field}'`);
    return this.#first(table, statements.selectBy(columnName(field, attributes), skip_ttl), [
      value,
      ...this.#time(table, skip_ttl),
    ]);
  }

  async selectByCacheKey(entity: string, key: string, { skip_ttl = false }: RowReadOptions = {}): Promise<EntityRow | undefined> {
    const statements = this.#tables.of(entity);
    return this.#first(statements.table, statements.selectBy(cacheKeyColumn, skip_ttl), [
      key,
      ...this.#time(statements.table, skip_ttl),
    ]);
  }

  page(entity: string, query: RowQuery): Promise<RowPage> {
    return this.#page(entity, query);
  }

  pageFor(entity: string, field: string, id: string, query: RowQuery): Promise<RowPage> {
    return this.#page(entity, query, field, id);
  }

  async insert(entity: string, row: EntityRow): Promise<void> {
    const statements = this.#tables.of(entity);
    await this.#write(statements, statements.insert(), row, []);
  }

  async update(
    entity: string,
    key: RowKey,
    row: EntityRow,
    changed: readonly string[],
  ): Promise<{ readonly row: EntityRow; readonly old: EntityRow } | undefined> {
    const statements = this.#tables.of(entity);
    const { table } = statements;
    const columns = changedColumns(table, changed);
    if (columns.length === 0) {
      const old = await this.select(entity, key, { skip_ttl: true });
      return old && { row: old, old };
    }
    const [values] = await this.#write(statements, statements.update(columns), row, keyValues(table, key));
    return values && { old: fromOutput(table, values), row: fromOutput(table, values, table.read.length) };
  }

  async upsert(entity: string, row: EntityRow): Promise<EntityRow | undefined> {
    const statements = this.#tables.of(entity);
    const { table } = statements;
    // While others write the same record, PostgreSQL may find its unique values taken, by the record itself.
    const [values] = await this.#write(statements, statements.upsert(), row, keyValues(table, row as RowKey), upsertTries);
    const old = values && fromOutput(table, values);
    return old !== undefined && this.#isExpired(table, old) ? undefined : old;
  }

  async increment(entity: string, row: EntityRow, field: string): Promise<RowChange> {
    const statements = this.#tables.of(entity);
    const { table } = statements;
    const attributes = table.definition.fields[field];
    if (attributes === undefined) throw new TypeError(`'${entity}' has no field '${field}'`);
    const text = statements.increment(columnName(field, attributes));
    const [values = []] = await this.#write(statements, text, row, this.#time(table, false));
    return { entity, operation: values[table.read.length] === true ? "create" : "update", row: fromOutput(table, values) };
  }

  async delete(entity: string, key: RowKey, { skip_ttl = false }: RowReadOptions = {}): Promise<readonly RowChange[]> {
    const statements = this.#tables.of(entity);
    const { table } = statements;
    const values = keyValues(table, key);
    return this.#guarded(() =>
      this.#database.transaction(async (queries) => {
        const lock = statements.select(skip_ttl, "FOR UPDATE");
        const rows = decoded(table, await queries.query(lock, [...values, ...this.#time(table, skip_ttl)]));
        if (rows.length === 0) return [];
        const changes = await deletionOf(queries, this.#tables, entity, rows);
        await queries.query(statements.delete(), values);
        return changes;
      }),
    );
  }

  async truncate(entity: string): Promise<void> {
    const { name } = this.#tables.of(entity);
    await this.#guarded(() => this.#database.longTransaction((queries) => queries.query(`DELETE FROM ${name}`)));
  }

  async load(rows: RowsByEntity, options: { readonly replace: boolean }): Promise<void> {
    if (options.replace) await this.replace(rows);
    else await this.#guarded(() => mergeRows(this.#database, this.#tables, rows));
  }

  /** {@link load} with `replace`, which tells what is different from before. */
  replace(rows: RowsByEntity): Promise<readonly RowChange[]> {
    return this.#guarded(() => replaceRows(this.#database, this.#tables, rows));
  }

  async removeExpired(): Promise<number> {
    let removed = 0;
    for (const statements of this.#tables.all) {
      if (statements.table.definition.ttl) removed += await this.#removeExpiredOf(statements);
    }
    return removed;
  }

  async #removeExpiredOf(statements: Statements): Promise<number> {
    const { table } = statements;
    let removed = 0;
    for (;;) {
      const found = await this.#database.read(statements.selectExpired(), [this.#now() / 1000, expiredPerRound]);
      let progress = 0;
      for (const values of found) {
        const key = Object.fromEntries(
          table.primaryKey.map(({ field, fromRow }, index) => [field as string, fromRow(values[index]) as string]),
        );
        const row = await this.select(table.name, key, { skip_ttl: true });
        if (row === undefined || !this.#isExpired(table, row)) continue;
        try {
          const changes = await this.delete(table.name, key, { skip_ttl: true });
          progress += changes.filter(({ operation }) => operation === "delete").length;
          this.onExpired(changes);
        } catch (error) {
          // Something that must not vanish refers to it: it stays, unseen, until that is gone.
          if ((error as { readonly code?: unknown }).code !== 4) throw error;
        }
      }
      removed += progress;
      if (found.length < expiredPerRound || progress === 0) return removed;
    }
  }

  /**
   * Runs the statement of a write of one record. What has expired makes room, and then it is run again.
   *
   * @param tries - how often a unique value must be taken to be believed so
   */
  async #write(statements: Statements, text: string, row: EntityRow, values: readonly unknown[], tries = 1): Promise<ResultRows> {
    const { table } = statements;
    const input = toInput(table, row);
    const json = JSON.stringify([input]);
    assertStorable([input], json);
    return this.#guarded(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#database.query(text, [json, ...values]);
        } catch (error) {
          if (!isUniqueViolation(error)) throw error;
          const hasRoom = table.definition.ttl && attempt === 1 && (await this.#removeExpiredOf(statements)) > 0;
          if (!hasRoom && attempt >= tries) throw error;
        }
      }
    }, row);
  }

  async #page(entity: string, query: RowQuery, reference?: string, id?: string): Promise<RowPage> {
    const statements = this.#tables.of(entity);
    const { table } = statements;
    const { size, offset, tags = [], tags_cond = "and", skip_ttl = false } = query;
    const after = offset === undefined ? undefined : decodeOffset(table.definition, offset);
    const field = reference === undefined ? undefined : table.definition.fields[reference];
    const text = statements.page({
      after: after !== undefined,
      expiredToo: skip_ttl,
      ...(reference !== undefined && field ? { reference: columnName(reference, field) } : {}),
      ...(tags.length > 0 ? { tags: tags_cond } : {}),
    });
    const values = [
      size + 1,
      ...(after ?? []),
      ...(reference === undefined ? [] : [id]),
      ...(tags.length > 0 ? [tags] : []),
      ...this.#time(table, skip_ttl),
    ];
    try {
      const found = await this.#database.read(text, values);
      const rows = decoded(table, found.slice(0, size));
      const last = rows.at(-1);
      if (found.length <= size || last === undefined) return { rows };
      return { rows, offset: encodeOffset(table.definition, last) };
    } catch (error) {
      if (offset !== undefined && badValues.has(serverError(error)?.code ?? ""))
        throw new InvalidOffsetError(offset, "bad json encoding");
      throw error;
    }
  }

  async #first(table: Table, text: string, values: readonly unknown[]): Promise<EntityRow | undefined> {
    try {
      const [found] = await this.#database.read(text, values);
      return found && fromOutput(table, found);
    } catch (error) {
      if (badValues.has(serverError(error)?.code ?? "")) return undefined;
      throw error;
    }
  }

  async #guarded<T>(work: () => Promise<T>, row?: EntityRow): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw violationOf(this.#tables, error, row);
    }
  }

  #time({ definition }: Table, expiredToo: boolean): readonly number[] {
    return definition.ttl && !expiredToo ? [this.#now() / 1000] : [];
  }

  #isExpired({ definition }: Table, row: EntityRow): boolean {
    return definition.ttl && typeof row.ttl === "number" && row.ttl * 1000 <= this.#now();
  }
}

function keyValues({ primaryKey }: Table, key: RowKey): readonly unknown[] {
  return primaryKey.map(({ field, toJson }) => toJson(key[field as string]));
}

function decoded(table: Table, rows: ResultRows): EntityRow[] {
  return rows.map((values) => fromOutput(table, values));
}
