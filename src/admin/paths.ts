import { cachePaths } from "./cache-paths.js";
import { configPath } from "./config-path.js";
import type { AdminContext } from "./context.js";
import type { AdminPath } from "./endpoint.js";
import { endpointsPath } from "./endpoints-path.js";
import { entityPaths } from "./entity-paths.js";
import { logLevelPaths } from "./log-level-paths.js";
import { dnsPath, nodePaths, statusPath } from "./node-paths.js";
import { openApiPath } from "./openapi-path.js";
import { aclPaths } from "./overrides/acls.js";
import { certificatePaths } from "./overrides/certificates.js";
import { consumerPaths } from "./overrides/consumers.js";
import { tagPaths } from "./overrides/tags.js";
import { healthPaths, markPaths } from "./overrides/target-health.js";
import { targetPaths } from "./overrides/targets.js";
import { type PluginEndpoints, pluginPaths } from "./plugin-paths.js";
import { readyPath } from "./ready-path.js";
import { schemaPaths } from "./schema-paths.js";
import { unavailablePaths } from "./unavailable-paths.js";

/** Follow from the definitions, but Kong does not serve them. */
const switchedOff: ReadonlySet<string> = new Set(["/snis/{snis}/certificate"]);

/** What the paths of an API follow from. */
export type PathSources = Pick<AdminContext, "definitions" | "pluginEndpoints">;

/**
 * Every path of the Admin API. Of two with the same pattern the later one counts, so overrides replace what follows from the
 * definitions; what plugins add comes first, so that it replaces nothing.
 */
export function adminPaths({ definitions, pluginEndpoints }: PathSources): AdminPath[] {
  const entities = definitions();
  const paths: AdminPath[] = [
    ...pluginPaths(pluginEndpoints()),
    ...nodePaths,
    ...cachePaths,
    ...schemaPaths,
    ...logLevelPaths,
    ...unavailablePaths,
    configPath,
    ...entityPaths(entities).filter(({ pattern }) => !switchedOff.has(pattern)),
    ...consumerPaths(entities),
    ...aclPaths(entities),
    ...certificatePaths(entities),
    ...tagPaths(entities),
    ...targetPaths(entities),
    ...healthPaths(entities),
    ...markPaths(entities),
    openApiPath(() => all, entities),
  ];
  const all = [...paths, endpointsPath(paths)];
  return all;
}

/** Every path of the Status API. What it shows of upstreams, Kong shows without a database only. */
export function statusPaths({
  definitions,
  pluginEndpoints,
  database,
}: PathSources & Pick<AdminContext, "database">): AdminPath[] {
  const entities = definitions();
  const upstreams = database === "off" ? [...targetPaths(entities), ...healthPaths(entities)].map(readOnly) : [];
  return [...pluginPaths(pluginEndpoints().map(metricsOnly)), statusPath, dnsPath, readyPath, ...upstreams];
}

function readOnly({ endpoints, ...path }: AdminPath): AdminPath {
  return { ...path, endpoints: endpoints.GET ? { GET: endpoints.GET } : {} };
}

/** Of the plugins' endpoints, scrapers need the metrics. */
function metricsOnly({ plugin, paths }: PluginEndpoints): PluginEndpoints {
  const { "/metrics": metrics } = paths;
  return { plugin, paths: metrics?.GET ? { "/metrics": { GET: metrics.GET } } : {} };
}
