import type { EntityDefinition } from "../../schema/entity.js";
import { runAtOnce, type Steps, sortInSteps, stepSize } from "../../util/steps.js";
import type { StoredRecord } from "../field-names.js";
import { cacheKeyText, foreignId, primaryKeyText } from "../keys.js";
import { ListIndex, type TableIndex, UniqueIndex } from "./indexes.js";
import { addKey, compareKeys, removeKey, type SortedKeys } from "./sorted-keys.js";

/** So many changes are followed one by one. */
const fewChanges = 1000;

/**
 * The records of one entity in memory, by primary key text. Indexes are built when they are first asked for and follow every change
 * from then on. Nothing is checked here; records are never changed, only replaced.
 */
export class EntityTable {
  readonly definition: EntityDefinition;
  readonly #now: () => number;
  readonly #unique = new Map<string, UniqueIndex>();
  readonly #lists = new Map<string, ListIndex>();
  #rows: ReadonlyMap<string, StoredRecord>;
  /** The same map as `#rows`, once it is our own. */
  #owned: Map<string, StoredRecord> | undefined;
  #keys: SortedKeys | undefined;
  #sorted: readonly StoredRecord[] | undefined;
  #composite: UniqueIndex | undefined;

  /**
   * @param rows - copied before the first change
   * @param now - milliseconds since the epoch
   */
  constructor(definition: EntityDefinition, rows: ReadonlyMap<string, StoredRecord>, now: () => number) {
    this.definition = definition;
    this.#rows = rows;
    this.#now = now;
  }

  /**
   * Builds what would otherwise be built when it is first asked for, step by step: the index that requests look records up by, and
   * all that has been built for another table.
   */
  *prepare(like: EntityTable = this): Steps<void> {
    if (like.#keys) {
      const keys = [...this.#rows.keys()];
      yield* sortInSteps(keys, compareKeys);
      this.#keys = keys;
    }
    const [keyField, ...more] = this.definition.cacheKey ?? [];
    const fields = new Set(like.#unique.keys());
    if (keyField !== undefined && more.length === 0) fields.add(keyField);
    for (const field of fields) {
      const index = this.#newUnique(field);
      if (index) this.#unique.set(field, yield* this.#fill(index, this.#rows.keys()));
    }
    for (const field of like.#lists.keys()) this.#lists.set(field, yield* this.#fill(this.#newList(field), this.keys()));
    if (like.#composite) this.#composite = yield* this.#fill(this.#newComposite(), this.#rows.keys());
  }

  /** How many records there are, expired ones included. */
  get size(): number {
    return this.#rows.size;
  }

  /** All records in no particular order, expired ones included. */
  get rows(): ReadonlyMap<string, StoredRecord> {
    return this.#rows;
  }

  select(key: string, expiredToo = false): StoredRecord | undefined {
    return this.#alive(this.#rows.get(key), expiredToo);
  }

  /** @param value - of a foreign field, the id or `{ id }` */
  selectBy(field: string, value: unknown, expiredToo = false): StoredRecord | undefined {
    // Looked up before anything is made: closures on the request path cost.
    const index = this.#unique.get(field) ?? this.#uniqueIndex(field);
    const wanted = typeof value === "object" ? foreignId(value) : value;
    if (index !== undefined) return this.#alive(index.get(wanted), expiredToo);
    for (const key of this.listIndex(field).get(wanted)) {
      const row = this.select(key, expiredToo);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  selectByCacheKey(key: string, expiredToo = false): StoredRecord | undefined {
    const fields = this.definition.cacheKey ?? [];
    if (fields.length === 1) return this.selectBy(fields[0] as string, key, expiredToo);
    this.#composite ??= this.#filled(this.#newComposite(), this.#rows.keys());
    return this.#alive(this.#composite.get(key), expiredToo);
  }

  /** All records, in ascending order of the primary key. */
  all(expiredToo = false): readonly StoredRecord[] {
    this.#sorted ??= this.keys().map((key) => this.#rows.get(key) as StoredRecord);
    return this.#living(this.#sorted, expiredToo);
  }

  /** All records, in no particular order. */
  each(): Iterable<StoredRecord> {
    const rows = this.#rows.values();
    return this.definition.ttl ? this.#living([...rows], false) : rows;
  }

  eachFor(field: string, id: string, expiredToo = false): readonly StoredRecord[] {
    const rows = this.listIndex(field)
      .get(id)
      .map((key) => this.#rows.get(key) as StoredRecord);
    return this.#living(rows, expiredToo);
  }

  /** All primary keys in ascending order. Not to be kept: it changes with the table. */
  keys(): readonly string[] {
    this.#keys ??= [...this.#rows.keys()].sort();
    return this.#keys;
  }

  /** The records by the values of a field that several may share: a foreign field, or the tags. */
  listIndex(field: string): ListIndex {
    let index = this.#lists.get(field);
    if (index === undefined) {
      index = this.#filled(this.#newList(field), this.keys());
      this.#lists.set(field, index);
    }
    return index;
  }

  isExpired(row: StoredRecord): boolean {
    return this.definition.ttl && typeof row.ttl === "number" && row.ttl * 1000 <= this.#now();
  }

  /** Adds a record, or replaces the one with its primary key. */
  put(row: StoredRecord): void {
    const key = primaryKeyText(this.definition, row);
    const rows = this.#own();
    const before = rows.get(key);
    rows.set(key, row);
    this.#sorted = undefined;
    if (before === undefined && this.#keys) addKey(this.#keys, key);
    for (const index of this.#indexes()) {
      if (before !== undefined) index.remove(before, key);
      index.add(row, key);
    }
  }

  remove(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#own().delete(key);
    this.#sorted = undefined;
    if (this.#keys) removeKey(this.#keys, key);
    for (const index of this.#indexes()) index.remove(row, key);
  }

  /**
   * Makes many changes at once. Where they are no small part of the records, what has been built over those is dropped, and is built again
   * when it is next asked for: to follow each change takes longer (66,667 new records, three indexes: three to six times as long).
   *
   * @param put - records that are added, or replace those with their primary keys
   * @param removed - keys of others
   */
  change(put: readonly StoredRecord[], removed: readonly string[]): void {
    if (put.length + removed.length < Math.max(fewChanges, this.size / 8)) {
      for (const key of removed) this.remove(key);
      for (const row of put) this.put(row);
      return;
    }
    const rows = this.#own();
    for (const key of removed) rows.delete(key);
    for (const row of put) rows.set(primaryKeyText(this.definition, row), row);
    this.#sorted = undefined;
    this.#keys = undefined;
    this.#composite = undefined;
    this.#unique.clear();
    this.#lists.clear();
  }

  #own(): Map<string, StoredRecord> {
    if (this.#owned === undefined) {
      this.#owned = new Map(this.#rows);
      this.#rows = this.#owned;
    }
    return this.#owned;
  }

  *#indexes(): Generator<TableIndex> {
    yield* this.#unique.values();
    yield* this.#lists.values();
    if (this.#composite) yield this.#composite;
  }

  #alive(row: StoredRecord | undefined, expiredToo: boolean): StoredRecord | undefined {
    return row === undefined || expiredToo || !this.isExpired(row) ? row : undefined;
  }

  #living(rows: readonly StoredRecord[], expiredToo: boolean): readonly StoredRecord[] {
    return this.definition.ttl && !expiredToo ? rows.filter((row) => !this.isExpired(row)) : rows;
  }

  #uniqueIndex(field: string): UniqueIndex | undefined {
    const empty = this.#newUnique(field);
    if (empty === undefined) return undefined;
    const index = this.#filled(empty, this.#rows.keys());
    this.#unique.set(field, index);
    return index;
  }

  #newUnique(field: string): UniqueIndex | undefined {
    const { kind, attributes } = this.definition.fields[field] ?? {};
    if (attributes?.unique !== true) return undefined;
    return new UniqueIndex(kind === "foreign" ? (row) => foreignId(row[field]) : (row) => row[field]);
  }

  #newList(field: string): ListIndex {
    const isForeign = this.definition.fields[field]?.kind === "foreign";
    return new ListIndex((row) => valuesOf(row[field], isForeign));
  }

  #newComposite(): UniqueIndex {
    return new UniqueIndex((row) => cacheKeyText(this.definition, row));
  }

  #filled<I extends TableIndex>(index: I, keys: Iterable<string>): I {
    return runAtOnce(this.#fill(index, keys));
  }

  *#fill<I extends TableIndex>(index: I, keys: Iterable<string>): Steps<I> {
    let count = 0;
    for (const key of keys) {
      if (count++ % stepSize === 0) yield;
      index.add(this.#rows.get(key) as StoredRecord, key);
    }
    return index;
  }
}

function valuesOf(value: unknown, isForeign: boolean): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  return [isForeign ? foreignId(value) : value];
}
