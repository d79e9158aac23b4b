import { hasTags } from "../options.js";
import { encodeOffset, offsetKey } from "../paging.js";
import type { EntityRow, RowPage, RowQuery } from "../strategy.js";
import type { EntityTable } from "./entity-table.js";
import { mergedKeys, positionBehind } from "./sorted-keys.js";

/** One page of a table. @throws `InvalidOffsetError` */
export function pageOf(table: EntityTable, query: RowQuery): RowPage {
  const { tags = [], tags_cond } = query;
  if (tags.length === 0) return pageOfKeys(table, table.keys(), query);
  const lists = tags.map((tag) => table.listIndex("tags").get(tag));
  // All tags: whatever has them all is among those that have the rarest one.
  const candidates = tags_cond === "or" ? mergedKeys(lists) : lists.reduce((a, b) => (b.length < a.length ? b : a));
  return pageOfKeys(table, candidates, query);
}

/**
 * One page of the records with these primary keys.
 *
 * @param keys - in ascending order
 * @throws `InvalidOffsetError`
 */
export function pageOfKeys(table: EntityTable, keys: readonly string[], query: RowQuery): RowPage {
  const { definition } = table;
  const { size, offset, skip_ttl = false } = query;
  const rows: EntityRow[] = [];
  const start = offset === undefined ? 0 : positionBehind(keys, offsetKey(definition, offset));
  for (let index = start; index < keys.length; index++) {
    const row = table.select(keys[index] as string, skip_ttl);
    if (row === undefined || !hasTags(row, query)) continue;
    if (rows.length === size) return { rows, offset: encodeOffset(definition, rows.at(-1) as EntityRow) };
    rows.push(row);
  }
  return { rows };
}
