import { primaryKeyText } from "../../keys.js";
import type { RowKey } from "../../strategy.js";
import { ChangedKeys } from "./changed-keys.js";
import type { Queries } from "./database.js";
import { tableName } from "./names.js";
import type { Tables } from "./tables.js";

/** Seconds after which an event is deleted. Who was away for longer reads everything again. */
export const eventLifetime = 3600;

type Event = readonly [id: number, tx: number, entity: string, keys: readonly RowKey[] | null];

const horizonSql = "txid_snapshot_xmin(txid_current_snapshot())";

/**
 * Reads `cluster_events`. Numbers of events are given out before transactions end, so a later one may be seen before an earlier one;
 * the number of the oldest transaction that was still running tells from where to read the next time.
 */
export class EventLog {
  readonly #node: string;
  readonly #sql: string;
  readonly #table: string;
  readonly #tables: () => Tables;
  /** Events that have been read, of transactions from the horizon on: they are found again. */
  readonly #seen = new Map<number, number>();
  #horizon = 0;

  /**
   * @param node - who we are: our own changes are in force already. (Not all of a deletion's: what it set off in the database is not.)
   */
  constructor(node: string, schema: string | undefined, tables: () => Tables) {
    this.#node = node;
    this.#tables = tables;
    this.#table = tableName(schema, "cluster_events");
    this.#sql = `SELECT ${horizonSql}, (
      SELECT coalesce(json_agg(json_build_array(id, tx, entity, keys) ORDER BY id), '[]'::json) FROM ${this.#table}
      WHERE tx >= $1 AND (node <> $2 OR operation = 'delete'))`;
  }

  /** Reads from here on: what has been committed by now is known, since everything is read in the same transaction. */
  async startHere(queries: Queries): Promise<void> {
    const [[horizon] = []] = await queries.query(`SELECT ${horizonSql}`);
    this.#horizon = horizon as number;
    this.#seen.clear();
  }

  /** @returns what has changed since, or `undefined` when this is another database than before: one that was restored, for instance */
  async read(queries: { read: Queries["query"] }): Promise<ChangedKeys | undefined> {
    const [[horizon, events] = []] = await queries.read(this.#sql, [this.#horizon, this.#node]);
    if ((horizon as number) < this.#horizon) return undefined;
    const changed = new ChangedKeys();
    for (const [id, tx, entity, keys] of events as readonly Event[]) {
      if (this.#seen.has(id) || !this.#tables().has(entity)) continue;
      this.#seen.set(id, tx);
      const { definition } = this.#tables().of(entity).table;
      if (keys === null) changed.addAll(entity);
      else for (const key of keys) changed.add(entity, primaryKeyText(definition, key), key);
    }
    this.#horizon = horizon as number;
    for (const [id, tx] of this.#seen) if (tx < this.#horizon) this.#seen.delete(id);
    return changed;
  }

  /** Deletes old events. */
  async purge(queries: Queries): Promise<void> {
    await queries.query(`DELETE FROM ${this.#table} WHERE at < now() - make_interval(secs => $1)`, [eventLifetime]);
  }
}
