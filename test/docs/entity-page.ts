import { adminPaths } from "../../src/admin/paths.js";
import type { EntityDefinition, Subschema } from "../../src/schema/entity.js";
import type { Field, Fields } from "../../src/schema/field.js";
import { checkText, defaultText, ruleTexts, typeText } from "./entity-rules.js";

/** Where a page's entity comes from, and what belongs to it. */
export interface PageContext {
  /** The plugin that brings the entity along. */
  readonly plugin?: string;
  /** All entities: those that refer to this one are named on its page. */
  readonly all: readonly EntityDefinition[];
}

const code = (text: string): string => `\`${text}\``;

/**
 * The reference page of an entity, in Markdown.
 *
 * @throws Error when a field has no description
 */
export function entityPage(definition: EntityDefinition, context: PageContext): string {
  const { name, description, fields, checks, shorthands, subschemas = {} } = definition;
  if (description === undefined) throw new Error(`entity '${name}' has no description`);
  const parts = [
    `# ${name}`,
    "<!-- Made by `npm run docs:entities` from the definition. Do not edit. -->",
    description,
    table(["", ""], facts(definition, context)),
    "## Fields",
    table(["field", "type", "default", "rules", "what it is"], fieldRows(name, fields)),
  ];
  const old = Object.entries(shorthands).filter(([shorthand]) => !Object.hasOwn(fields, shorthand));
  if (old.length > 0) {
    const rows = old.map(([shorthand, { field }]) => [code(shorthand), typeText(field), describe(name, shorthand, field)]);
    parts.push("## Shorthands", "Given in place of fields; never stored.", table(["name", "type", "what it is"], rows));
  }
  if (checks.length > 0) parts.push("## Rules over several fields", list(checks.map(checkText)));
  for (const [names, subschema] of groups(subschemas)) parts.push(...variant(definition, names, subschema));
  return `${parts.join("\n\n")}\n`;
}

function facts(definition: EntityDefinition, { plugin, all }: PageContext): string[][] {
  const { name, primaryKey, endpointKey, cacheKey = [], ttl, dbExport, view, cached } = definition;
  const referrers = all.flatMap((other) =>
    Object.entries(other.fields).flatMap(([field, { reference, attributes }]) =>
      reference === name
        ? [`[${other.name}](${other.name}.md).${field}${attributes.onDelete === "cascade" ? " (deleted with it)" : ""}`]
        : [],
    ),
  );
  const rows: (readonly [string, string] | false)[] = [
    plugin !== undefined && ["belongs to the plugin", code(plugin)],
    ["primary key", primaryKey.map(code).join(", ")],
    endpointKey !== undefined && ["may be named by", code(endpointKey)],
    cacheKey.length > 1 && ["unique together", cacheKey.map(code).join(", ")],
    ["in the Admin API", adminApiText(definition, all)],
    ["records may expire", ttl ? "yes: `ttl`, in seconds" : "no"],
    !dbExport && ["in exports", "no"],
    view && ["stored", "no: made from the records of other entities"],
    !cached && ["kept in memory", "no: with a database server it is read there, and no other process is told of changes"],
    referrers.length > 0 && ["referred to by", referrers.join(", ")],
  ];
  return rows.filter((row) => row !== false).map((row) => [...row]);
}

/** Where its lists are: its own, and those below its parents. */
function adminApiText({ name, view }: EntityDefinition, all: readonly EntityDefinition[]): string {
  const paths = adminPaths({ definitions: () => all, pluginEndpoints: () => [] });
  const lists = paths.filter(
    ({ endpoints }) => endpoints.POST?.operation.kind === "insert" && endpoints.POST.operation.entity === name,
  );
  const segments = lists.map(({ pattern }) => pattern.split("/").slice(1));
  const textsOf = (found: readonly string[][]): string[] => [...new Set(found.map((path) => code(`/${path.at(-1)}`)))];
  const own = textsOf(segments.filter(({ length }) => length === 1));
  const nested = textsOf(segments.filter(({ length }) => length > 1));
  const below = nested.map((path) => `below its parents ${path}`);
  return [...own, ...below].join(", ").concat(view && own.length > 0 ? ", to be read" : "") || "no";
}

/** A row per field; the members of records follow under dotted names. */
function fieldRows(entity: string, fields: Fields, prefix = ""): string[][] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const row = [code(path), typeText(field), defaultText(field), ruleTexts(field).join("; "), describe(entity, path, field)];
    const inner = field.fields ?? field.elements?.fields ?? {};
    return [row, ...fieldRows(entity, inner, field.elements ? `${path}[].` : `${path}.`)];
  });
}

function describe(entity: string, path: string, field: Field): string {
  const { description } = field.attributes;
  if (description === undefined) throw new Error(`field '${path}' of '${entity}' has no description`);
  return description;
}

/** Sub-schemas by the names that share them. */
function groups(subschemas: Readonly<Record<string, Subschema>>): Map<string[], Subschema> {
  const found = new Map<Subschema, string[]>();
  for (const [name, subschema] of Object.entries(subschemas)) found.set(subschema, [...(found.get(subschema) ?? []), name]);
  return new Map([...found].map(([subschema, names]) => [names, subschema]));
}

function variant(
  { name, subschemaKey = "", fields }: EntityDefinition,
  names: readonly string[],
  subschema: Subschema,
): string[] {
  const parts = [`## Where ${code(subschemaKey)} is ${names.map(code).join(", ")}`];
  const entries = Object.entries(subschema.fields);
  const unset = entries.filter(([, { attributes }]) => attributes.eq === null).map(([field]) => code(field));
  if (unset.length > 0) parts.push(`Must be unset: ${unset.join(", ")}.`);
  const rows = entries
    .filter(([, { attributes }]) => attributes.eq !== null)
    .flatMap(([field, changed]) => {
      const own = changed.attributes.description ?? fields[field]?.attributes.description;
      const described = own === undefined ? changed : { ...changed, attributes: { ...changed.attributes, description: own } };
      return fieldRows(name, { [field]: described });
    });
  if (rows.length > 0) parts.push(table(["field", "type", "default", "rules", "what it is"], rows));
  if (subschema.checks && subschema.checks.length > 0) parts.push(list(subschema.checks.map(checkText)));
  return parts;
}

/** Aligned, so that formatters leave it alone. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => (cells[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
