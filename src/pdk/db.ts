import type { coreEntities } from "../entities/core.js";
import type { EntityDefinition, Infer } from "../schema/entity.js";
import type { Fields } from "../schema/field.js";
import type { Dao } from "../store/dao.js";
import type { MaybePromise } from "../util/maybe-promise.js";
import type { EntityReader, RequestContext } from "./request-context.js";

/** Reads one kind of entity from the configuration that the request began with. Waits only where there is a database. */
export interface PdkEntityReader<T> {
  select(id: string): MaybePromise<T | undefined>;
  /** By a unique field. */
  selectBy(field: keyof T & string, value: string): MaybePromise<T | undefined>;
  selectByCacheKey(key: string): MaybePromise<T | undefined>;
  /** The records that refer to another one, by a foreign field. */
  eachFor(field: keyof T & string, id: string): MaybePromise<readonly T[]>;
}

/** One kind of entity: quick reads, and its DAO. */
export interface PdkEntity<D extends EntityDefinition> extends PdkEntityReader<Infer<D extends { fields: Fields } ? D : never>> {
  /** Lists and writes. Without a database, what writes rejects with an `OperationUnsupportedError`. */
  readonly dao: Dao<D>;
}

/** The entities a plugin brings along, by name. */
export type PluginEntities = Readonly<Record<string, EntityDefinition>>;

/** The core entities, and the plugin's own; all typed. */
export type PdkDatabase<E extends PluginEntities> = {
  readonly [K in keyof E]: PdkEntity<E[K]>;
} & { readonly [K in keyof typeof coreEntities]: PdkEntity<(typeof coreEntities)[K]> };

const databases = new WeakMap<EntityReader, unknown>();

/** One object per configuration, made when a plugin first asks. */
export function pdkDatabase<E extends PluginEntities>({ entities, node }: RequestContext): PdkDatabase<E> {
  let made = databases.get(entities);
  if (made === undefined) {
    made = lazyRecord((name) => pdkEntity(name, entities, () => node.store()[name]));
    databases.set(entities, made);
  }
  return made as PdkDatabase<E>;
}

function pdkEntity(name: string, entities: EntityReader, dao: () => Dao | undefined): object {
  return {
    select: (id: string) => entities.select(name, id),
    selectBy: (field: string, value: string) => entities.selectBy(name, field, value),
    selectByCacheKey: (key: string) => entities.selectByCacheKey(name, key),
    eachFor: (field: string, id: string) => entities.eachFor(name, field, id),
    // Another one when plugins have been registered.
    get dao() {
      return dao();
    },
  };
}

/** An object whose members are made when first asked for. */
function lazyRecord<T>(make: (name: string) => T): Readonly<Record<string, T>> {
  const made = new Map<string, T>();
  return new Proxy(Object.create(null), {
    get(_target, name) {
      if (typeof name !== "string") return undefined;
      let value = made.get(name);
      if (value === undefined) {
        value = make(name);
        made.set(name, value);
      }
      return value;
    },
  });
}
