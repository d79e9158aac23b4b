import { NotFoundError, OperationUnsupportedError } from "../../../errors/dao-errors.js";
import type { CompiledSchema, WriteOperation } from "../../../schema/compiled.js";
import type { EntityDefinition } from "../../../schema/entity.js";
import type { ForeignKey } from "../../../schema/field.js";
import type { Dao, Input, Page, PageOptions, PartialInput, ReadOptions, WriteOptions } from "../../dao.js";
import type { ForeignFieldName, PrimaryKey, Row, StoredRecord, UniqueFieldName, UniqueValue } from "../../field-names.js";
import { checkUnique, parentIdOf, primaryKeyOf } from "../../key-checks.js";
import { cacheKeyText, primaryKeyText } from "../../keys.js";
import { checkOptions, hasTags } from "../../options.js";
import { checkSize, decodeOffset, defaultPageSize, encodeOffset } from "../../paging.js";
import type { EntityState } from "./entity-state.js";
import type { EntityTable } from "./entity-table.js";
import { prepareWrite } from "./prepare.js";

/** Kong's largest page without a database. */
const maxPageSize = 2048;

/** What an {@link OffDao} takes. */
export interface OffDaoOptions<E extends EntityDefinition> {
  readonly definition: E;
  readonly schema: CompiledSchema;
  /** The configuration that is in force. */
  readonly state: () => EntityState;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** Reads one entity of the configuration in force. Writes pass their checks and are then refused. */
export class OffDao<E extends EntityDefinition> implements Dao<E> {
  readonly definition: E;
  readonly schema: CompiledSchema;
  readonly #state: () => EntityState;
  readonly #now: () => number;

  constructor({ definition, schema, state, now = Date.now }: OffDaoOptions<E>) {
    this.definition = definition;
    this.schema = schema;
    this.#state = state;
    this.#now = now;
  }

  async select(key: PrimaryKey<E>, options: ReadOptions = {}): Promise<Row<E> | undefined> {
    checkOptions(this.definition, options);
    return this.#shown(this.#find(key, options), options);
  }

  async selectBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    options: ReadOptions = {},
  ): Promise<Row<E> | undefined> {
    checkOptions(this.definition, options);
    return this.#shown(this.#findBy(field, value, options), options);
  }

  async selectByCacheKey(key: string, options: ReadOptions = {}): Promise<Row<E> | undefined> {
    checkOptions(this.definition, options);
    if (!this.definition.cacheKey) throw new TypeError("entity does not have a cache_key defined");
    return this.#shown(this.#table.selectByCacheKey(key, options.skip_ttl), options);
  }

  cacheKey(record: Readonly<Record<string, unknown>>): string {
    return cacheKeyText(this.definition, record);
  }

  async page(size?: number, offset?: string, options: PageOptions = {}): Promise<Page<Row<E>>> {
    checkOptions(this.definition, options);
    return this.#pageOf(this.#table.all(options.skip_ttl), size, offset, options);
  }

  async *each(size?: number, options: PageOptions = {}): AsyncGenerator<Row<E>> {
    checkOptions(this.definition, options);
    yield* this.#eachOf(this.#table.all(options.skip_ttl), size, options);
  }

  async pageFor(
    field: ForeignFieldName<E>,
    key: string | ForeignKey,
    size?: number,
    offset?: string,
    options: PageOptions = {},
  ): Promise<Page<Row<E>>> {
    const id = parentIdOf(this.schema, field, key);
    checkOptions(this.definition, options);
    return this.#pageOf(this.#table.eachFor(field, id, options.skip_ttl), size, offset, options);
  }

  async *eachFor(
    field: ForeignFieldName<E>,
    key: string | ForeignKey,
    size?: number,
    options: PageOptions = {},
  ): AsyncGenerator<Row<E>> {
    const id = parentIdOf(this.schema, field, key);
    checkOptions(this.definition, options);
    yield* this.#eachOf(this.#table.eachFor(field, id, options.skip_ttl), size, options);
  }

  async validate(input: PartialInput<E>, operation: WriteOperation): Promise<void> {
    this.#prepare(input, operation);
  }

  async insert(input: Input<E>, options: WriteOptions = {}): Promise<never> {
    checkOptions(this.definition, options);
    this.#prepare(input, "insert");
    throw OperationUnsupportedError.readOnly("create", this.definition.name);
  }

  async update(key: PrimaryKey<E>, input: PartialInput<E>, options: WriteOptions = {}): Promise<never> {
    checkOptions(this.definition, options);
    const stored = this.#find(key, options);
    if (!stored) throw new NotFoundError(primaryKeyOf(this.schema, key));
    this.#prepare(input, "update", stored);
    throw OperationUnsupportedError.readOnly("update", this.definition.name);
  }

  async updateBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    input: PartialInput<E>,
    options: WriteOptions = {},
  ): Promise<never> {
    checkOptions(this.definition, options);
    const stored = this.#findBy(field, value, options);
    if (!stored) throw new NotFoundError({ [field]: value as string }, "field");
    this.#prepare(input, "update", stored);
    throw OperationUnsupportedError.readOnly("update", this.definition.name, field);
  }

  async upsert(key: PrimaryKey<E>, input: Input<E>, options: WriteOptions = {}): Promise<never> {
    checkOptions(this.definition, options);
    this.#prepare({ ...input, ...primaryKeyOf(this.schema, key) }, "upsert");
    throw OperationUnsupportedError.readOnly("create or update", this.definition.name);
  }

  async upsertBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    input: PartialInput<E>,
    options: WriteOptions = {},
  ): Promise<never> {
    checkOptions(this.definition, options);
    checkUnique(this.schema, field, value);
    this.#prepare({ ...input, [field]: value }, "upsert");
    throw OperationUnsupportedError.readOnly("create or update", this.definition.name, field);
  }

  async delete(key: PrimaryKey<E>, options: WriteOptions = {}): Promise<void> {
    checkOptions(this.definition, options);
    this.#refuseDelete(this.#find(key, options));
  }

  async deleteBy<K extends UniqueFieldName<E>>(field: K, value: UniqueValue<E, K>, options: WriteOptions = {}): Promise<void> {
    checkOptions(this.definition, options);
    this.#refuseDelete(this.#findBy(field, value, options), field);
  }

  async truncate(): Promise<void> {}

  get #table(): EntityTable {
    return this.#state().table(this.definition.name);
  }

  #find(key: unknown, { skip_ttl }: ReadOptions): StoredRecord | undefined {
    return this.#table.select(primaryKeyText(this.definition, primaryKeyOf(this.schema, key)), skip_ttl);
  }

  #findBy(field: string, value: unknown, { skip_ttl }: ReadOptions): StoredRecord | undefined {
    checkUnique(this.schema, field, value);
    return this.#table.selectBy(field, value, skip_ttl);
  }

  #prepare(input: object, operation: WriteOperation, stored?: StoredRecord): void {
    const values = input as Readonly<Record<string, unknown>>;
    prepareWrite({ schema: this.schema, state: this.#state(), now: this.#now }, values, operation, stored);
  }

  #refuseDelete(record: StoredRecord | undefined, field?: string): void {
    if (!record) return;
    const { name } = this.definition;
    // Kong removes the names of a certificate first, and that is what fails.
    if (name === "certificates" && this.#state().entityNames.includes("snis")) {
      const names = this.#state().eachFor("snis", "certificate", String(record.id));
      if (names.length > 0) throw OperationUnsupportedError.readOnly("remove", "snis", "name");
    }
    throw OperationUnsupportedError.readOnly("remove", name, field);
  }

  #pageOf(rows: readonly StoredRecord[], size = defaultPageSize, offset: string | undefined, options: PageOptions): Page<Row<E>> {
    checkSize(size, maxPageSize);
    const last = offset === undefined ? undefined : String(decodeOffset(offset)[0]);
    const key = (row: StoredRecord): string => primaryKeyText(this.definition, row);
    const data: Row<E>[] = [];
    let lastKey = "";
    for (let index = last === undefined ? 0 : firstBehind(rows, last, key); index < rows.length; index++) {
      const row = rows[index] as StoredRecord;
      if (!hasTags(row, options)) continue;
      if (data.length === size) return { data, offset: encodeOffset([lastKey]) };
      data.push(this.#shown(row, options));
      lastKey = key(row);
    }
    return { data };
  }

  *#eachOf(rows: readonly StoredRecord[], size = defaultPageSize, options: PageOptions): Generator<Row<E>> {
    checkSize(size, maxPageSize);
    for (const row of rows) {
      if (hasTags(row, options)) yield this.#shown(row, options);
    }
  }

  #shown(row: StoredRecord, options: ReadOptions): Row<E>;
  #shown(row: StoredRecord | undefined, options: ReadOptions): Row<E> | undefined;
  #shown(row: StoredRecord | undefined, options: ReadOptions): Row<E> | undefined {
    if (!row) return undefined;
    const copy = structuredClone(row) as Record<string, unknown>;
    if (typeof copy.ttl === "number" && !options.export) copy.ttl = Math.max(0, Math.floor(copy.ttl - this.#now() / 1000));
    return copy as Row<E>;
  }
}

/** The position of the first row behind a key, in rows that ascend by key. */
function firstBehind(rows: readonly StoredRecord[], last: string, key: (row: StoredRecord) => string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(rows[middle] as StoredRecord) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}
