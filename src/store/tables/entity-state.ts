import type { EntityDefinition } from "../../schema/entity.js";
import type { Steps } from "../../util/steps.js";
import type { Row, StoredRecord } from "../field-names.js";
import type { RowsByEntity } from "../strategy.js";
import { EntityTable } from "./entity-table.js";

/** What {@link EntityState} takes beside the records. */
export interface EntityStateOptions {
  /** Milliseconds since the epoch. Default `Date.now`. Decides which records have expired. */
  readonly now?: () => number;
  /** What it follows: tables of the same records, which nobody may change, are shared with it. */
  readonly previous?: EntityState;
}

const noRows: ReadonlyMap<string, StoredRecord> = new Map();

/**
 * All records of a configuration in memory.
 *
 * Everything here answers at once, for the request path. Records are the stored ones and must not be changed; `ttl` in them is the
 * moment of expiry in seconds since the epoch. Expired records are not returned.
 */
export class EntityState {
  readonly #tables = new Map<string, EntityTable>();
  readonly #now: () => number;

  /**
   * @param definitions - every entity that may be asked for
   * @param rows - what `loadDeclarative` returns as `state`
   */
  constructor(definitions: readonly EntityDefinition[], rows: RowsByEntity, options: EntityStateOptions = {}) {
    this.#now = options.now ?? Date.now;
    const { previous = this } = options;
    for (const definition of definitions) {
      const own = rows.get(definition.name) ?? noRows;
      const before = previous.#tables.get(definition.name);
      const isSame = before?.definition === definition && before.rows === own;
      this.#tables.set(definition.name, isSame ? before : new EntityTable(definition, own, this.#now));
    }
  }

  /** Builds the indexes that requests will ask for, step by step. */
  *prepare(previous: EntityState): Steps<void> {
    for (const [name, table] of this.#tables) {
      const before = previous.#tables.get(name);
      if (table !== before) yield* table.prepare(before);
    }
  }

  /** The entities whose records are others than there. */
  changedSince(previous: EntityState): ReadonlySet<string> {
    return new Set([...this.#tables].flatMap(([name, table]) => (previous.#tables.get(name) === table ? [] : [name])));
  }

  /** The names of all entities, those without records included. */
  get entityNames(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /** Makes entities known, and others unknown. Records of those that stay are kept. */
  define(definitions: readonly EntityDefinition[]): void {
    const before = new Map(this.#tables);
    this.#tables.clear();
    for (const definition of definitions) {
      const known = before.get(definition.name);
      const table = known?.definition === definition ? known : new EntityTable(definition, known?.rows ?? noRows, this.#now);
      this.#tables.set(definition.name, table);
    }
  }

  /** The records of all entities. */
  rows(): RowsByEntity {
    return new Map([...this.#tables].map(([name, table]) => [name, table.rows]));
  }

  /**
   * @param entity - the entity's definition (then the result is typed) or its name
   * @throws `TypeError` when this configuration knows no such entity
   */
  table(entity: string | EntityDefinition): EntityTable {
    const name = typeof entity === "string" ? entity : entity.name;
    const table = this.#tables.get(name);
    if (!table) throw new TypeError(`no entity is named '${name}'`);
    return table;
  }

  /** The record with this primary key. */
  select<E extends EntityDefinition>(entity: E, key: string): Readonly<Row<E>> | undefined;
  select(entity: string, key: string): StoredRecord | undefined;
  select(entity: string | EntityDefinition, key: string): StoredRecord | undefined {
    return this.table(entity).select(key);
  }

  /** The record with this value in a unique field. Foreign fields take an id or `{ id }`. */
  selectBy<E extends EntityDefinition>(
    entity: E,
    field: keyof E["fields"] & string,
    value: unknown,
  ): Readonly<Row<E>> | undefined;
  selectBy(entity: string, field: string, value: unknown): StoredRecord | undefined;
  selectBy(entity: string | EntityDefinition, field: string, value: unknown): StoredRecord | undefined {
    return this.table(entity).selectBy(field, value);
  }

  /** By cache key; for entities whose cache key is one field, by the value of that field. */
  selectByCacheKey<E extends EntityDefinition>(entity: E, key: string): Readonly<Row<E>> | undefined;
  selectByCacheKey(entity: string, key: string): StoredRecord | undefined;
  selectByCacheKey(entity: string | EntityDefinition, key: string): StoredRecord | undefined {
    return this.table(entity).selectByCacheKey(key);
  }

  /** All records of an entity, in ascending order of the primary key. */
  all<E extends EntityDefinition>(entity: E): readonly Readonly<Row<E>>[];
  all(entity: string): readonly StoredRecord[];
  all(entity: string | EntityDefinition): readonly StoredRecord[] {
    return this.table(entity).all();
  }

  /** All records of an entity, in no particular order. */
  each<E extends EntityDefinition>(entity: E): Iterable<Readonly<Row<E>>>;
  each(entity: string): Iterable<StoredRecord>;
  each(entity: string | EntityDefinition): Iterable<StoredRecord> {
    return this.table(entity).each();
  }

  /** The records whose foreign field refers to this id, in ascending order of the primary key. */
  eachFor<E extends EntityDefinition>(entity: E, field: keyof E["fields"] & string, id: string): readonly Readonly<Row<E>>[];
  eachFor(entity: string, field: string, id: string): readonly StoredRecord[];
  eachFor(entity: string | EntityDefinition, field: string, id: string): readonly StoredRecord[] {
    return this.table(entity).eachFor(field, id);
  }
}
