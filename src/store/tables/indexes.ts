import type { StoredRecord } from "../field-names.js";
import { addKey, removeKey, type SortedKeys } from "./sorted-keys.js";

/** Something that is worked out from all records of a table and follows its changes. */
export interface TableIndex {
  add(row: StoredRecord, key: string): void;
  remove(row: StoredRecord, key: string): void;
}

/** At most one record per value. Unset values are not in it. */
export class UniqueIndex implements TableIndex {
  readonly #rows = new Map<unknown, StoredRecord>();
  readonly #read: (row: StoredRecord) => unknown;

  constructor(read: (row: StoredRecord) => unknown) {
    this.#read = read;
  }

  get(value: unknown): StoredRecord | undefined {
    return this.#rows.get(value);
  }

  /** Of records with the same value, which sound data does not have, the first one stays. */
  add(row: StoredRecord): void {
    const value = this.#read(row);
    if (value !== null && value !== undefined && !this.#rows.has(value)) this.#rows.set(value, row);
  }

  remove(row: StoredRecord): void {
    const value = this.#read(row);
    if (this.#rows.get(value) === row) this.#rows.delete(value);
  }
}

const none: readonly string[] = Object.freeze([]);

/** Any number of records per value, and of values per record. */
export class ListIndex implements TableIndex {
  readonly #keys = new Map<unknown, SortedKeys>();
  readonly #valuesOf: (row: StoredRecord) => readonly unknown[];

  constructor(valuesOf: (row: StoredRecord) => readonly unknown[]) {
    this.#valuesOf = valuesOf;
  }

  /** The primary keys of the records with this value. */
  get(value: unknown): readonly string[] {
    return this.#keys.get(value) ?? none;
  }

  add(row: StoredRecord, key: string): void {
    for (const value of this.#valuesOf(row)) {
      const keys = this.#keys.get(value);
      if (keys) addKey(keys, key);
      else this.#keys.set(value, [key]);
    }
  }

  remove(row: StoredRecord, key: string): void {
    for (const value of this.#valuesOf(row)) {
      const keys = this.#keys.get(value);
      if (!keys) continue;
      removeKey(keys, key);
      if (keys.length === 0) this.#keys.delete(value);
    }
  }
}
