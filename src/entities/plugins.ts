import { defineEntity, type EntityDefinition, type Infer, type InferInput, type Subschema } from "../schema/entity.js";
import { abstractRecord, bool, foreign, str } from "../schema/field.js";
import { createdAt, id, tags, updatedAt, utf8Name } from "../schema/typedefs.js";
import { protocols } from "../schema/typedefs-http.js";

const fields = {
  id: id("Identifies the plugin instance."),
  name: str({ required: true, description: "Name of the plugin.", example: "key-auth" }),
  instance_name: utf8Name({ description: "Name of this instance of the plugin, unique.", example: "key-auth-orders" }),
  created_at: createdAt,
  updated_at: updatedAt,
  route: foreign("routes", { default: null, onDelete: "cascade", description: "Restricts the plugin to a route." }),
  service: foreign("services", { default: null, onDelete: "cascade", description: "Restricts the plugin to a service." }),
  consumer: foreign("consumers", { default: null, onDelete: "cascade", description: "Restricts the plugin to a consumer." }),
  config: abstractRecord({ description: "The plugin's own settings." }),
  protocols: protocols({ description: "Protocols of the requests that the plugin acts on." }),
  enabled: bool({ required: true, default: true, description: "Whether the plugin acts at all." }),
  tags: tags(),
};

type PluginFields = typeof fields;

/**
 * The plugins entity for a set of known plugins.
 *
 * @param subschemas - by plugin name; each supplies `config` and may narrow `protocols`, `route`, `service` and `consumer`. Make one
 *   object per plugin and keep it, because validators are compiled once for each
 */
export function pluginsWith(subschemas: Readonly<Record<string, Subschema>>): EntityDefinition<"plugins", PluginFields> {
  return defineEntity({
    name: "plugins",
    description: "A use of a plugin: on a route, a service, a consumer, a combination of them, or everywhere.",
    endpointKey: "instance_name",
    cacheKey: ["name", "route", "service", "consumer"],
    fields,
    subschemaKey: "name",
    subschemaError: notEnabled,
    subschemas,
  });
}

/** Kong's plugins whose configuration is code. */
const luaPlugins: readonly string[] = ["pre-function", "post-function"];

function notEnabled(name: string): string {
  return luaPlugins.includes(name)
    ? `plugin '${name}' not enabled; it holds Lua code, which is not run here: write it as a plugin of your own, with definePlugin`
    : `plugin '${name}' not enabled; add it to the 'plugins' configuration property`;
}

/** The plugins entity before it knows any plugin: it refuses every name. */
export const plugins: EntityDefinition<"plugins", PluginFields> = pluginsWith({});

/** A plugin instance as stored: its `config` complete, unset fields `null`. */
export type Plugin = Infer<typeof plugins>;

/** A plugin instance as given. */
export type PluginInput = InferInput<typeof plugins>;
