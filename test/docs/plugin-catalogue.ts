import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { AnyPlugin } from "../../src/plugin-runner/define-plugin.js";
import { bundledPlugins } from "../../src/plugins/index.js";
import type { Fields } from "../../src/schema/field.js";
import { table } from "./entity-page.js";
import { checkText, defaultText, ruleTexts, typeText } from "./entity-rules.js";

const folder = fileURLToPath(new URL("../../docs/plugins/", import.meta.url));

/** Where the catalogue is written to. */
export const catalogueFile = `${folder}README.md`;

/** The bundled plugins, in the order of their names. */
export const documentedPlugins: readonly AnyPlugin[] = [...(bundledPlugins as readonly AnyPlugin[])].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);

/** The page that somebody has written about a plugin. */
export function pageOf({ name }: AnyPlugin): string {
  return readFileSync(`${folder}${name}.md`, "utf8");
}

const code = (text: string): string => `\`${text}\``;

/** All bundled plugins with their configurations, in Markdown. */
export function pluginCatalogue(): string {
  const parts = [
    "# Bundled plugins",
    "<!-- Made by `npm run docs:plugins` from the definitions. Do not edit. -->",
    "What each one does stands on its page. Those with a higher priority run first; the numbers are Kong's.",
    table(
      ["plugin", "priority", "on a", "what it does"],
      documentedPlugins.map((plugin) => [
        `[${plugin.name}](${plugin.name}.md)`,
        String(plugin.priority),
        plugin.scopes.join(", ") || "nothing: global only",
        summary(plugin),
      ]),
    ),
    ...documentedPlugins.flatMap(configOf),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The first paragraph of a page. */
function summary(plugin: AnyPlugin): string {
  const [, paragraph = ""] = pageOf(plugin).split(/\n{2,}/);
  return paragraph.replaceAll("\n", " ");
}

function configOf({ name, config, checks = [], shorthands = {} }: AnyPlugin): string[] {
  const rows = fieldRows(config as Fields);
  const parts = [`## ${name}`, rows.length === 0 ? "No configuration." : table(["field", "type", "default", "rules"], rows)];
  const old = Object.keys(shorthands).filter((field) => !Object.hasOwn(config, field));
  if (old.length > 0) parts.push(`Old names, still taken: ${old.map(code).join(", ")}.`);
  const told = checks.filter((check) => check.kind !== "custom" || check.description !== undefined);
  if (told.length > 0) parts.push(told.map((check) => `- ${checkText(check)}`).join("\n"));
  return parts;
}

/** A row per field; the members of records follow under dotted names. */
function fieldRows(fields: Fields, prefix = ""): string[][] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const inner = field.fields ?? field.elements?.fields ?? {};
    return [
      [code(`${prefix}${name}`), typeText(field), defaultText(field), ruleTexts(field).join("; ")],
      ...fieldRows(inner, `${prefix}${name}${field.elements ? "[]" : ""}.`),
    ];
  });
}
