import { compileSchema } from "../schema/compile.js";
import type { CompiledSchema } from "../schema/compiled.js";
import type { EntityDefinition } from "../schema/entity.js";
import { isPromise, type MaybePromise } from "../util/maybe-promise.js";
import { isUuid } from "../util/uuid.js";
import type { Dao, Page, PageOptions, ReadOptions } from "./dao.js";
import type { ForeignFieldName, ParentKey, PrimaryKey, Row, UniqueFieldName, UniqueValue } from "./field-names.js";
import { checkUnique, parentIdOf, primaryKeyOf } from "./key-checks.js";
import { cacheKeyText, foreignId } from "./keys.js";
import { checkOptions } from "./options.js";
import { checkSize, defaultPageSize } from "./paging.js";
import type { WriteContext } from "./prepare-write.js";
import type { StoreEvents } from "./store-events.js";
import { lowerCase, shownRow } from "./stored-row.js";
import type { EntityRow, RowKey, RowPage, RowQuery, Strategy } from "./strategy.js";

/** Values of a record by field name. */
export type Values = Readonly<Record<string, unknown>>;

/** What all DAOs of a store share. */
export interface DaoContext extends WriteContext {
  readonly events: StoreEvents;
  /** The DAO of another entity. */
  dao(entity: string): Dao | undefined;
}

/** The reading half of {@link EntityDao}. */
export class EntityReads<E extends EntityDefinition = EntityDefinition> {
  readonly definition: E;
  readonly schema: CompiledSchema;
  protected readonly context: DaoContext;
  /** The primary key is one UUID, as nearly everywhere: then a valid one is recognised without going through the schema. */
  readonly #hasUuid: boolean;

  constructor(definition: E, context: DaoContext) {
    const { fields, primaryKey } = definition;
    this.#hasUuid = primaryKey.length === 1 && fields[primaryKey[0] as string]?.attributes.uuid === true;
    this.definition = definition;
    this.schema = compileSchema(definition);
    this.context = context;
  }

  // The reads of one record are not `async`: where the record is in memory, the frame would cost as much as finding it.
  select(key: PrimaryKey<E>, options?: ReadOptions): Promise<Row<E> | undefined> {
    try {
      const parts = this.keyOf(key);
      checkOptions(this.definition, options);
      return this.#shownSoon(this.strategy.select(this.definition.name, parts, options), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  selectBy<K extends UniqueFieldName<E>>(field: K, value: UniqueValue<E, K>, options?: ReadOptions): Promise<Row<E> | undefined> {
    try {
      checkOptions(this.definition, options);
      return this.#shownSoon(this.findBy(field, value, options), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  selectByCacheKey(key: string, options?: ReadOptions): Promise<Row<E> | undefined> {
    const { name, cacheKey } = this.definition;
    if (cacheKey?.length === 1)
      return this.selectBy(cacheKey[0] as UniqueFieldName<E>, key as UniqueValue<E, UniqueFieldName<E>>, options);
    try {
      if (!cacheKey) throw new TypeError("entity does not have a cache_key defined");
      checkOptions(this.definition, options);
      return this.#shownSoon(this.strategy.selectByCacheKey(name, key, options), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  cacheKey(record: Values): string {
    return cacheKeyText(this.definition, record);
  }

  async page(size?: number, offset?: string, options: PageOptions = {}): Promise<Page<Row<E>>> {
    checkOptions(this.definition, options);
    return this.#shownPage(await this.strategy.page(this.definition.name, this.#query(size, offset, options)), options);
  }

  async *each(size?: number, options: PageOptions = {}): AsyncGenerator<Row<E>> {
    checkOptions(this.definition, options);
    yield* this.#eachOf((query) => this.strategy.page(this.definition.name, query), size, options);
  }

  async pageFor<K extends ForeignFieldName<E>>(
    field: K,
    key: ParentKey<E, K>,
    size?: number,
    offset?: string,
    options: PageOptions = {},
  ): Promise<Page<Row<E>>> {
    const id = this.parentId(field, key);
    checkOptions(this.definition, options);
    const page = await this.strategy.pageFor(this.definition.name, field, id, this.#query(size, offset, options));
    return this.#shownPage(page, options);
  }

  async *eachFor<K extends ForeignFieldName<E>>(
    field: K,
    key: ParentKey<E, K>,
    size?: number,
    options: PageOptions = {},
  ): AsyncGenerator<Row<E>> {
    const id = this.parentId(field, key);
    checkOptions(this.definition, options);
    yield* this.#eachOf((query) => this.strategy.pageFor(this.definition.name, field, id, query), size, options);
  }

  protected get strategy(): Strategy {
    return this.context.strategy;
  }

  /** A stored record as callers get it. */
  protected shown(row: EntityRow, options?: ReadOptions): Row<E> {
    return shownRow(this.definition, row, options, this.context.now) as Row<E>;
  }

  protected findBy(field: string, value: unknown, options?: ReadOptions): MaybePromise<EntityRow | undefined> {
    checkUnique(this.schema, field, value);
    const { kind, attributes } = this.definition.fields[field] ?? {};
    const isId = kind === "foreign" || attributes?.uuid === true;
    const wanted = kind === "foreign" ? foreignId(value) : value;
    return this.strategy.selectBy(this.definition.name, field, (isId ? this.#id(wanted) : wanted) as string | number, options);
  }

  /** @throws `InvalidPrimaryKeyError` */
  protected keyOf(key: unknown): RowKey {
    if (this.#hasUuid && isUuid(key)) return { [this.definition.primaryKey[0] as string]: this.#id(key) as string };
    const parts = primaryKeyOf(this.schema, key);
    for (const name of Object.keys(parts)) {
      if (this.definition.fields[name]?.attributes.uuid) parts[name] = this.#id(parts[name]) as string;
    }
    return parts;
  }

  /** @throws `InvalidPrimaryKeyError` */
  protected parentId(field: string, key: unknown): string {
    return this.#id(parentIdOf(this.schema, field, key)) as string;
  }

  /** Documents without a database keep their ids as they were written; everywhere else they are in lower case. */
  #id(id: unknown): unknown {
    return this.strategy.readOnly ? id : lowerCase(id);
  }

  #query(size: number | undefined, offset: string | undefined, options: PageOptions): RowQuery {
    const { page_size, max_page_size = this.strategy.maxPageSize } = options.pagination ?? {};
    const max = Math.min(max_page_size, this.strategy.maxPageSize);
    const wanted = size ?? Math.min(page_size ?? defaultPageSize, max);
    checkSize(wanted, max);
    const { skip_ttl, fresh, tags, tags_cond } = options;
    return {
      size: wanted,
      ...(offset === undefined ? {} : { offset }),
      ...(skip_ttl === undefined ? {} : { skip_ttl }),
      ...(fresh === undefined ? {} : { fresh }),
      ...(tags === undefined ? {} : { tags }),
      ...(tags_cond === undefined ? {} : { tags_cond }),
    };
  }

  #shownSoon(found: MaybePromise<EntityRow | undefined>, options: ReadOptions | undefined): Promise<Row<E> | undefined> {
    if (isPromise(found)) return (found as Promise<EntityRow | undefined>).then((row) => row && this.shown(row, options));
    return Promise.resolve(found && this.shown(found, options));
  }

  #shownPage({ rows, offset }: RowPage, options: PageOptions): Page<Row<E>> {
    const data = rows.map((row) => this.shown(row, options));
    return offset === undefined ? { data } : { data, offset };
  }

  async *#eachOf(
    read: (query: RowQuery) => MaybePromise<RowPage>,
    size: number | undefined,
    options: PageOptions,
  ): AsyncGenerator<Row<E>> {
    let offset: string | undefined;
    do {
      const page = await read(this.#query(size, offset, options));
      for (const row of page.rows) yield this.shown(row, options);
      offset = page.offset;
    } while (offset !== undefined);
  }
}
