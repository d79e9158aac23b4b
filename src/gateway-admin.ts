import type { AdminNodeInfo } from "./admin/context.js";
import { postgresInfo } from "./gateway-postgres.js";
import type { GatewayOptions } from "./options.js";
import type { NodeContext } from "./pdk/node-context.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";

/** The Kong version whose Admin API, formats and behaviour this library follows. Clients such as decK decide by it. */
const KONG_VERSION = "3.10.0";

/** What the Admin API shows of a gateway. Settings go by Kong's names; the text of a first configuration is masked. */
export function adminInfo(
  node: NodeContext,
  options: GatewayOptions,
  plugins: ReadonlyMap<string, AnyPlugin>,
  enabledPlugins: readonly string[],
): AdminNodeInfo {
  return {
    id: node.id,
    hostname: node.hostname,
    version: KONG_VERSION,
    availablePlugins: Object.fromEntries([...plugins].map(([name, { version, priority }]) => [name, { version, priority }])),
    enabledPlugins,
    configuration: {
      database: options.database ?? "off",
      router_flavor: options.routerFlavor ?? "traditional_compatible",
      trusted_ips: options.trustedIps ?? [],
      real_ip_header: options.realIpHeader ?? "X-Real-IP",
      real_ip_recursive: options.realIpRecursive ?? false,
      headers: options.headers ?? ["server_tokens", "latency_tokens", "X-Kong-Request-Id"],
      headers_upstream: options.headersUpstream ?? ["X-Kong-Request-Id"],
      upstream_keepalive_idle_timeout: options.upstreamKeepaliveIdleTimeout ?? 60,
      upstream_keepalive_max_requests: options.upstreamKeepaliveMaxRequests ?? 10_000,
      client_body_buffer_size: options.clientBodyBufferSize ?? 1_048_576,
      plugins: [...plugins.keys()],
      ...(options.database === "postgres"
        ? { db_update_frequency: options.dbUpdateFrequency ?? 5, ...postgresInfo(options) }
        : {}),
      ...(typeof options.declarativeConfig === "string" ? { declarative_config: options.declarativeConfig } : {}),
      ...(options.declarativeConfigString === undefined ? {} : { declarative_config_string: "******" }),
    },
  };
}
