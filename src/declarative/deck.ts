import { isObject, own, setOwn } from "../schema/values.js";
import { mapInSteps, type Steps } from "../util/steps.js";
import type { DeclarativeEntity, EntityTree } from "./entity-tree.js";
import type { Fault } from "./faults.js";
import type { Finding } from "./finding.js";
import type { DocumentPath } from "./positions.js";

type Values = Readonly<Record<string, unknown>>;

/** Keys at the top of decK's files, beside those of Kong and the entities. */
export const deckKeys: readonly string[] = ["_info", "_konnect", "_plugin_configs", "_workspace"];

/** Lists that decK knows and Kong's open-source edition does not. */
const foreignLists = new Set([
  "consumer_groups",
  "custom_entities",
  "degraphql_routes",
  "document_objects",
  "filter_chains",
  "graphql_ratelimiting_cost_decorations",
  "licenses",
  "partials",
  "rbac_roles",
  "service_packages",
]);

/** Members of records that decK knows and Kong's open-source edition does not, by entity. */
const foreignMembers: Readonly<Record<string, readonly string[]>> = {
  services: ["filter_chains"],
  routes: ["filter_chains"],
  consumers: ["groups", "mtls_auth_credentials"],
  plugins: ["ordering", "partials", "run_on"],
};

/** The names that `_info.defaults` has for entities. */
const defaultNames: Readonly<Record<string, string>> = {
  service: "services",
  route: "routes",
  upstream: "upstreams",
  target: "targets",
};

/** A decK file in Kong's own form. */
export interface DeckReading {
  /** The same object when there was nothing to do. Records stay where they are. */
  readonly document: Values;
  readonly faults: readonly Fault[];
  readonly findings: readonly Finding[];
}

/**
 * Reads a state file of decK: `_info.defaults`, `_info.select_tags` and `_plugin_configs` are worked into the records, references such as
 * `service: { name: orders }` become names, and what concerns Konnect or Kong Enterprise only is left out and told. The input stays as it
 * is.
 */
export function readDeck(document: Values, tree: EntityTree): Steps<DeckReading> {
  return new DeckReader(document, tree).read();
}

class DeckReader {
  readonly #document: Values;
  readonly #tree: EntityTree;
  readonly #faults: Fault[] = [];
  readonly #findings: Finding[] = [];
  readonly #defaults = new Map<string, Values>();
  readonly #pluginConfigs: Values;
  readonly #tags: readonly unknown[];

  constructor(document: Values, tree: EntityTree) {
    this.#document = document;
    this.#tree = tree;
    const configs = own(document, "_plugin_configs");
    this.#pluginConfigs = isObject(configs) ? configs : {};
    this.#tags = this.#readInfo(own(document, "_info"));
  }

  *read(): Steps<DeckReading> {
    const document: Record<string, unknown> = {};
    for (const key of Object.keys(this.#document)) {
      const value = this.#document[key];
      const entity = this.#tree.get(key);
      if (entity && Array.isArray(value)) {
        setOwn(document, key, yield* mapInSteps(value, (item: unknown, index) => this.#item(entity, item, [key, index])));
      } else if (key === "_plugin_configs" || key === "_info") continue;
      else if (deckKeys.includes(key)) this.#readPlace(key, value);
      else if (foreignLists.has(key)) this.#ignore([key]);
      else setOwn(document, key, value);
    }
    return { document, faults: this.#faults, findings: this.#findings };
  }

  /** @returns the tags that every record gets */
  #readInfo(info: unknown): readonly unknown[] {
    if (info === undefined || info === null) return [];
    if (!isObject(info)) {
      this.#faults.push({ path: ["_info"], message: "expected a record" });
      return [];
    }
    for (const key of Object.keys(info)) {
      if (key !== "defaults" && key !== "select_tags") this.#ignore(["_info", key]);
    }
    const defaults = own(info, "defaults");
    for (const [name, values] of Object.entries(isObject(defaults) ? defaults : {})) {
      const entity = Object.hasOwn(defaultNames, name) ? defaultNames[name] : undefined;
      if (entity !== undefined && isObject(values)) this.#defaults.set(entity, values);
      else this.#ignore(["_info", "defaults", name]);
    }
    const tags = own(info, "select_tags");
    if (tags === undefined || tags === null || Array.isArray(tags)) return (tags as readonly unknown[] | null | undefined) ?? [];
    this.#faults.push({ path: ["_info", "select_tags"], message: "expected an array" });
    return [];
  }

  /** There is one workspace, and no control plane. */
  #readPlace(key: string, value: unknown): void {
    if (key !== "_workspace" || (value !== "default" && value !== "" && value !== null)) this.#ignore([key]);
  }

  #list(entity: DeclarativeEntity, list: unknown, path: DocumentPath): unknown {
    return Array.isArray(list) ? list.map((item: unknown, index) => this.#item(entity, item, [...path, index])) : list;
  }

  #item(entity: DeclarativeEntity, item: unknown, path: DocumentPath): unknown {
    return isObject(item) ? this.#record(entity, item, path) : item;
  }

  #record(entity: DeclarativeEntity, source: Values, path: DocumentPath): Values {
    const record: Record<string, unknown> = {};
    for (const key of Object.keys(source)) {
      const value = source[key];
      const child = entity.children.get(key);
      if (child) setOwn(record, key, this.#list(child.entity, value, [...path, key]));
      else if (foreignMembers[entity.name]?.includes(key)) this.#ignore([...path, key]);
      else if (key !== "_config" || entity.name !== "plugins") setOwn(record, key, value);
    }
    for (const { field, target } of entity.foreign) {
      if (isObject(record[field])) record[field] = this.#reference(target, record[field]);
    }
    if (entity.name === "plugins") this.#shareConfig(source, record, path);
    const defaults = this.#defaults.get(entity.name);
    if (defaults) fill(record, defaults);
    if (this.#tags.length > 0 && Object.hasOwn(entity.definition.fields, "tags")) addTags(record, this.#tags);
    return record;
  }

  #reference(target: string, value: Values): unknown {
    if (typeof value.id === "string") return value.id;
    const key = this.#tree.get(target)?.uniqueEndpointKey;
    const name = key === undefined ? undefined : own(value, key);
    return typeof name === "string" ? name : value;
  }

  /** `_config` names a configuration whose members count where the plugin has none of its own. */
  #shareConfig(source: Values, record: Record<string, unknown>, path: DocumentPath): void {
    const name = own(source, "_config");
    if (name === undefined || name === null) return;
    const shared = typeof name === "string" ? own(this.#pluginConfigs, name) : undefined;
    if (!isObject(shared)) {
      const shown = typeof name === "string" ? name : JSON.stringify(name);
      this.#faults.push({ path: [...path, "_config"], message: `no entry '${shown}' in '_plugin_configs'` });
      return;
    }
    const { config } = record;
    if (config === undefined || config === null) record.config = { ...shared };
    else if (isObject(config)) record.config = { ...shared, ...config };
  }

  #ignore(path: DocumentPath): void {
    const name = String(path.at(-1));
    this.#findings.push({ code: "deck_ignored", path, message: `'${name}' has no meaning here and is left out` });
  }
}

/** Sets what is absent, in records inside the record too. */
function fill(record: Record<string, unknown>, defaults: Values): void {
  for (const key of Object.keys(defaults)) {
    const there = own(record, key);
    const value = defaults[key];
    if (there === undefined) setOwn(record, key, value);
    else if (isObject(there) && isObject(value)) {
      const copy = { ...there };
      fill(copy, value);
      setOwn(record, key, copy);
    }
  }
}

function addTags(record: Record<string, unknown>, tags: readonly unknown[]): void {
  const own = record.tags;
  if (own === undefined || own === null) record.tags = [...tags];
  else if (Array.isArray(own)) record.tags = [...new Set([...(own as readonly unknown[]), ...tags])];
}

/**
 * `"${{ env "NAME" }}"` is no YAML before decK has replaced it, which it does in the text. The inner quotes become spaces, so that every
 * place stays where it was.
 */
export function unquoteDeckCalls(text: string): string {
  return text.replace(/\$\{\{[^{}\n]*\}\}/g, (call) => (call.includes("\\") ? call : call.replaceAll('"', " ")));
}
