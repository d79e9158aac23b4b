import type { AddressInfo } from "node:net";
import type { AdminNodeInfo, AdminNodeStatus } from "./admin/context.js";
import { postgresInfo } from "./gateway-postgres.js";
import type { GatewayServers } from "./gateway-servers.js";
import type { GatewayState } from "./gateway-state.js";
import type { GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { version } from "./version.js";

/** The Kong version whose Admin API, formats and behaviour this library follows. Clients such as decK decide by it. */
const KONG_VERSION = "3.10.0";

/** What a gateway shows of itself comes from these. */
export interface NodeParts {
  readonly options: GatewayOptions;
  readonly state: GatewayState;
  readonly servers: GatewayServers;
}

/** Counters, and the state of the configuration. */
export function adminStatus({ state, servers }: NodeParts): AdminNodeStatus {
  const { runtime, loaded, settings } = state;
  const { accepted, active } = servers.connections;
  return {
    configuration_hash: loaded.hash,
    cache: settings.node.cache.stats,
    server: {
      connections_accepted: accepted,
      connections_handled: accepted,
      // Of the servers of a host application, only the requests in hand are known.
      connections_active: Math.max(active, runtime.running),
      connections_writing: runtime.running,
      connections_waiting: Math.max(0, active - runtime.running),
      total_requests: runtime.total,
    },
  };
}

/** What the Admin API shows of a gateway. Settings go by Kong's names; secrets are masked. */
export function adminInfo({ options, state, servers }: NodeParts): AdminNodeInfo {
  const { node } = state.settings;
  const plugins = state.registry.all;
  return {
    id: node.id,
    hostname: node.hostname,
    version: KONG_VERSION,
    posternVersion: version,
    availablePlugins: Object.fromEntries([...plugins].map(([name, plugin]) => [name, summary(plugin)])),
    enabledPlugins: [...state.runtime.snapshot.plugins.configs.keys()],
    configuration: {
      database: options.database ?? "off",
      role: "traditional",
      node_id: node.id,
      log_level: state.settings.logLevel.level,
      router_flavor: options.routerFlavor ?? "traditional_compatible",
      trusted_ips: options.trustedIps ?? [],
      real_ip_header: options.realIpHeader ?? "X-Real-IP",
      real_ip_recursive: options.realIpRecursive ?? false,
      headers: options.headers ?? ["server_tokens", "latency_tokens", "X-Kong-Request-Id"],
      headers_upstream: options.headersUpstream ?? ["X-Kong-Request-Id"],
      mem_cache_size: options.memCacheSize ?? "128m",
      upstream_keepalive_idle_timeout: options.upstreamKeepaliveIdleTimeout ?? 60,
      upstream_keepalive_max_requests: options.upstreamKeepaliveMaxRequests ?? 10_000,
      client_body_buffer_size: options.clientBodyBufferSize ?? 1_048_576,
      plugins: [...plugins.keys()],
      loaded_plugins: allTrue(plugins.keys()),
      loaded_vaults: allTrue(node.vaults.kinds.map(({ name }) => name)),
      ...listeners(servers),
      ...(options.database === "postgres"
        ? { db_update_frequency: options.dbUpdateFrequency ?? 5, ...postgresInfo(options) }
        : {}),
      ...(typeof options.declarativeConfig === "string" ? { declarative_config: options.declarativeConfig } : {}),
      ...(options.declarativeConfigString === undefined ? {} : { declarative_config_string: "******" }),
    },
  };
}

function summary({ version: own, priority }: AnyPlugin): { version: string; priority: number } {
  return { version: own, priority };
}

function allTrue(names: Iterable<string>): Record<string, true> {
  return Object.fromEntries([...names].map((name) => [name, true]));
}

/** Kong Manager reads ports of these. What a host application listens on itself is not known here. */
function listeners({ addresses }: GatewayServers): Record<string, unknown> {
  const shown: Record<string, unknown> = { admin_gui_listen: ["off"], admin_gui_listeners: [] };
  for (const kind of ["proxy", "admin", "status"] as const) {
    const opened = addresses[kind].map(listener);
    shown[`${kind}_listen`] = opened.length === 0 ? ["off"] : opened.map((one) => one.listener);
    shown[`${kind}_listeners`] = opened;
  }
  return shown;
}

function listener({ address, port, family }: AddressInfo): {
  ip: string;
  port: number;
  listener: string;
  ssl: false;
  http2: false;
} {
  const ip = family === "IPv6" ? `[${address}]` : address;
  return { ip, port, listener: `${ip}:${port}`, ssl: false, http2: false };
}
