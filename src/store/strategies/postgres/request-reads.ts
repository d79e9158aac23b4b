import type { MaybePromise } from "../../../util/maybe-promise.js";
import type { StoredRecord } from "../../field-names.js";
import type { EntityState } from "../../tables/entity-state.js";
import type { EntityTable } from "../../tables/entity-table.js";
import type { PostgresStrategy } from "./postgres-strategy.js";

type Found = MaybePromise<StoredRecord | undefined>;

/** What requests read: records in memory, at once, and those of entities that nobody keeps there (`cached: false`) at the server. */
export class RequestReads {
  readonly #state: EntityState;
  readonly #stored: PostgresStrategy;
  readonly #listed: EntityState;

  /** @param listed - what {@link all} lists; default: `state` */
  constructor(state: EntityState, stored: PostgresStrategy, listed = state) {
    this.#state = state;
    this.#stored = stored;
    this.#listed = listed;
  }

  /** The same, with the lists of records that are about to be in force. */
  over(listed: EntityState): RequestReads {
    return listed === this.#state ? this : new RequestReads(this.#state, this.#stored, listed);
  }

  all(entity: string): readonly StoredRecord[] {
    return this.#listed.all(entity);
  }

  select(entity: string, id: string): Found {
    const table = this.#state.table(entity);
    return table.definition.cached ? table.select(id) : this.#stored.select(entity, { [keyOf(table)]: id });
  }

  selectBy(entity: string, field: string, value: string): Found {
    const table = this.#state.table(entity);
    return table.definition.cached ? table.selectBy(field, value) : this.#stored.selectBy(entity, field, value);
  }

  selectByCacheKey(entity: string, key: string): Found {
    const table = this.#state.table(entity);
    const { cached, cacheKey = [] } = table.definition;
    if (cached) return table.selectByCacheKey(key);
    const [field] = cacheKey;
    return field !== undefined && cacheKey.length === 1
      ? this.#stored.selectBy(entity, field, key)
      : this.#stored.selectByCacheKey(entity, key);
  }

  eachFor(entity: string, field: string, id: string): MaybePromise<readonly StoredRecord[]> {
    const table = this.#state.table(entity);
    return table.definition.cached ? table.eachFor(field, id) : this.#allFor(entity, field, id);
  }

  async #allFor(entity: string, field: string, id: string): Promise<readonly StoredRecord[]> {
    const found: StoredRecord[] = [];
    let offset: string | undefined;
    do {
      const query = { size: this.#stored.maxPageSize, ...(offset === undefined ? {} : { offset }) };
      const page = await this.#stored.pageFor(entity, field, id, query);
      found.push(...page.rows);
      offset = page.offset;
    } while (offset !== undefined);
    return found;
  }
}

function keyOf({ definition: { name, primaryKey } }: EntityTable): string {
  const [field] = primaryKey;
  if (field !== undefined && primaryKey.length === 1) return field;
  throw new TypeError(`a record of '${name}' has no id: it is read with the DAO of the entity`);
}
