import { coreEntities } from "./entities/core.js";
import { pluginsWith } from "./entities/plugins.js";
import { vaultsWith } from "./entities/vaults.js";
import { checkObject } from "./errors/check-argument.js";
import { OptionsError, PluginLoadError } from "./errors/gateway-error.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { pluginSubschema } from "./plugin-runner/registry.js";
import { pluginEntities } from "./plugins/entities.js";
import { bundledPlugins } from "./plugins/index.js";
import { type EntityDefinition, foreignFields } from "./schema/entity.js";
import type { EntityDefinitions, EntityStore } from "./store/dao.js";
import { type AnyVault, vaultSubschema } from "./vaults/vault.js";

type Intersect<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type EntitiesOf<P> = P extends { readonly entities?: infer E } ? (E extends EntityDefinitions ? E : unknown) : unknown;

/** Nothing, where the names are not known to the compiler: an index signature would stand for any name. */
type Named<Defs> = Defs extends EntityDefinitions ? (string extends keyof Defs ? unknown : Defs) : unknown;

/** The entities that plugins bring along, by name. */
type PluginEntitiesOf<P extends readonly unknown[]> = Named<Intersect<EntitiesOf<P[number]>>>;

/** The entities of Kong's own plugins, by name. */
type BundledEntities = Intersect<(typeof pluginEntities)[keyof typeof pluginEntities]>;

/** The definitions of a list, by name. */
type ByName<E extends readonly EntityDefinition[]> = Named<{ readonly [D in E[number] as D["name"]]: D }>;

/**
 * `gateway.db`: a typed DAO for every core entity, for those of the plugins, and for the host's own.
 *
 * @typeParam P - the option `plugins`
 * @typeParam E - the option `entities`
 */
export type GatewayStore<
  P extends readonly unknown[] = readonly [],
  E extends readonly EntityDefinition[] = readonly [],
> = EntityStore<typeof coreEntities & BundledEntities & PluginEntitiesOf<P> & ByName<E>>;

/**
 * All entities of a gateway: the core's, with the plugins' configurations worked in, the host's own, and the plugins'.
 *
 * @param own - the option `entities`
 * @param vaults - every kind of vault; default `env` alone
 * @throws PluginLoadError when a plugin's entity has the name of another
 * @throws OptionsError when one of the host's has, or when it refers to an entity that there is not
 */
export function entityDefinitions(
  plugins: ReadonlyMap<string, AnyPlugin>,
  own: readonly EntityDefinition[] = [],
  vaults: readonly AnyVault[] = [],
): Readonly<Record<string, EntityDefinition>> {
  const subschemas = Object.fromEntries([...plugins].map(([name, plugin]) => [name, pluginSubschema(plugin)]));
  const definitions: Record<string, EntityDefinition> = { ...coreEntities, plugins: pluginsWith(subschemas) };
  if (vaults.some(({ name }) => name !== "env")) {
    definitions.vaults = vaultsWith(Object.fromEntries(vaults.map((vault) => [vault.name, vaultSubschema(vault)])));
  }
  for (const [index, definition] of own.entries()) {
    checkObject(`entities[${index}]`, "what defineEntity makes", definition);
    if (!Array.isArray(definition.primaryKey))
      throw new OptionsError("entities", `'${definition.name}' is not made with defineEntity`);
    checkName(definition.name, definitions);
    definitions[definition.name] = definition;
  }
  for (const plugin of plugins.values()) {
    for (const definition of Object.values(plugin.entities ?? {})) {
      if (Object.hasOwn(definitions, definition.name)) {
        throw new PluginLoadError(plugin.name, `its entity '${definition.name}' has the name of another entity`);
      }
      definitions[definition.name] = definition;
    }
  }
  for (const [plugin, entities] of Object.entries(pluginEntities)) {
    // What belongs to a bundled plugin that the host left out is unknown, as in Kong.
    if (!plugins.has(plugin) && bundledPlugins.some(({ name }) => name === plugin)) continue;
    for (const definition of Object.values(entities)) {
      if (own.some(({ name }) => name === definition.name)) checkName(definition.name, definitions);
      definitions[definition.name] ??= definition;
    }
  }
  for (const definition of own) checkReferences(definition, definitions);
  return definitions;
}

/** The name is a key of documents, a part of URLs and the name of a table. */
function checkName(name: string, definitions: Readonly<Record<string, EntityDefinition>>): void {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new OptionsError("entities", `'${name}' is no name for an entity: lower-case letters, digits and underscores are`);
  }
  if (Object.hasOwn(definitions, name)) throw new OptionsError("entities", `there is an entity named '${name}' already`);
}

function checkReferences(definition: EntityDefinition, definitions: Readonly<Record<string, EntityDefinition>>): void {
  for (const [field, { reference = "" }] of foreignFields(definition)) {
    if (Object.hasOwn(definitions, reference)) continue;
    throw new OptionsError("entities", `field '${field}' of '${definition.name}' refers to '${reference}', which is no entity`);
  }
}
