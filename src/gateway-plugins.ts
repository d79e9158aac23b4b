import { createRequire } from "node:module";
import { basename, extname, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { OptionsError } from "./errors/gateway-error.js";
import type { GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { fromKongPdk, kongPdkModule } from "./plugin-runner/kong-pdk/from-kong-pdk.js";
import { PluginRegistry } from "./plugin-runner/registry.js";
import { bundledPlugins } from "./plugins/index.js";
import { closest } from "./util/closest.js";

/**
 * The plugins that the `plugins` option asks for: objects are loaded, names choose among the bundled ones or name a package or a file,
 * and without any name of a bundled one all of them are there.
 *
 * @throws OptionsError for a name that neither a bundled plugin nor a package has, or a file that is not there
 * @throws PluginLoadError for a plugin that is not one
 */
export function loadPlugins(
  chosen: readonly (AnyPlugin | string)[] = [],
  database: GatewayOptions["database"] = "off",
): PluginRegistry {
  if (!Array.isArray(chosen)) throw new OptionsError("plugins", "must be a list");
  const registry = new PluginRegistry(database !== "off");
  const bundled = bundledPlugins as readonly AnyPlugin[];
  const isBundled = (name: string): boolean => bundled.some((plugin) => plugin.name === name);
  const own = chosen.filter((entry) => typeof entry !== "string" || isOwn(entry, isBundled));
  const names = chosen.filter((entry) => typeof entry === "string" && !isOwn(entry, isBundled));
  for (const name of names.length === 0 ? ["bundled"] : names) {
    for (const plugin of bundled) if (name === "bundled" || name === plugin.name) registry.add(plugin);
  }
  for (const entry of own) {
    for (const plugin of typeof entry === "string" ? loadModule(entry, bundled) : [entry]) registry.add(plugin);
  }
  return registry;
}

/** A package or a file. */
function isOwn(name: string, isBundled: (name: string) => boolean): boolean {
  return name !== "bundled" && name !== "off" && !isBundled(name);
}

/** A name in the option `plugins` that is the path of a file. */
export function isPluginFile(name: string): boolean {
  return /^\.{1,2}[/\\]/.test(name) || isAbsolute(name);
}

/** The plugins that a package or a file exports. Both are looked for from where the process was started. */
function loadModule(name: string, bundled: readonly AnyPlugin[]): readonly AnyPlugin[] {
  const load = createRequire(pathToFileURL(join(process.cwd(), "package.json")));
  let exported: unknown;
  try {
    exported = load(name);
  } catch (error) {
    throw new OptionsError("plugins", whyNot(name, error as NodeJS.ErrnoException, bundled), error);
  }
  return pluginsOf(name, exported);
}

/**
 * The plugins that a package or a file exports, those for Kong's `kong-pdk` among them.
 *
 * @throws OptionsError when there are none, PluginLoadError for one for `kong-pdk` that cannot be used
 */
export function pluginsOf(name: string, exported: unknown): readonly AnyPlugin[] {
  const found = pluginsIn(exported);
  if (found.length > 0) return found;
  const forKong = kongPdkModule(exported);
  if (forKong) return [fromKongPdk(forKong, { name: basename(name, extname(name)) })];
  throw new OptionsError("plugins", `'${name}' exports no plugin; export what definePlugin returns`);
}

function whyNot(name: string, error: NodeJS.ErrnoException, bundled: readonly AnyPlugin[]): string {
  if (error.code === "ERR_REQUIRE_ASYNC_MODULE") {
    return `'${name}' cannot be loaded at once, since it awaits something at its top level: import it, and hand in the plugin as an object`;
  }
  // A module that is there may lack another one: that error says which.
  const isMissing = error.code === "MODULE_NOT_FOUND" && error.message.includes(`'${name}'`);
  if (!isMissing) return `'${name}' cannot be loaded: ${error.message}`;
  if (isPluginFile(name)) return `there is no file '${name}'`;
  const close = closest(
    name,
    bundled.map((plugin) => plugin.name),
  );
  const hint = close === undefined ? "" : ` (did you mean '${close}'?)`;
  return `no bundled plugin is named '${name}'${hint}, and no package of that name is installed; or hand in your own as objects`;
}

/** What a module exports: the default export, or each of its exports, a list of plugins or a single one. */
function pluginsIn(exported: unknown): readonly AnyPlugin[] {
  if (typeof exported !== "object" || exported === null) return [];
  if (isPlugin(exported)) return [exported];
  const values = Object.values(exported).flatMap((value: unknown) => (Array.isArray(value) ? value : [value]));
  // The default export of CommonJS code may be there twice.
  return [...new Set(values.filter(isPlugin))];
}

function isPlugin(value: unknown): value is AnyPlugin {
  const { name, version, priority } = (value ?? {}) as Partial<AnyPlugin>;
  return typeof name === "string" && typeof version === "string" && priority !== undefined;
}
