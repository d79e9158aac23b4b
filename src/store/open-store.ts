import type { EntityDefinition } from "../schema/entity.js";
import type { Dao, EntityDefinitions, EntityStore } from "./dao.js";
import { EntityDao } from "./entity-dao.js";
import type { DaoContext } from "./entity-reads.js";
import { daoOverrides } from "./overrides/dao-overrides.js";
import { StoreEvents } from "./store-events.js";
import type { Strategy } from "./strategy.js";

/** What {@link openStore} takes beside the definitions. */
export interface OpenStoreOptions {
  /** Where the records are. It must know the entities (`define`). */
  readonly strategy: Strategy;
  /** Told of all changes. */
  readonly events?: StoreEvents;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * The DAOs of a set of entities over one strategy.
 *
 * @param definitions - the entities by name
 */
export function openStore<const Defs extends EntityDefinitions>(definitions: Defs, options: OpenStoreOptions): EntityStore<Defs> {
  const { strategy, events = new StoreEvents(), now = Date.now } = options;
  const daos = new Map<string, Dao>();
  const context: DaoContext = { strategy, events, now, definitions, dao: (entity) => daos.get(entity) };
  for (const [name, definition] of Object.entries(definitions)) daos.set(name, daoFor(definition, context));
  return Object.freeze(Object.fromEntries(daos)) as EntityStore<Defs>;
}

/** The entities of which a strategy keeps records, as `Strategy.define` takes them. */
export function storedDefinitions(definitions: EntityDefinitions): readonly EntityDefinition[] {
  return Object.values(definitions).filter(({ view }) => !view);
}

function daoFor(definition: EntityDefinition, context: DaoContext): Dao {
  const Override = Object.hasOwn(daoOverrides, definition.name) ? daoOverrides[definition.name] : undefined;
  return new (Override ?? EntityDao)(definition, context);
}
