import type { EntityDefinition } from "../../../schema/entity.js";
import { getOrMake } from "../../../util/get-or-make.js";
import type { StoredRecord } from "../../field-names.js";
import { cacheKeyText, foreignId } from "../../keys.js";

type Index = ReadonlyMap<unknown, StoredRecord>;
type ListIndex = ReadonlyMap<string, readonly StoredRecord[]>;

const none: readonly StoredRecord[] = Object.freeze([]);

/** The records of one entity. They never change; indexes are built when they are first asked for. */
export class EntityTable {
  readonly definition: EntityDefinition;
  readonly #rows: ReadonlyMap<string, StoredRecord>;
  readonly #now: () => number;
  readonly #unique = new Map<string, Index>();
  readonly #foreign = new Map<string, ListIndex>();
  #sorted: readonly StoredRecord[] | undefined;
  #keys: readonly string[] | undefined;
  #cacheKeys: ReadonlyMap<string, StoredRecord> | undefined;

  /**
   * @param rows - by primary key text
   * @param now - milliseconds since the epoch
   */
  constructor(definition: EntityDefinition, rows: ReadonlyMap<string, StoredRecord>, now: () => number) {
    this.definition = definition;
    this.#rows = rows;
    this.#now = now;
  }

  /** How many records there are, expired ones included. */
  get size(): number {
    return this.#rows.size;
  }

  select(key: string, expiredToo = false): StoredRecord | undefined {
    return this.#alive(this.#rows.get(key), expiredToo);
  }

  selectBy(field: string, value: unknown, expiredToo = false): StoredRecord | undefined {
    // Looked up before anything is made: closures on the request path cost.
    const index = this.#unique.get(field) ?? getOrMake(this.#unique, field, () => this.#uniqueIndex(field));
    const isForeign = this.definition.fields[field]?.kind === "foreign";
    return this.#alive(index.get(isForeign ? foreignId(value) : value), expiredToo);
  }

  selectByCacheKey(key: string, expiredToo = false): StoredRecord | undefined {
    const fields = this.definition.cacheKey ?? [];
    if (fields.length === 1) return this.selectBy(fields[0] as string, key, expiredToo);
    this.#cacheKeys ??= new Map(this.#all().map((row) => [cacheKeyText(this.definition, row), row]));
    return this.#alive(this.#cacheKeys.get(key), expiredToo);
  }

  /** All records, in ascending order of the primary key. */
  all(expiredToo = false): readonly StoredRecord[] {
    return this.#living(this.#all(), expiredToo);
  }

  eachFor(field: string, id: string, expiredToo = false): readonly StoredRecord[] {
    const index = getOrMake(this.#foreign, field, () => this.#foreignIndex(field));
    return this.#living(index.get(id) ?? none, expiredToo);
  }

  #all(): readonly StoredRecord[] {
    this.#keys ??= [...this.#rows.keys()].sort();
    this.#sorted ??= this.#keys.map((key) => this.#rows.get(key) as StoredRecord);
    return this.#sorted;
  }

  #alive(row: StoredRecord | undefined, expiredToo: boolean): StoredRecord | undefined {
    return row === undefined || expiredToo || !this.#expired(row) ? row : undefined;
  }

  #living(rows: readonly StoredRecord[], expiredToo: boolean): readonly StoredRecord[] {
    return this.definition.ttl && !expiredToo ? rows.filter((row) => !this.#expired(row)) : rows;
  }

  #expired(row: StoredRecord): boolean {
    return this.definition.ttl && typeof row.ttl === "number" && row.ttl * 1000 <= this.#now();
  }

  #uniqueIndex(field: string): Index {
    const isForeign = this.definition.fields[field]?.kind === "foreign";
    const index = new Map<unknown, StoredRecord>();
    for (const row of this.#all()) {
      const value = isForeign ? foreignId(row[field]) : row[field];
      // The first one wins where the field is an endpoint key that is not unique (targets).
      if (value !== null && value !== undefined && !index.has(value)) index.set(value, row);
    }
    return index;
  }

  #foreignIndex(field: string): ListIndex {
    const index = new Map<string, StoredRecord[]>();
    for (const row of this.#all()) {
      const id = foreignId(row[field]);
      if (id === undefined) continue;
      const rows = index.get(id);
      if (rows) rows.push(row);
      else index.set(id, [row]);
    }
    return index;
  }
}
