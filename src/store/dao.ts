import type { CompiledSchema, WriteOperation } from "../schema/compiled.js";
import type { EntityDefinition, InferInput } from "../schema/entity.js";
import type { DaoMethods } from "./dao-methods.js";
import type {
  ForeignFieldName,
  NumberFieldName,
  ParentKey,
  PrimaryKey,
  Row,
  UniqueFieldName,
  UniqueValue,
} from "./field-names.js";

/** How to read. Names and meanings are those of Kong's DAO options. */
export interface ReadOptions {
  /** Also see records that have expired. */
  readonly skip_ttl?: boolean;
  /** Show `ttl` as the moment of expiry (seconds since the epoch) and not as the seconds that remain. */
  readonly export?: boolean;
  /** Add `ws_id`, the id of the workspace, to the result. */
  readonly show_ws_id?: boolean;
  /**
   * With a database server: `true` asks the server. Otherwise what this process has in memory answers, which has all of its own writes,
   * and those of other processes as soon as it has heard of them (milliseconds). Records that nobody keeps in memory (`cached: false`)
   * are always read at the server.
   */
  readonly fresh?: boolean;
  /** There is one workspace: its name `default`, its id, or `null` for all. */
  readonly workspace?: string | null;
  /** Accepted for Kong's sake: results always have their unset fields, as `null`. */
  readonly nulls?: boolean;
}

/** How to list. */
export interface PageOptions extends ReadOptions {
  /** Only records with these tags, at most five. */
  readonly tags?: readonly string[];
  /** Needed with more than one tag: all of them, or any. */
  readonly tags_cond?: "and" | "or";
  /** Sizes for calls that give none: 1000 records, and what the strategy allows at most. */
  readonly pagination?: { readonly page_size?: number; readonly max_page_size?: number };
}

/** How to write. */
export interface WriteOptions extends ReadOptions {
  /** Seconds to live, for entities that may expire; 0 clears. */
  readonly ttl?: number;
  /** `false`: values are stored as given (they are hashed already). */
  readonly transform?: boolean;
  /** `true`: tells nobody of the change, so that nothing is invalidated or rebuilt for it. */
  readonly no_broadcast_crud_event?: boolean;
}

/** One page of a listing. */
export interface Page<T> {
  readonly data: T[];
  /** Hand it to the next call. Absent on the last page. */
  readonly offset?: string;
}

/** An entity's input: typed where the entity is known to the compiler. */
export type Input<E extends EntityDefinition> = string extends keyof E["fields"]
  ? Readonly<Record<string, unknown>>
  : InferInput<E>;

/** The changed fields of an update. */
export type PartialInput<E extends EntityDefinition> = Partial<Input<E>>;

/**
 * Access to the records of one entity. Every strategy implements it, so nothing here needs joins or transactions over several
 * records. What is returned belongs to the caller: changing it changes nothing in the store.
 *
 * Failures are `DaoError`s with Kong's codes; those that any method may throw are {@link InvalidOptionsError} (wrong options) and
 * `DatabaseError` (the storage failed).
 */
export interface Dao<E extends EntityDefinition = EntityDefinition> {
  readonly definition: E;
  readonly schema: CompiledSchema;

  /**
   * @returns the record, or `undefined` when there is none
   * @throws `InvalidPrimaryKeyError` when the key can not be one
   */
  select(key: PrimaryKey<E>, options?: ReadOptions): Promise<Row<E> | undefined>;

  /**
   * @param field - a unique field, or the endpoint key
   * @throws `InvalidUniqueError` when the value breaks the rules of the field
   */
  selectBy<K extends UniqueFieldName<E>>(field: K, value: UniqueValue<E, K>, options?: ReadOptions): Promise<Row<E> | undefined>;

  /**
   * @param key - what {@link Dao.cacheKey} returns; for entities whose cache key is one field, the value of that field
   */
  selectByCacheKey(key: string, options?: ReadOptions): Promise<Row<E> | undefined>;

  /** The text under which a record is cached: `plugins:key-auth::<service id>:::<workspace id>`. */
  cacheKey(record: Readonly<Record<string, unknown>>): string;

  /**
   * One page, in ascending order of the primary key.
   *
   * @param size - records per page, 1 to the strategy's maximum; default 1000
   * @param offset - from the page before
   * @throws `InvalidSizeError`, `InvalidOffsetError`
   */
  page(size?: number, offset?: string, options?: PageOptions): Promise<Page<Row<E>>>;

  /** All records, fetched page by page. */
  each(size?: number, options?: PageOptions): AsyncIterable<Row<E>>;

  /** As {@link Dao.page}, for the records that refer to one other record. */
  pageFor<K extends ForeignFieldName<E>>(
    field: K,
    key: ParentKey<E, K>,
    size?: number,
    offset?: string,
    options?: PageOptions,
  ): Promise<Page<Row<E>>>;

  /** As {@link Dao.each}, for the records that refer to one other record. */
  eachFor<K extends ForeignFieldName<E>>(
    field: K,
    key: ParentKey<E, K>,
    size?: number,
    options?: PageOptions,
  ): AsyncIterable<Row<E>>;

  /**
   * Checks what a write would check, without writing.
   *
   * @throws `SchemaViolationError`, `ForeignKeysUnresolvedError`
   */
  validate(input: PartialInput<E>, operation: WriteOperation): Promise<void>;

  /** @throws `SchemaViolationError`, `UniqueViolationError`, `ForeignKeyViolationError`, `OperationUnsupportedError` */
  insert(input: Input<E>, options?: WriteOptions): Promise<Row<E>>;

  /**
   * Changes some fields. Records inside the record are merged; lists and maps are replaced.
   *
   * @throws as {@link Dao.insert}; `NotFoundError`
   */
  update(key: PrimaryKey<E>, input: PartialInput<E>, options?: WriteOptions): Promise<Row<E>>;
  updateBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    input: PartialInput<E>,
    options?: WriteOptions,
  ): Promise<Row<E>>;

  /** Creates the record, or replaces it as a whole: absent fields go back to their defaults. */
  upsert(key: PrimaryKey<E>, input: Input<E>, options?: WriteOptions): Promise<Row<E>>;
  upsertBy<K extends UniqueFieldName<E>>(
    field: K,
    value: UniqueValue<E, K>,
    input: PartialInput<E>,
    options?: WriteOptions,
  ): Promise<Row<E>>;

  /**
   * Adds to a number in one step, for counters: of many who count at the same time, in many processes, nobody is lost. Creates the
   * record when there is none (or an expired one) from the key, the number and the defaults; otherwise nothing but the number changes,
   * no time stamps and no `ttl` either, and no rule of the field is applied to the sum.
   *
   * Counting where the entity is `cached: false` is told to nobody; otherwise it is a change like any other.
   *
   * @param key - all parts of the primary key
   * @param field - a number, no part of the primary key
   * @param delta - what is added; a value that the field may have
   * @param options - `ttl`: seconds to live of a record that is created
   * @returns the number as it is now
   * @throws `TypeError` when the field is no such field, `InvalidPrimaryKeyError`, and what {@link Dao.insert} throws
   */
  increment(
    key: PrimaryKey<E>,
    field: NumberFieldName<E>,
    delta: number,
    options?: Pick<WriteOptions, "ttl" | "no_broadcast_crud_event">,
  ): Promise<number>;

  /** Deleting what is not there is fine. */
  delete(key: PrimaryKey<E>, options?: WriteOptions): Promise<void>;
  deleteBy<K extends UniqueFieldName<E>>(field: K, value: UniqueValue<E, K>, options?: WriteOptions): Promise<void>;

  /** Removes all records of the entity. Without a database: does nothing. */
  truncate(): Promise<void>;
}

/** Entity definitions by name, as the types of a store need them. */
export type EntityDefinitions = Readonly<Record<string, EntityDefinition>>;

/** Nothing, where the names are not known to the compiler. */
type MethodsOf<Name, R> = Name extends keyof DaoMethods<R> ? DaoMethods<R>[Name] : unknown;

/** One typed DAO per entity: `store.services.select(id)`. */
export type EntityStore<Defs extends EntityDefinitions = EntityDefinitions> = {
  readonly [Name in keyof Defs]: Dao<Defs[Name]> & MethodsOf<Name, Row<Defs[Name]>>;
};
