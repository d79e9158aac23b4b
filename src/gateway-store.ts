import { coreEntities } from "./entities/core.js";
import { pluginsWith } from "./entities/plugins.js";
import { PluginLoadError } from "./errors/gateway-error.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { pluginSubschema } from "./plugin-runner/registry.js";
import type { bundledPlugins } from "./plugins/index.js";
import type { EntityDefinition } from "./schema/entity.js";
import type { EntityDefinitions, EntityStore } from "./store/dao.js";

type Intersect<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type EntitiesOf<P> = P extends { readonly entities?: infer E } ? (E extends EntityDefinitions ? E : unknown) : unknown;

/** The entities that plugins bring along, by name. */
type PluginEntitiesOf<P extends readonly unknown[]> = Intersect<EntitiesOf<P[number]>>;

/** `gateway.db`: a typed DAO for every core entity and for those of the plugins. */
export type GatewayStore<P extends readonly unknown[] = readonly []> = EntityStore<
  typeof coreEntities & PluginEntitiesOf<typeof bundledPlugins> & (PluginEntitiesOf<P> extends EntityDefinitions ? PluginEntitiesOf<P> : unknown)
>;

/**
 * All entities of a gateway: the core's, with the plugins' configurations worked in, and the plugins' own.
 *
 * @throws PluginLoadError when a plugin's entity has the name of another
 */
export function entityDefinitions(plugins: ReadonlyMap<string, AnyPlugin>): Readonly<Record<string, EntityDefinition>> {
  const subschemas = Object.fromEntries([...plugins].map(([name, plugin]) => [name, pluginSubschema(plugin)]));
  const definitions: Record<string, EntityDefinition> = { ...coreEntities, plugins: pluginsWith(subschemas) };
  for (const plugin of plugins.values()) {
    for (const definition of Object.values(plugin.entities ?? {})) {
      if (Object.hasOwn(definitions, definition.name)) {
        throw new PluginLoadError(plugin.name, `its entity '${definition.name}' has the name of another entity`);
      }
      definitions[definition.name] = definition;
    }
  }
  return definitions;
}
