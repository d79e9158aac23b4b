import { coreEntities } from "../../src/entities/core.js";
import { pluginsWith } from "../../src/entities/plugins.js";
import { pluginSubschema } from "../../src/plugin-runner/registry.js";
import { bundledPlugins } from "../../src/plugins/index.js";
import type { EntityDefinition } from "../../src/schema/entity.js";

/** The entities of a gateway with all bundled plugins. */
export const bundledEntities: readonly EntityDefinition[] = [
  ...Object.values(coreEntities).filter(({ name }) => name !== "plugins"),
  pluginsWith(Object.fromEntries(bundledPlugins.map((plugin) => [plugin.name, pluginSubschema(plugin)]))),
  ...bundledPlugins.flatMap((plugin) => Object.values((plugin.entities ?? {}) as Record<string, EntityDefinition>)),
];
