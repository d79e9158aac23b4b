import { compileSchema } from "../../../schema/compile.js";
import type { EntityDefinitions, EntityStore } from "../../dao.js";
import type { EntityState } from "./entity-state.js";
import { OffDao } from "./off-dao.js";

/** What {@link offStore} takes beside the definitions. */
export interface OffStoreOptions {
  /** The configuration that is in force; asked at every call. */
  readonly state: () => EntityState;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * The store without a database: reads the configuration in force, refuses all writes as Kong does.
 *
 * @param definitions - the entities by name
 */
export function offStore<const Defs extends EntityDefinitions>(definitions: Defs, options: OffStoreOptions): EntityStore<Defs> {
  const daos = Object.entries(definitions).map(([name, definition]) => [
    name,
    new OffDao({ definition, schema: compileSchema(definition), ...options }),
  ]);
  return Object.freeze(Object.fromEntries(daos)) as EntityStore<Defs>;
}
