import { foreignId, primaryKeyText } from "../keys.js";
import type { EntityRow, RowKey, RowPage, RowQuery, RowReadOptions } from "../strategy.js";
import type { EntityState } from "./entity-state.js";
import { pageOf, pageOfKeys } from "./page-of.js";

/** The reading half of a strategy that keeps its records in memory: every answer is known at once. */
export abstract class TableReads {
  /** The records of the moment. */
  abstract get state(): EntityState;

  select(entity: string, key: RowKey, options?: RowReadOptions): EntityRow | undefined {
    const table = this.state.table(entity);
    return table.select(primaryKeyText(table.definition, key), options?.skip_ttl);
  }

  selectBy(entity: string, field: string, value: string | number, options?: RowReadOptions): EntityRow | undefined {
    return this.state.table(entity).selectBy(field, value, options?.skip_ttl);
  }

  selectByCacheKey(entity: string, key: string, options?: RowReadOptions): EntityRow | undefined {
    return this.state.table(entity).selectByCacheKey(key, options?.skip_ttl);
  }

  page(entity: string, query: RowQuery): RowPage {
    return pageOf(this.state.table(entity), query);
  }

  pageFor(entity: string, field: string, id: string, query: RowQuery): RowPage {
    const table = this.state.table(entity);
    return pageOfKeys(table, table.listIndex(field).get(foreignId(id)), query);
  }
}
