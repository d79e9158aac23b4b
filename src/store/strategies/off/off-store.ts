import type { EntityDefinitions, EntityStore } from "../../dao.js";
import { openStore } from "../../open-store.js";
import type { EntityState } from "../../tables/entity-state.js";
import { OffStrategy } from "./off-strategy.js";

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
export function offStore<const Defs extends EntityDefinitions>(
  definitions: Defs,
  { state, now }: OffStoreOptions,
): EntityStore<Defs> {
  return openStore(definitions, { strategy: new OffStrategy(state), ...(now === undefined ? {} : { now }) });
}
