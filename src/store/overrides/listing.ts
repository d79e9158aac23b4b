import type { Dao, PageOptions } from "../dao.js";

/** The records of an entity of which something is true that no index knows, in the order of their keys. */
export async function listing(
  dao: Dao,
  limit: number | undefined,
  isWanted: (record: Readonly<Record<string, unknown>>) => boolean,
  options: PageOptions = {},
): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for await (const record of dao.each(undefined, options)) {
    if (found.length === limit) break;
    if (isWanted(record)) found.push(record);
  }
  return found;
}
