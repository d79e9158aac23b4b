import { PluginLoadError } from "../errors/gateway-error.js";
import { compileJsonSchema } from "../schema/ajv.js";
import type { Subschema } from "../schema/entity.js";
import type { CustomCheck, EntityCheck } from "../schema/entity-check.js";
import { type Field, oneOf, record, setOf } from "../schema/field.js";
import { type ConfigSchema, configField, isFields } from "../schema/other-schemas.js";
import { noForeign } from "../schema/typedefs.js";
import { thrownText } from "../util/thrown.js";
import type { AnyPlugin } from "./define-plugin.js";

/** The plugins that a gateway knows, by name. */
export class PluginRegistry {
  readonly #plugins = new Map<string, AnyPlugin>();
  readonly #hasDatabase: boolean;

  /** @param hasDatabase - plugins can write to the store */
  constructor(hasDatabase = true) {
    this.#hasDatabase = hasDatabase;
  }

  get all(): ReadonlyMap<string, AnyPlugin> {
    return this.#plugins;
  }

  has(name: string): boolean {
    return this.#plugins.has(name);
  }

  get(name: string): AnyPlugin | undefined {
    return this.#plugins.get(name);
  }

  /**
   * Makes a plugin known. A plugin of the same name is replaced.
   *
   * @throws PluginLoadError with Kong's text when priority, version or phases do not fit
   */
  add(plugin: AnyPlugin): void {
    const problem = loadProblem(plugin);
    if (problem !== undefined) throw new PluginLoadError(String((plugin as Partial<AnyPlugin> | null)?.name), problem);
    this.#plugins.set(plugin.name, this.#hasDatabase ? plugin : withoutDatabase(plugin));
  }
}

/** Plugins in JavaScript are not checked by a compiler, and not all of them come out of `definePlugin`. */
function loadProblem(plugin: AnyPlugin): string | undefined {
  if (typeof plugin !== "object" || plugin === null) return "a plugin is what definePlugin makes";
  const { name, priority, version } = plugin;
  if (typeof name !== "string" || name === "") return "its name is not a text";
  if (!Number.isInteger(priority)) {
    return `Plugin "${name}" cannot be loaded because its PRIORITY field is not a valid integer number, got: "${String(priority)}".`;
  }
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    return `Plugin "${name}" cannot be loaded because its VERSION field does not follow the "x.y.z" format, got: "${version}".`;
  }
  return shapeProblem(plugin);
}

const PHASES = [
  "initWorker",
  "configure",
  "certificate",
  "rewrite",
  "access",
  "response",
  "headerFilter",
  "bodyFilter",
  "log",
] as const;
const PROTOCOLS = new Set<unknown>(["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"]);
const SCOPES = new Set<unknown>(["service", "route", "consumer"]);

function shapeProblem(plugin: AnyPlugin): string | undefined {
  const { name, config, protocols, allowedProtocols = protocols, scopes } = plugin;
  const phase = [...PHASES, "filtersBody" as const].find(
    (each) => plugin[each] !== undefined && typeof plugin[each] !== "function",
  );
  if (phase !== undefined) return `its ${phase} is not a function`;
  if ((typeof config !== "object" && typeof config !== "function") || config === null)
    return `no configuration schema found for plugin: ${name}`;
  const problem = jsonSchemaProblem(config);
  if (problem !== undefined) return `its config is no JSON Schema: ${problem}`;
  const fault = isFields(config) ? Object.keys(config).find((each) => typeof config[each]?.kind !== "string") : undefined;
  if (fault !== undefined) return `the field ${fault} of its config is none that str, int, bool and the like make`;
  for (const [what, list, known] of [
    ["protocols", protocols, PROTOCOLS],
    ["allowedProtocols", allowedProtocols, PROTOCOLS],
    ["scopes", scopes, SCOPES],
  ] as const) {
    if (!Array.isArray(list)) return `it has no ${what}: plugins are made with definePlugin`;
    const unknown = list.find((each) => !known.has(each));
    if (unknown !== undefined) return `its ${what} have ${JSON.stringify(unknown)}, which is none of ${[...known].join(", ")}`;
  }
  if (plugin.response !== undefined && (plugin.headerFilter !== undefined || plugin.bodyFilter !== undefined)) {
    return `Plugin "${name}" can't be loaded because it implements both \`response\` and \`header_filter\` or \`body_filter\` methods.`;
  }
  return undefined;
}

/** Compiled now, it is not when the first document with the plugin comes. */
function jsonSchemaProblem(config: ConfigSchema): string | undefined {
  if (isFields(config) || "~standard" in config) return undefined;
  try {
    compileJsonSchema(config);
    return undefined;
  } catch (error) {
    return thrownText(error);
  }
}

const readOnly = new WeakMap<AnyPlugin, AnyPlugin>();

/** The plugin as it is where nothing can be written: the same one for all gateways, so that its schema is compiled once. */
function withoutDatabase(plugin: AnyPlugin): AnyPlugin {
  const { config, withoutDatabase: others } = plugin;
  if (others === undefined || !isFields(config)) return plugin;
  let made = readOnly.get(plugin);
  if (made === undefined) {
    made = { ...plugin, config: { ...config, ...others } };
    readOnly.set(plugin, made);
  }
  return made;
}

type Schemed = Pick<AnyPlugin, "config" | "checks" | "shorthands" | "protocols" | "allowedProtocols" | "scopes">;

const subschemas = new WeakMap<Schemed, Subschema>();

/** The plugin's part of the schema of plugin entities: its configuration, protocols, and what it may be attached to. */
export function pluginSubschema(plugin: Schemed): Subschema {
  let subschema = subschemas.get(plugin);
  if (subschema === undefined) {
    subschema = makeSubschema(plugin);
    subschemas.set(plugin, subschema);
  }
  return subschema;
}

function makeSubschema(plugin: Schemed): Subschema {
  const scope = (name: "service" | "route" | "consumer"): Record<string, Field> =>
    plugin.scopes.includes(name) ? {} : { [name]: noForeign(`${name}s`) };
  const checks = plugin.checks ?? [];
  const customChecks = checks.filter((check) => check.kind === "custom");
  return {
    checks: checks.filter((check) => check.kind !== "custom").map(underConfig),
    fields: {
      config: isFields(plugin.config)
        ? record(plugin.config, {
            ...(customChecks.length === 0 ? {} : { validator: (config: object) => firstFault(customChecks, config) }),
            ...(plugin.shorthands ? { shorthands: plugin.shorthands } : {}),
          })
        : configField(plugin.config),
      protocols: setOf(oneOf(plugin.allowedProtocols ?? plugin.protocols), { required: true, default: plugin.protocols }),
      ...scope("route"),
      ...scope("service"),
      ...scope("consumer"),
    },
  };
}

/** Kong keeps checks of several fields at the entity, where the fields have the prefix `config.` … */
function underConfig(check: EntityCheck): EntityCheck {
  const under = (name: string): string => `config.${name}`;
  switch (check.kind) {
    case "conditional":
      return { ...check, ifField: under(check.ifField), thenField: under(check.thenField) };
    case "conditional_at_least_one_of":
      return {
        ...check,
        ifField: under(check.ifField),
        thenAtLeastOneOf: check.thenAtLeastOneOf.map(under),
        ...(check.elseThenAtLeastOneOf ? { elseThenAtLeastOneOf: check.elseThenAtLeastOneOf.map(under) } : {}),
      };
    case "mutually_exclusive_sets":
      return { ...check, set1: check.set1.map(under), set2: check.set2.map(under) };
    case "custom":
      return check;
    default:
      return { ...check, fields: check.fields.map(under) };
  }
}

/** … and written-out ones at the configuration, whose error is then the text itself. */
function firstFault(checks: readonly CustomCheck[], config: object): string | undefined {
  for (const { check } of checks) {
    const fault = check(config as Readonly<Record<string, unknown>>);
    if (typeof fault === "string") return fault;
  }
  return undefined;
}
