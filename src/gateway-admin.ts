import { type AdminProtection, adminProtection, localProtection } from "./admin/access.js";
import type { AdminContext, Readiness } from "./admin/context.js";
import { type OpenApiDocument, openApiDocument } from "./admin/openapi/document.js";
import { adminPaths } from "./admin/paths.js";
import type { PluginEndpoint, PluginEndpoints } from "./admin/plugin-paths.js";
import { wrongArgument } from "./errors/check-argument.js";
import { OptionsError } from "./errors/gateway-error.js";
import type { ConfigInput } from "./gateway-config.js";
import type { GatewayEmitter } from "./gateway-events.js";
import { adminInfo, adminStatus, type NodeParts } from "./gateway-node-info.js";
import type { GatewayState } from "./gateway-state.js";
import type { AdminOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { pluginNode } from "./plugin-runner/plugin-node.js";

/** The hash of a configuration without any entity. */
const EMPTY_HASH = "0".repeat(32);

/** The gateway, as far as its Admin API and Status API need it. */
export interface AdminParts extends NodeParts {
  readonly events: GatewayEmitter;
  exportConfig(): Promise<string>;
  /** The gateway closes. */
  isClosing(): boolean;
  readonly setTargetHealth: AdminContext["setTargetHealth"];
  readonly targetHealth: AdminContext["targetHealth"];
}

/** The option `admin`, compiled. */
type AdminSettings = Pick<AdminContext, "protection" | "needsToken" | "maxBodyBytes" | "guiOrigins"> & {
  /** For a server that only this machine reaches. */
  readonly localProtection: AdminProtection;
};

/** @throws OptionsError for a value that cannot be */
export function adminSettings({ token, allow, hosts = [], maxBodyBytes, guiUrl, ...unknown }: AdminOptions = {}): AdminSettings {
  for (const name of Object.keys(unknown)) throw new OptionsError(`admin.${name}`, "there is no such option");
  const tokens = typeof token === "object" ? Object.values(token) : token === undefined ? [] : [token];
  if (tokens.some((one) => typeof one !== "string" || one === "") || (typeof token === "object" && tokens.length === 0)) {
    throw new OptionsError("admin.token", "must be a text that is not empty, or such texts by name");
  }
  if (maxBodyBytes !== undefined && !(Number.isInteger(maxBodyBytes) && maxBodyBytes > 0)) {
    throw new OptionsError("admin.maxBodyBytes", "must be a whole number of bytes, 1 or more");
  }
  if (!Array.isArray(hosts) || hosts.some((host) => typeof host !== "string" || host === "")) {
    throw new OptionsError("admin.hosts", "must be a list of host names");
  }
  const protection: AdminProtection = adminProtection({ token, allow });
  return {
    protection,
    localProtection: tokens.length > 0 ? protection : localProtection(protection, hosts),
    needsToken: tokens.length > 0,
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    guiOrigins: (guiUrl === undefined ? [] : [guiUrl].flat()).map(originOf),
  };
}

function originOf(url: string): string {
  if (!URL.canParse(url)) throw new OptionsError("admin.guiUrl", `'${url}' is not a URL`);
  return new URL(url).origin;
}

/** What the Admin API and the Status API see of a gateway. */
export function adminContext(parts: AdminParts, settings: AdminSettings): AdminContext {
  const { options, state, events, setTargetHealth, targetHealth } = parts;
  const { node, product, tokens, logLevel } = state.settings;
  let draining = false;
  return {
    ...settings,
    get store() {
      return state.store;
    },
    definitions: () => state.entities,
    pluginEndpoints: () => [...state.registry.all.values()].flatMap((plugin) => endpointsOf(plugin, state)),
    loadConfig: async (input) => {
      await state.load(input as ConfigInput);
      return { entities: state.document.entities };
    },
    exportConfig: () => parts.exportConfig(),
    isLoading: () => state.isLoading,
    info: () => adminInfo(parts),
    status: () => adminStatus(parts),
    readiness: () => (draining || parts.isClosing() ? { ready: false, reason: "draining" } : readiness(parts)),
    drain: () => {
      draining = true;
    },
    isDatabaseReachable: () => state.isDatabaseReachable(),
    setTargetHealth,
    targetHealth,
    cache: node.cache,
    logLevel,
    logger: node.logger,
    now: node.now,
    audit: (event) => {
      if (events.isHeard("adminRequest")) events.emit("adminRequest", event);
    },
    product,
    database: options.database ?? "off",
    headers: { server: tokens.server, latency: tokens.adminLatency },
  };
}

/** The OpenAPI document of the Admin API. */
export function adminDocument(context: AdminContext, server: string): OpenApiDocument {
  if (typeof server !== "string") throw wrongArgument("server", "a URL or a path", server);
  return openApiDocument({
    paths: adminPaths(context),
    definitions: context.definitions(),
    version: context.info().posternVersion,
    server,
    needsToken: context.needsToken === true,
  });
}

function endpointsOf(plugin: AnyPlugin, { settings }: GatewayState): PluginEndpoints[] {
  const { name, adminEndpoints } = plugin;
  if (!adminEndpoints) return [];
  const node = pluginNode(plugin, settings.node);
  const paths = Object.entries(adminEndpoints).map(([path, methods]) => {
    const bound = Object.entries(methods).map(([method, handler]): [string, PluginEndpoint] => [
      method,
      (request) => handler(request, node),
    ]);
    return [path, Object.fromEntries(bound)] as const;
  });
  return [{ plugin: name, paths: Object.fromEntries(paths) }];
}

/** With a database a gateway is ready when it is there; without one, when it has been given something to serve. */
async function readiness({ options, state }: AdminParts): Promise<Readiness> {
  if ((options.database ?? "off") !== "off") {
    const reachable = state.isOpen && (await state.isDatabaseReachable());
    return reachable ? { ready: true } : { ready: false, reason: "failed to connect to database" };
  }
  if (state.loaded.hash !== EMPTY_HASH) return { ready: true };
  return { ready: false, reason: "no configuration available (empty configuration present)" };
}
