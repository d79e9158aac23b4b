import { isDeepStrictEqual } from "node:util";
import type { EntityDefinition } from "../../../schema/entity.js";
import { getOrMake } from "../../../util/get-or-make.js";
import { primaryKeyText } from "../../keys.js";
import type { EntityRow, RowChange, RowKey } from "../../strategy.js";
import { EntityState } from "../../tables/entity-state.js";
import { TableReads } from "../../tables/table-reads.js";
import { ChangedKeys } from "./changed-keys.js";
import type { Database, Queries } from "./database.js";
import { isConnectionLost } from "./failures.js";
import { readKeys, readTable } from "./reading.js";
import type { Tables } from "./tables.js";

/**
 * All records in memory, for the request path: what this process writes is in it at once, what others write as soon as it has been
 * read again.
 *
 * A record that is written here while it is being read again could end up in the state before. Such a one is left as the write made
 * it, and read once more afterwards.
 */
export class Mirror extends TableReads {
  readonly #database: Database;
  readonly #state: EntityState;
  #tables: Tables;
  /** How many writes of each key are on their way. */
  readonly #writing = new Map<string, number>();
  /** What was written since the running read began. */
  #written = new Set<string>();
  /** For each write of many records on its way: what else has been written since it began. */
  readonly #watching = new Set<Set<string>>();
  #again = new ChangedKeys();
  /** The entities whose records are here: cached ones, once they have been read. */
  #complete: ReadonlySet<string> = new Set();
  /** The entities with records of which several writes at the same time may have been put in force in the wrong order. */
  readonly #overtaken = new Set<string>();
  #isDoubtful = false;
  #reading: Promise<unknown> = Promise.resolve();

  /** Called when records have to be read once more. */
  onUnsettled: () => void = () => undefined;

  /** @param now - milliseconds since the epoch */
  constructor(database: Database, tables: Tables, now: () => number) {
    super();
    this.#database = database;
    this.#tables = tables;
    this.#state = new EntityState([], new Map(), { now });
  }

  /** The records of the moment. Of entities that are not cached there are none. */
  get state(): EntityState {
    return this.#state;
  }

  /** Whether the records of an entity are here, and none of them older than a write of ours that has resolved. */
  has(entity: string): boolean {
    return this.#complete.has(entity) && !this.#overtaken.has(entity);
  }

  /** Whether some records have to be read once more. */
  get isUnsettled(): boolean {
    return !this.#again.isEmpty;
  }

  /** Whether everything has to be read again: nobody knows whether a write of ours has taken place, or there are new entities. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Makes entities known. Records of new ones are there once everything has been read again. */
  define(definitions: readonly EntityDefinition[], tables: Tables): void {
    if (definitions.some(({ name, cached }) => cached && !this.#tables.has(name))) this.#isDoubtful = true;
    this.#tables = tables;
    this.#state.define(definitions);
    this.#complete = new Set(
      definitions.filter(({ name, cached }) => cached && this.#complete.has(name)).map(({ name }) => name),
    );
  }

  /**
   * Reads everything, as it is at one moment.
   *
   * @param also - what else is to be read of that moment
   * @returns what is different from before
   */
  readAll<T>(also: (queries: Queries) => Promise<T>): Promise<{ readonly changes: readonly RowChange[]; readonly also: T }> {
    return this.#next(async () => {
      this.#isDoubtful = false;
      const names = this.#tables.all.filter(({ table }) => table.definition.cached).map(({ table }) => table.name);
      const all = new ChangedKeys();
      for (const name of names) all.addAll(name);
      const result = await this.#read(all, also);
      this.#complete = new Set(names.filter((name) => this.#tables.has(name)));
      return result;
    });
  }

  /**
   * Reads some records again, with those of which it is known that they have to be.
   *
   * @returns what is different from before
   */
  async readAgain(changed: ChangedKeys): Promise<readonly RowChange[]> {
    const { changes } = await this.#next(() => {
      changed.merge(this.#again);
      this.#again = new ChangedKeys();
      return this.#read(changed, async () => undefined);
    });
    return changes;
  }

  /** Runs a write of one record. What it changes is in force here when this resolves. */
  async write<T>(entity: string, key: RowKey, run: () => Promise<T>, changesOf: (result: T) => readonly RowChange[]): Promise<T> {
    const { definition } = this.#tables.of(entity).table;
    if (!definition.cached) return this.#uncached(run, changesOf);
    const text = primaryKeyText(definition, key);
    const name = nameOf(entity, text);
    const before = this.#writing.get(name) ?? 0;
    this.#writing.set(name, before + 1);
    try {
      const result = await this.doubtfully(run);
      this.apply(changesOf(result));
      return result;
    } finally {
      const others = (this.#writing.get(name) ?? 1) - 1;
      if (others === 0) this.#writing.delete(name);
      else this.#writing.set(name, others);
      this.#note(name);
      if (before > 0 || others > 0) this.#unsettled(entity, text, key);
    }
  }

  /** What such a write sets off may well be in memory. */
  async #uncached<T>(run: () => Promise<T>, changesOf: (result: T) => readonly RowChange[]): Promise<T> {
    const result = await this.doubtfully(run);
    this.apply(changesOf(result));
    return result;
  }

  /** Runs a write. When the connection breaks, nobody can say whether it has taken place. */
  async doubtfully<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (isConnectionLost(error)) this.#isDoubtful = true;
      throw error;
    }
  }

  /** Puts in force what this process has stored. */
  apply(changes: readonly RowChange[]): void {
    for (const { entity, operation, row } of changes) {
      const table = this.#state.table(entity);
      if (!table.definition.cached) continue;
      const key = primaryKeyText(table.definition, row);
      if (operation === "delete") table.remove(key);
      else table.put(row);
      this.#note(nameOf(entity, key));
    }
  }

  /** Runs a write of many records. What it changes is in force here when this resolves. */
  async writeMany(run: () => Promise<readonly RowChange[]>): Promise<void> {
    const meanwhile = new Set<string>();
    this.#watching.add(meanwhile);
    try {
      const changes = await this.doubtfully(run);
      const isLast = ({ entity, row }: RowChange): boolean => {
        const { definition } = this.#tables.of(entity).table;
        const key = primaryKeyText(definition, row);
        if (!meanwhile.has(nameOf(entity, key)) && !this.#writing.has(nameOf(entity, key))) return true;
        if (definition.cached) this.#unsettled(entity, key, keyOf(definition, row));
        return false;
      };
      this.#applyMany(changes.filter(isLast));
    } finally {
      this.#watching.delete(meanwhile);
    }
  }

  /** As {@link apply}, for changes of which no two are of the same record. */
  #applyMany(changes: readonly RowChange[]): void {
    const byEntity = new Map<string, { readonly put: EntityRow[]; readonly removed: string[] }>();
    for (const { entity, operation, row } of changes) {
      const { definition } = this.#state.table(entity);
      if (!definition.cached) continue;
      const own = getOrMake(byEntity, entity, () => ({ put: [], removed: [] }));
      const key = primaryKeyText(definition, row);
      if (operation === "delete") own.removed.push(key);
      else own.put.push(row);
      this.#note(nameOf(entity, key));
    }
    for (const [entity, { put, removed }] of byEntity) this.#state.table(entity).change(put, removed);
  }

  /** Answers of writes at the same time may come in another order than the writes took place. */
  #unsettled(entity: string, text: string, key: RowKey): void {
    this.#again.add(entity, text, key);
    this.#overtaken.add(entity);
    this.onUnsettled();
  }

  #note(name: string): void {
    this.#written.add(name);
    for (const names of this.#watching) names.add(name);
  }

  /** One read at a time: what a later one finds is never older. */
  #next<T>(read: () => Promise<T>): Promise<T> {
    const next = this.#reading.then(read);
    this.#reading = next.catch(() => undefined);
    return next;
  }

  async #read<T>(
    changed: ChangedKeys,
    also: (queries: Queries) => Promise<T>,
  ): Promise<{ readonly changes: RowChange[]; readonly also: T }> {
    this.#written = new Set();
    try {
      const found = await this.#database.atOneMoment(async (queries) => {
        const first = await also(queries);
        const rows = new Map<string, readonly EntityRow[]>();
        for (const [entity, keys] of changed.entries()) {
          if (!this.#tables.has(entity)) continue;
          const statements = this.#tables.of(entity);
          if (!statements.table.definition.cached) continue;
          rows.set(
            entity,
            await (keys === "all" ? readTable(queries, statements) : readKeys(queries, statements, [...keys.values()])),
          );
        }
        return { rows, also: first };
      });
      const changes: RowChange[] = [];
      for (const [entity, keys] of changed.entries()) {
        const rows = found.rows.get(entity);
        if (rows !== undefined) this.#take(entity, rows, keys, changes);
        if (!this.#again.has(entity)) this.#overtaken.delete(entity);
      }
      return { changes, also: found.also };
    } catch (error) {
      this.#again.merge(changed);
      throw error;
    }
  }

  #take(entity: string, rows: readonly EntityRow[], asked: ReadonlyMap<string, RowKey> | "all", changes: RowChange[]): void {
    const { definition } = this.#tables.of(entity).table;
    const table = this.#state.table(entity);
    const fresh = new Map(rows.map((row) => [primaryKeyText(definition, row), row]));
    const keys = asked === "all" ? [...new Set([...table.rows.keys(), ...fresh.keys()])] : asked.keys();
    for (const key of keys) {
      const row = fresh.get(key);
      const old = table.rows.get(key);
      if (this.#written.has(nameOf(entity, key)) || this.#writing.has(nameOf(entity, key))) {
        this.#again.add(entity, key, asked === "all" ? keyOf(definition, (row ?? old) as EntityRow) : (asked.get(key) as RowKey));
      } else if (row === undefined) {
        if (old === undefined) continue;
        table.remove(key);
        changes.push({ entity, operation: "delete", row: old });
      } else if (!isDeepStrictEqual(row, old)) {
        table.put(row);
        changes.push(old === undefined ? { entity, operation: "create", row } : { entity, operation: "update", row, old });
      }
    }
  }
}

function nameOf(entity: string, key: string): string {
  return `${entity}:${key}`;
}

function keyOf({ primaryKey }: EntityDefinition, row: EntityRow): RowKey {
  return Object.fromEntries(primaryKey.map((name) => [name, row[name] as string | number]));
}
