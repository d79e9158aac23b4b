import type { EntityDefinition } from "../schema/entity.js";
import { configPath } from "./config-path.js";
import type { AdminPath } from "./endpoint.js";
import { entityPaths } from "./entity-paths.js";
import { nodePaths } from "./node-paths.js";
import { targetPaths } from "./overrides/targets.js";
import { schemaPaths } from "./schema-paths.js";

/** Every path of the Admin API for a set of entities. An override replaces the generated path of the same pattern. */
export function adminPaths(definitions: readonly EntityDefinition[]): AdminPath[] {
  return [...nodePaths, ...schemaPaths, configPath, ...entityPaths(definitions), ...targetPaths(definitions)];
}
