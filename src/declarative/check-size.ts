import { ConfigTooLargeError } from "../errors/gateway-error.js";
import { estimateBytes } from "../util/estimate-bytes.js";
import type { FlattenedEntities } from "./load.js";

/** A record's share of the tables and indexes around it. */
const indexBytes = 64;

/**
 * Refuses a configuration that takes too much memory. One pass over the records, about half a microsecond for each.
 *
 * @throws ConfigTooLargeError with both sizes
 */
export function checkSize(state: FlattenedEntities, maxBytes: number): void {
  let bytes = 0;
  for (const rows of state.values()) for (const row of rows.values()) bytes += indexBytes + estimateBytes(row);
  if (bytes > maxBytes) throw new ConfigTooLargeError(bytes, maxBytes);
}
