import { NotFoundError, OperationUnsupportedError, UniqueViolationError } from "../errors/dao-errors.js";
import type { WriteOperation } from "../schema/compiled.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { Dao, Input, PartialInput, WriteOptions } from "./dao.js";
import { EntityReads, type Values } from "./entity-reads.js";
import { expiryOf, takeTtl } from "./expiry.js";
import type { NumberFieldName, PrimaryKey, Row, UniqueFieldName, UniqueValue } from "./field-names.js";
import { foreignId } from "./keys.js";
import { checkOptions } from "./options.js";
import { changedColumns, type PreparedWrite, prepareWrite } from "./prepare-write.js";
import type { StoreChange } from "./store-events.js";
import { storedRow } from "./stored-row.js";
import type { EntityRow, RowKey, RowReadOptions } from "./strategy.js";

/** A write on its way: what has been checked, and what it started from. */
export interface Verification {
  readonly operation: WriteOperation;
  /** As the caller gave it. */
  readonly input: Values;
  /** The record that an update changes. */
  readonly stored?: EntityRow | undefined;
}

/** What writes start from is what is stored. */
const fresh: RowReadOptions = { fresh: true };

/** How often a write is tried again that another one has overtaken. */
const maxRetries = 3;

/** The verbs of Kong's refusals to write without a database. */
type Verb = "create" | "update" | "create or update" | "remove";

/**
 * Access to the records of one entity over any strategy. Entities with rules of their own extend it (`overrides/`); what they need for
 * that is protected.
 */
export class EntityDao<E extends EntityDefinition = EntityDefinition> extends EntityReads<E> implements Dao<E> {
  async validate(input: PartialInput<E>, operation: WriteOperation): Promise<void> {
    await this.#prepare(takeTtl(this.definition, input, {}).values, operation);
  }

  async insert(input: Input<E>, options: WriteOptions = {}): Promise<Row<E>> {
    const { values, ttl } = takeTtl(this.definition, input, options);
    const { record } = await this.#prepare(values, "insert");
    this.refuseReadOnly("create");
    const row = this.#finished(record, values, options, expiryOf(ttl, record, "created_at", this.context.now));
    await this.context.events.mayWrite();
    await this.strategy.insert(this.definition.name, row);
    await this.announce([{ entity: this.definition.name, operation: "create", row }], options);
    return this.shown(row, options);
  }

  async update(key: PrimaryKey<E>, input: PartialInput<E>, options: WriteOptions = {}): Promise<Row<E>> {
    const parts = this.keyOf(key);
    checkOptions(this.definition, options);
    const stored = await this.strategy.select(this.definition.name, parts, fresh);
    if (!stored) throw new NotFoundError(parts);
    return this.#change(stored, input, options);
  }

  async updateBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    input: PartialInput<E>,
    options: WriteOptions = {},
  ): Promise<Row<E>> {
    checkOptions(this.definition, options);
    const stored = await this.findBy(field, value, fresh);
    if (!stored) throw new NotFoundError({ [field]: value as string }, "field");
    return this.#change(stored, input, options, field);
  }

  async upsert(key: PrimaryKey<E>, input: Input<E>, options: WriteOptions = {}): Promise<Row<E>> {
    const parts = this.keyOf(key);
    return this.#replace({ ...input, ...parts }, options, async () => ({ isThere: true }));
  }

  async upsertBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    input: PartialInput<E>,
    options: WriteOptions = {},
  ): Promise<Row<E>> {
    const isForeign = this.definition.fields[field]?.kind === "foreign";
    const values = { ...input, [field]: isForeign ? { id: foreignId(value) } : value };
    const find = async (): Promise<{ isThere: boolean; key?: RowKey }> => {
      const stored = await this.findBy(field, value, fresh);
      return stored ? { isThere: true, key: this.keyOf(stored) } : { isThere: false };
    };
    return this.#replace(values, options, find, field);
  }

  async increment(
    key: PrimaryKey<E>,
    field: NumberFieldName<E>,
    delta: number,
    options: Pick<WriteOptions, "ttl" | "no_broadcast_crud_event"> = {},
  ): Promise<number> {
    assertCounter(this.definition, field);
    const { values, ttl } = takeTtl(this.definition, { ...this.keyOf(key), [field]: delta }, options);
    const { record } = await this.#prepare(values, "insert");
    this.refuseReadOnly("create or update");
    const row = this.#finished(record, values, {}, expiryOf(ttl, record, "created_at", this.context.now));
    await this.context.events.mayWrite();
    const change = await this.strategy.increment(this.definition.name, row, field);
    if (this.definition.cached) await this.announce([change], options);
    return change.row[field] as number;
  }

  async delete(key: PrimaryKey<E>, options: WriteOptions = {}): Promise<void> {
    const parts = this.keyOf(key);
    checkOptions(this.definition, options);
    await this.remove(parts, options);
  }

  async deleteBy<K extends UniqueFieldName<E>>(field: K, value: UniqueValue<E, K>, options: WriteOptions = {}): Promise<void> {
    checkOptions(this.definition, options);
    const row = await this.findBy(field, value, { ...options, ...fresh });
    if (row) await this.remove(this.keyOf(row), options, field);
  }

  async truncate(): Promise<void> {
    await this.context.events.mayWrite();
    await this.strategy.truncate(this.definition.name);
    if (this.strategy.readOnly) return;
    this.context.events.reset();
    await this.context.events.caughtUp();
  }

  /** A last change to what callers give, before anything is done with it. */
  protected adapt(input: Values, _operation: WriteOperation): Values {
    return input;
  }

  /** Further checks of a record that has passed those of the schema. */
  protected async verify(_record: Values, _write: Verification): Promise<void> {}

  /** Deletes a record that may be there. */
  protected async remove(key: RowKey, options: WriteOptions, by?: string): Promise<void> {
    const { name } = this.definition;
    if (this.strategy.readOnly) {
      if (await this.strategy.select(name, key, options)) this.refuseReadOnly("remove", by);
      return;
    }
    await this.context.events.mayWrite();
    await this.announce(await this.strategy.delete(name, key, options), options);
  }

  /** @returns what the write waits for */
  protected announce(changes: readonly StoreChange[], options: WriteOptions): Promise<void> | undefined {
    if (options.no_broadcast_crud_event) return undefined;
    for (const change of changes) this.context.events.changed(change);
    return this.context.events.caughtUp();
  }

  /** @throws `OperationUnsupportedError` when there is no database */
  protected refuseReadOnly(verb: Verb, by?: string): void {
    if (this.strategy.readOnly) throw OperationUnsupportedError.readOnly(verb, this.definition.name, by);
  }

  async #prepare(input: Values, operation: WriteOperation, stored?: EntityRow): Promise<PreparedWrite> {
    const adapted = this.adapt(input, operation);
    const prepared = await prepareWrite(this.context, this.schema, adapted, operation, stored);
    await this.verify(prepared.record, { operation, input: adapted, stored });
    return prepared;
  }

  /** @param expiry - from {@link expiryOf} */
  #finished(
    record: Record<string, unknown>,
    input: Values,
    options: WriteOptions,
    expiry: number | undefined,
  ): Record<string, unknown> {
    const transformed = options.transform === false ? record : this.schema.transform(record, input);
    const row = storedRow(this.definition, transformed);
    if (expiry === undefined) return row;
    delete row.ttl;
    return expiry === 0 ? row : { ...row, ttl: expiry };
  }

  async #change(stored: EntityRow, input: PartialInput<E>, options: WriteOptions, by?: string): Promise<Row<E>> {
    const { name } = this.definition;
    const { values, ttl } = takeTtl(this.definition, input, options);
    const { record, given } = await this.#prepare(values, "update", stored);
    this.refuseReadOnly("update", by);
    const expiry = expiryOf(ttl, record, "updated_at", this.context.now);
    const row = this.#finished(record, values, options, expiry);
    const changed = changedColumns(this.schema, given, stored, row);
    await this.context.events.mayWrite();
    const written = await this.strategy.update(
      name,
      this.keyOf(stored),
      row,
      expiry === undefined ? changed : [...changed, "ttl"],
    );
    if (!written) throw new NotFoundError(this.keyOf(stored));
    await this.announce([{ entity: name, operation: "update", ...written }], options);
    return this.shown(written.row, options);
  }

  /** @param find - tells whether there may be a record to replace, and under which key */
  async #replace(
    input: Values,
    options: WriteOptions,
    find: () => Promise<{ readonly isThere: boolean; readonly key?: RowKey }>,
    by?: string,
  ): Promise<Row<E>> {
    const { name } = this.definition;
    const { values, ttl } = takeTtl(this.definition, input, options);
    for (let attempt = 0; ; attempt++) {
      const { isThere, key = {} } = await find();
      const { record } = await this.#prepare({ ...values, ...key }, "upsert");
      this.refuseReadOnly("create or update", by);
      const row = this.#finished(record, values, options, expiryOf(ttl ?? 0, record, "created_at", this.context.now));
      try {
        await this.context.events.mayWrite();
        const old = isThere ? await this.strategy.upsert(name, row) : await this.strategy.insert(name, row);
        await this.announce([{ entity: name, operation: old ? "update" : "create", row, ...(old ? { old } : {}) }], options);
        return this.shown(row, options);
      } catch (error) {
        // Somebody may have created the record in between: then it is that one which is replaced.
        const isOvertaken = !isThere && error instanceof UniqueViolationError && by !== undefined && by in (error.fields ?? {});
        if (!isOvertaken || attempt >= maxRetries) throw error;
      }
    }
  }
}

/** @throws `TypeError` for what is no number, or identifies the record */
function assertCounter({ name, fields, primaryKey }: EntityDefinition, field: string): void {
  const kind = Object.hasOwn(fields, field) ? fields[field]?.kind : undefined;
  const isCounter = (kind === "integer" || kind === "number") && !primaryKey.includes(field);
  if (!isCounter) throw new TypeError(`'${field}' is not a number of '${name}' that can be counted`);
}
