import { caCertificates } from "./ca-certificates.js";
import { certificates } from "./certificates.js";
import { consumers } from "./consumers.js";
import { keySets } from "./key-sets.js";
import { keys } from "./keys.js";
import { parameters } from "./parameters.js";
import { plugins } from "./plugins.js";
import { routes } from "./routes.js";
import { services } from "./services.js";
import { snis } from "./snis.js";
import { tags } from "./tags.js";
import { targets } from "./targets.js";
import { upstreams } from "./upstreams.js";
import { vaults } from "./vaults.js";
import { workspaces } from "./workspaces.js";

/**
 * The entities that every gateway has, in the order in which Kong's documents list them; no one refers to a later one. `routes` is of
 * the default router flavor, `plugins` knows no plugin yet and `vaults` only `env`; see `routesFor`, `pluginsWith` and `vaultsWith`.
 */
export const coreEntities = {
  workspaces,
  ca_certificates: caCertificates,
  certificates,
  consumers,
  key_sets: keySets,
  keys,
  parameters,
  services,
  routes,
  plugins,
  snis,
  upstreams,
  targets,
  vaults,
  tags,
} as const;
