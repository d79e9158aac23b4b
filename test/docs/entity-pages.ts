import { coreEntities } from "../../src/entities/core.js";
import { pluginEntities } from "../../src/plugins/entities.js";
import type { EntityDefinition } from "../../src/schema/entity.js";
import { entityPage, table } from "./entity-page.js";

/** The folder of the pages, below the repository's root. */
export const folder = "docs/reference/entities";

const ofPlugins = Object.entries(pluginEntities).flatMap(([plugin, entities]) =>
  Object.values(entities).map((definition: EntityDefinition) => ({ plugin, definition })),
);

/** Every page about entities, by file name. */
export function entityPages(): ReadonlyMap<string, string> {
  const core: readonly EntityDefinition[] = Object.values(coreEntities);
  const all = [...core, ...ofPlugins.map(({ definition }) => definition)];
  return new Map([
    ["README.md", index(core)],
    ...core.map((definition) => [`${definition.name}.md`, entityPage(definition, { all })] as const),
    ...ofPlugins.map(({ plugin, definition }) => [`${definition.name}.md`, entityPage(definition, { plugin, all })] as const),
  ]);
}

function index(core: readonly EntityDefinition[]): string {
  const link = ({ name }: EntityDefinition): string => `[${name}](${name}.md)`;
  const parts = [
    "# Entities",
    "<!-- Made by `npm run docs:entities` from the definitions. Do not edit. -->",
    "What a configuration consists of. The names are those of declarative documents, of the Admin API and of `gateway.db`.",
    table(
      ["entity", "what it is"],
      core.map((definition) => [link(definition), definition.description ?? ""]),
    ),
    "## Of plugins",
    "Known even where the plugin is not there yet, so that nothing of a configuration is lost; using such a plugin is refused all the same.",
    table(
      ["entity", "plugin", "what it is"],
      ofPlugins.map(({ plugin, definition }) => [link(definition), `\`${plugin}\``, definition.description ?? ""]),
    ),
  ];
  return `${parts.join("\n\n")}\n`;
}
