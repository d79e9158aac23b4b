import { ForeignKeyViolationError } from "../../../errors/dao-errors.js";
import { type EntityDefinition, foreignFields } from "../../../schema/entity.js";
import type { Field } from "../../../schema/field.js";
import { foreignId, primaryKeyText } from "../../keys.js";
import type { EntityRow, RowChange, RowKey, RowReadOptions, RowsByEntity, Strategy } from "../../strategy.js";
import { EntityState } from "../../tables/entity-state.js";
import { TableReads } from "../../tables/table-reads.js";
import { IntegrityGuard } from "./integrity-guard.js";

/** What a {@link MemoryStrategy} takes. */
export interface MemoryStrategyOptions {
  /** Milliseconds since the epoch. Default `Date.now`. Decides what has expired. */
  readonly now?: () => number;
}

/**
 * Keeps all records in this process. Every operation is carried out at once, so that none ever sees another one half done; what is
 * awaited is only the form.
 */
export class MemoryStrategy extends TableReads implements Strategy {
  readonly name = "memory";
  readonly maxPageSize = 50_000;
  readonly #now: () => number;
  #definitions: readonly EntityDefinition[] = [];
  #state: EntityState;
  #guard: IntegrityGuard;
  /** What {@link stage} was given. */
  readonly #staged = new WeakMap<EntityState, RowsByEntity>();

  constructor({ now = Date.now }: MemoryStrategyOptions = {}) {
    super();
    this.#now = now;
    this.#state = new EntityState([], new Map(), { now });
    this.#guard = new IntegrityGuard(this.#state, []);
  }

  /** The records of the moment, for readers that can not wait. {@link load} puts another object in its place. */
  get state(): EntityState {
    return this.#state;
  }

  define(definitions: readonly EntityDefinition[]): void {
    this.#definitions = definitions;
    this.#state.define(definitions);
    this.#guard = new IntegrityGuard(this.#state, definitions);
  }

  async connect(): Promise<void> {}

  async close(): Promise<void> {}

  async insert(entity: string, row: EntityRow): Promise<void> {
    const table = this.#state.table(entity);
    this.#clear(entity, this.#guard.assertStorable(table, row, true));
    table.put(row);
  }

  async update(
    entity: string,
    key: RowKey,
    row: EntityRow,
    changed: readonly string[],
  ): Promise<{ readonly row: EntityRow; readonly old: EntityRow } | undefined> {
    const table = this.#state.table(entity);
    const old = table.select(primaryKeyText(table.definition, key));
    if (old === undefined) return undefined;
    const next = withChanges(old, row, changed);
    this.#clear(entity, this.#guard.assertStorable(table, next, false, changed));
    table.put(next);
    return { row: next, old };
  }

  async upsert(entity: string, row: EntityRow): Promise<EntityRow | undefined> {
    const table = this.#state.table(entity);
    const old = table.select(primaryKeyText(table.definition, row));
    this.#clear(entity, this.#guard.assertStorable(table, row, old === undefined));
    table.put(row);
    return old;
  }

  async increment(entity: string, row: EntityRow, field: string): Promise<RowChange> {
    const table = this.#state.table(entity);
    const old = table.select(primaryKeyText(table.definition, row));
    const next = old === undefined ? row : { ...old, [field]: Number(old[field] ?? 0) + Number(row[field]) };
    this.#clear(entity, this.#guard.assertStorable(table, next, old === undefined, old === undefined ? undefined : [field]));
    table.put(next);
    return { entity, operation: old === undefined ? "create" : "update", row: next, ...(old === undefined ? {} : { old }) };
  }

  async delete(entity: string, key: RowKey, options: RowReadOptions = {}): Promise<readonly RowChange[]> {
    const table = this.#state.table(entity);
    const row = table.select(primaryKeyText(table.definition, key), options.skip_ttl);
    return row === undefined ? [] : this.#remove(entity, [row]);
  }

  async truncate(entity: string): Promise<void> {
    this.#remove(entity, this.#state.table(entity).all(true));
  }

  async load(rows: RowsByEntity, { replace }: { readonly replace: boolean }): Promise<void> {
    if (!replace) await this.removeExpired();
    this.use(this.stage(replace ? rows : this.#merged(rows)));
  }

  /**
   * A whole new content, checked and not yet in use.
   *
   * @throws codes 4, 5
   */
  stage(rows: RowsByEntity): EntityState {
    const state = new EntityState(this.#definitions, this.#living(this.#withUncached(rows)), { now: this.#now });
    const guard = new IntegrityGuard(state, this.#definitions);
    for (const definition of this.#definitions) {
      const table = state.table(definition);
      for (const row of table.rows.values()) guard.assertStorable(table, row, false);
    }
    this.#staged.set(state, rows);
    return state;
  }

  /** Puts what {@link stage} returned in the place of all records. */
  use(state: EntityState): void {
    this.#catchUp(state);
    this.#state = state;
    this.#guard = new IntegrityGuard(state, this.#definitions);
  }

  async removeExpired(): Promise<number> {
    let count = 0;
    for (const { name, ttl } of this.#definitions) {
      if (!ttl) continue;
      const table = this.#state.table(name);
      for (const row of table.all(true)) if (table.isExpired(row)) count += this.#removeIfFree(name, row);
    }
    return count;
  }

  #removeIfFree(entity: string, row: EntityRow): number {
    try {
      return this.#remove(entity, [row]).filter(({ operation }) => operation === "delete").length;
    } catch (error) {
      // Something that must not vanish refers to it: it stays, unseen.
      if (error instanceof ForeignKeyViolationError) return 0;
      throw error;
    }
  }

  /** Some of what is not cached may have been written since the content was staged. */
  #catchUp(state: EntityState): void {
    const staged = this.#staged.get(state);
    if (staged === undefined) return;
    const content = this.#living(this.#withUncached(staged));
    for (const definition of this.#definitions) {
      if (definition.cached) continue;
      const table = state.table(definition);
      const rows = content.get(definition.name) ?? new Map<string, EntityRow>();
      for (const key of [...table.rows.keys()]) if (!rows.has(key)) table.remove(key);
      for (const [key, row] of rows) if (table.rows.get(key) !== row) table.put(row);
    }
  }

  /** Records that are not cached are no configuration: they stay, unless what they hang on goes. */
  #withUncached(rows: RowsByEntity): RowsByEntity {
    const content = new Map(rows);
    const isGone = ({ reference = "" }: Field, value: unknown): boolean => {
      const id = foreignId(value);
      return id !== undefined && content.get(reference)?.has(id) !== true;
    };
    // What is referred to comes first, so what has gone with its parent is gone when its children are looked at.
    for (const definition of this.#definitions) {
      if (definition.cached) continue;
      const own = new Map(rows.get(definition.name));
      const references = foreignFields(definition);
      for (const [key, row] of this.#state.table(definition).rows) {
        if (own.has(key)) continue;
        const lost = references.filter(([name, field]) => isGone(field, row[name]));
        if (lost.some(([, { attributes }]) => attributes.onDelete === "cascade")) continue;
        const unset = lost.filter(([, { attributes }]) => attributes.onDelete === "null").map(([name]) => [name, null]);
        own.set(key, unset.length === 0 ? row : { ...row, ...Object.fromEntries(unset) });
      }
      content.set(definition.name, own);
    }
    return content;
  }

  #merged(rows: RowsByEntity): RowsByEntity {
    const merged = new Map(this.#state.rows());
    for (const [entity, added] of rows) merged.set(entity, new Map([...(merged.get(entity) ?? []), ...added]));
    return merged;
  }

  /** Without what has expired, which must not stand in the way of anything. */
  #living(rows: RowsByEntity): RowsByEntity {
    const living = new Map(rows);
    const now = this.#now();
    for (const { name, ttl } of this.#definitions) {
      const own = ttl ? rows.get(name) : undefined;
      if (own) living.set(name, new Map([...own].filter(([, row]) => typeof row.ttl !== "number" || row.ttl * 1000 > now)));
    }
    return living;
  }

  #clear(entity: string, expired: readonly EntityRow[]): void {
    if (expired.length > 0) this.#remove(entity, expired);
  }

  #remove(entity: string, rows: Iterable<EntityRow>): readonly RowChange[] {
    const changes = this.#guard.removalOf(entity, rows);
    for (const { entity: name, operation, row } of changes) {
      const table = this.#state.table(name);
      if (operation === "delete") table.remove(primaryKeyText(table.definition, row));
      else table.put(row);
    }
    return changes;
  }
}

/** A column that the row lacks (`ttl`) is cleared. */
function withChanges(old: EntityRow, row: EntityRow, changed: readonly string[]): EntityRow {
  const next: Record<string, unknown> = { ...old };
  for (const name of changed) {
    if (row[name] === undefined) delete next[name];
    else next[name] = row[name];
  }
  return next;
}
