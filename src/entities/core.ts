import { certificates } from "./certificates.js";
import { consumers } from "./consumers.js";
import { plugins } from "./plugins.js";
import { routes } from "./routes.js";
import { services } from "./services.js";
import { snis } from "./snis.js";
import { targets } from "./targets.js";
import { upstreams } from "./upstreams.js";

/**
 * The entities that every gateway has, in an order in which no one refers to a later one. `routes` is of the default router flavor
 * and `plugins` knows no plugin yet; see `routesFor` and `pluginsWith`.
 */
export const coreEntities = { consumers, certificates, services, routes, snis, upstreams, targets, plugins } as const;
