import { OptionsError } from "./errors/gateway-error.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { PluginRegistry } from "./plugin-runner/registry.js";
import { bundledPlugins } from "./plugins/index.js";

/**
 * The plugins that the `plugins` option asks for: objects are loaded, names choose among the bundled ones, and without any name
 * all bundled ones are there.
 *
 * @throws OptionsError for a name that no bundled plugin has
 * @throws PluginLoadError for a plugin that is not one
 */
export function loadPlugins(chosen: readonly (AnyPlugin | string)[] = []): PluginRegistry {
  const registry = new PluginRegistry();
  const bundled = bundledPlugins as readonly AnyPlugin[];
  const names = chosen.filter((entry) => typeof entry === "string");
  for (const name of names.length === 0 ? ["bundled"] : names) {
    if (name === "off") continue;
    const found = name === "bundled" ? bundled : bundled.filter((plugin) => plugin.name === name);
    if (found.length === 0)
      throw new OptionsError("plugins", `no bundled plugin is named '${name}'; hand in your own as objects`);
    for (const plugin of found) registry.add(plugin);
  }
  for (const plugin of chosen) if (typeof plugin !== "string") registry.add(plugin);
  return registry;
}
