import type { EntityDefinition } from "../schema/entity.js";
import type { MaybePromise } from "../util/maybe-promise.js";
import type { StoredRecord } from "./field-names.js";

/**
 * A record as strategies take and return it: complete and valid, every field of the entity there, unset ones `null`, references as
 * `{ id }`, transient fields left out. `ttl` is there only when the record expires, and is the moment of it: seconds since the epoch.
 *
 * The columns `cache_key` and `ws_id` are no part of it. A strategy that needs them fills `cache_key` with `compositeKey(definition,
 * row)` where that is not `undefined`, and `ws_id` with `defaultWorkspaceId` (both in `keys.ts`).
 */
export type EntityRow = StoredRecord;

/** A primary key, checked: all its parts by field name. */
export type RowKey = Readonly<Record<string, string | number>>;

/** What a write did to one record. */
export interface RowChange {
  readonly entity: string;
  readonly operation: "create" | "update" | "delete";
  /** The record as it is now; of a deletion, as it last was. */
  readonly row: EntityRow;
  /** The record before an update. */
  readonly old?: EntityRow;
}

/** Which records count. */
export interface RowReadOptions {
  /** Expired ones too. Default `false`: to whoever reads, changes or deletes, they are not there. */
  readonly skip_ttl?: boolean;
  /** Where the records are stored, and not in a copy that may be behind for a moment. */
  readonly fresh?: boolean;
}

/** Which page of a listing. Everything in it has been checked, but for the offset. */
export interface RowQuery extends RowReadOptions {
  readonly size: number;
  /** From {@link RowPage.offset}. Its form is the strategy's own business; most use `encodeOffset` and `decodeOffset`. */
  readonly offset?: string;
  readonly tags?: readonly string[];
  /** There whenever there are several tags. */
  readonly tags_cond?: "and" | "or";
}

/** One page of a listing, in ascending order of the primary key: texts by code unit, keys of several parts in any fixed order. */
export interface RowPage {
  readonly rows: readonly EntityRow[];
  /** There only when there is at least one more record. */
  readonly offset?: string;
}

/** Records by entity and primary key text (`primaryKeyText`), what is referred to before what refers to it. */
export type RowsByEntity = ReadonlyMap<string, ReadonlyMap<string, EntityRow>>;

/**
 * Where records are kept. It sits below the generic DAO, which has already checked options, keys and records, so a strategy only
 * stores, finds and guards integrity. Each operation is atomic by itself; nothing above needs joins, or a transaction over several
 * operations, so that partitioned databases can take part.
 *
 * Rows that are handed in belong to the strategy from then on, and rows that it returns are not changed by anybody: it may keep,
 * share and freeze them.
 *
 * **Integrity**, the same in every strategy. Errors are made by the functions of `integrity.ts`, so that their texts agree:
 * - Two records never share a primary key (code 3), a value of a `unique` field (`null` is no value), or a composite cache key, that
 *   is one of several fields (code 5). When a write breaks several of these, the first one is reported in this order: primary key,
 *   unique fields as the definition lists them, composite cache key.
 * - Unique comes before foreign: only then, the first foreign field in definition order that leads nowhere is reported (code 4).
 * - A deletion follows `onDelete` of every field that refers to the record: `cascade` deletes that record too, and so on; `null`
 *   unsets the field; otherwise, unless that record vanishes too, the deletion is refused (code 4) and nothing at all has happened.
 * - An expired record does not stand in the way of a write: it is removed then. It may still be referred to until it is.
 *
 * Failures of the storage itself are `DatabaseError`s (code 8). A write whose promise resolved has been stored for good.
 */
export interface Strategy {
  /** `memory`, `postgres`: shown in errors and by the Admin API. */
  readonly name: string;
  /** Writes pass all checks of the DAO and are then refused by it (code 12); they never get here. */
  readonly readOnly?: boolean;
  /** The largest page it gives. */
  readonly maxPageSize: number;

  /**
   * Makes entities known; those of the same name are replaced. Called before {@link connect}, with all of them, parents before their
   * children; and again when a plugin is registered later, with all of them. Views (`definition.view`) are not among them: nothing of
   * theirs is stored.
   */
  define(definitions: readonly EntityDefinition[]): void;
  /** Opens the storage. Everything else is called after it. Calling it again is fine. */
  connect(): Promise<void>;
  /** Lets running operations end, and closes. Calling it again is fine. */
  close(): Promise<void>;

  /** Reads answer at once where the strategy knows the answer, and may then throw at once too. */
  select(entity: string, key: RowKey, options?: RowReadOptions): MaybePromise<EntityRow | undefined>;
  /**
   * @param field - a unique field or the endpoint key. Where that is not unique, the record with the lowest primary key is returned
   * @param value - of a foreign field, the id
   */
  selectBy(entity: string, field: string, value: string | number, options?: RowReadOptions): MaybePromise<EntityRow | undefined>;
  /** @param key - of an entity with a composite cache key: the text of the column. (The DAO asks others by their one field.) */
  selectByCacheKey(entity: string, key: string, options?: RowReadOptions): MaybePromise<EntityRow | undefined>;
  /**
   * Pages hold still under writes: a record that is there all the time is seen once, whatever is added or deleted meanwhile.
   *
   * @throws `InvalidOffsetError`
   */
  page(entity: string, query: RowQuery): MaybePromise<RowPage>;
  /** As {@link page}, for the records whose foreign field refers to `id`. */
  pageFor(entity: string, field: string, id: string, query: RowQuery): MaybePromise<RowPage>;

  /** @throws codes 3, 4, 5 */
  insert(entity: string, row: EntityRow): Promise<void>;
  /**
   * Changes some fields of a record.
   *
   * Only the columns in `changed` are written, so that two updates of different fields at the same time both last. (Of the fields of
   * a composite cache key, all are in it or none.)
   *
   * @param row - the whole record as it should be
   * @param changed - names of fields; `ttl` among them sets or, when the row has none, clears the expiry
   * @returns the record before and after, or `undefined` when there is none (any more)
   * @throws codes 4, 5
   */
  update(
    entity: string,
    key: RowKey,
    row: EntityRow,
    changed: readonly string[],
  ): Promise<{ readonly row: EntityRow; readonly old: EntityRow } | undefined>;
  /**
   * Creates the record, or replaces the one with the same primary key as a whole (an expired one: as if it were not there).
   *
   * @returns the record that was replaced, or `undefined` when it has been created
   * @throws codes 4, 5
   */
  upsert(entity: string, row: EntityRow): Promise<EntityRow | undefined>;
  /**
   * Adds to a number of a record in one step, so that of many who count at the same time nobody is lost. Creates the record where there
   * is none, or an expired one; otherwise nothing but the number changes.
   *
   * @param row - the record to create; its `field` is what is added otherwise
   * @returns the creation or the update, with the record as it is now
   * @throws codes 4, 5
   */
  increment(entity: string, row: EntityRow, field: string): Promise<RowChange>;
  /**
   * Deletes a record, and what goes with it.
   *
   * @returns the deletion itself first, then those (and, for `onDelete: "null"`, the updates) that it caused; nothing when there was
   *   no such record
   * @throws code 4 when something that must not vanish refers to it
   */
  delete(entity: string, key: RowKey, options?: RowReadOptions): Promise<readonly RowChange[]>;
  /** Deletes all records of an entity, and what goes with them: as {@link delete} for each, but all or none. */
  truncate(entity: string): Promise<void>;

  /**
   * Stores many records at once, all or none: readers see the state before or the one after.
   *
   * @param rows - whole records. They need not be in any order, but together with what stays they must be in order: codes 4 and 5
   * @param options - `replace`: the records become the whole content of the store, but for entities that are not cached: of those,
   *   what is there stays, unless what it hangs on goes. Otherwise each is created, or replaces the one with its primary key
   */
  load(rows: RowsByEntity, options: { readonly replace: boolean }): Promise<void>;

  /** Removes what has expired, with all that cascades, and tells how many records it was. Called now and then. */
  removeExpired(): Promise<number>;
}
