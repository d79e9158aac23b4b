import { foreignId, primaryKeyText } from "../keys.js";
import type { EntityRow, RowKey, RowPage, RowQuery, RowReadOptions } from "../strategy.js";
import type { EntityState } from "./entity-state.js";
import { pageOf, pageOfKeys } from "./page-of.js";

/** The reading half of a strategy that keeps its records in memory. */
export abstract class TableReads {
  /** The records of the moment. */
  abstract get state(): EntityState;

  async select(entity: string, key: RowKey, options: RowReadOptions = {}): Promise<EntityRow | undefined> {
    const table = this.state.table(entity);
    return table.select(primaryKeyText(table.definition, key), options.skip_ttl);
  }

  async selectBy(
    entity: string,
    field: string,
    value: string | number,
    options: RowReadOptions = {},
  ): Promise<EntityRow | undefined> {
    return this.state.table(entity).selectBy(field, value, options.skip_ttl);
  }

  async selectByCacheKey(entity: string, key: string, options: RowReadOptions = {}): Promise<EntityRow | undefined> {
    return this.state.table(entity).selectByCacheKey(key, options.skip_ttl);
  }

  async page(entity: string, query: RowQuery): Promise<RowPage> {
    return pageOf(this.state.table(entity), query);
  }

  async pageFor(entity: string, field: string, id: string, query: RowQuery): Promise<RowPage> {
    const table = this.state.table(entity);
    return pageOfKeys(table, table.listIndex(field).get(foreignId(id)), query);
  }
}
