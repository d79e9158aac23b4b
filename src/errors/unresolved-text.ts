import type { EntityKey } from "./dao-errors.js";
import { luaText } from "./lua-notation.js";

/** The text about one reference that matches nothing, for a `ForeignKeysUnresolvedError`. */
export function unresolvedText(key: EntityKey, parent: string): string {
  return `the foreign key cannot be resolved with '${luaText(key)}' for an existing '${parent}' entity`;
}
