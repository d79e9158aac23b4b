import { consoleLogger } from "./console-logger.js";
import { OptionsError } from "./errors/gateway-error.js";
import { LevelLogger } from "./gateway-log-level.js";
import type { GatewayOptions } from "./options.js";
import { parseByteSize } from "./util/byte-size.js";
import { logLevels } from "./util/log-levels.js";

/** Turns the text of a setting into the value of an option. Throws a text about what is wrong. */
type Read = (text: string) => unknown;

const text: Read = (value) => value;
const number: Read = (value) => {
  const read = Number(value);
  if (value.trim() === "" || !Number.isFinite(read)) throw new Error(`'${value}' is not a number`);
  return read;
};
const switched: Read = (value) => {
  const lower = value.toLowerCase();
  if (lower !== "on" && lower !== "true" && lower !== "off" && lower !== "false")
    throw new Error(`'${value}' is neither 'on' nor 'off'`);
  return lower === "on" || lower === "true";
};
const list: Read = (value) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
const bytes: Read = (value) => {
  const size = parseByteSize(value);
  if (size === undefined) throw new Error(`'${value}' is not a size; sizes are bytes, or texts such as '8k' or '1m'`);
  return size;
};
const logger: Read = (value) => {
  const level = logLevels.find((known) => known === value.toLowerCase());
  if (level === undefined) throw new Error(`'${value}' is no log level; '${logLevels.join("', '")}' are`);
  return new LevelLogger(consoleLogger, level);
};

interface KongSetting {
  readonly option: keyof GatewayOptions;
  /** Of an option that is an object. */
  readonly member?: string;
  readonly read: Read;
}

/** Kong's settings that are options of ours, but for those of PostgreSQL, and how their texts are read. */
const settings: Readonly<Record<string, KongSetting>> = {
  database: { option: "database", read: (value) => value.toLowerCase() },
  declarative_config: { option: "declarativeConfig", read: text },
  declarative_config_string: { option: "declarativeConfigString", read: text },
  mem_cache_size: { option: "memCacheSize", read: text },
  db_update_frequency: { option: "dbUpdateFrequency", read: number },
  db_cache_ttl: { option: "dbCacheTtl", read: number },
  db_cache_neg_ttl: { option: "dbCacheNegTtl", read: number },
  db_resurrect_ttl: { option: "dbResurrectTtl", read: number },
  router_flavor: { option: "routerFlavor", read: text },
  trusted_ips: { option: "trustedIps", read: list },
  real_ip_header: { option: "realIpHeader", read: text },
  nginx_proxy_real_ip_header: { option: "realIpHeader", read: text },
  real_ip_recursive: { option: "realIpRecursive", read: switched },
  nginx_proxy_real_ip_recursive: { option: "realIpRecursive", read: switched },
  headers: { option: "headers", read: list },
  headers_upstream: { option: "headersUpstream", read: list },
  upstream_keepalive_idle_timeout: { option: "upstreamKeepaliveIdleTimeout", read: number },
  upstream_keepalive_max_requests: { option: "upstreamKeepaliveMaxRequests", read: number },
  plugins: { option: "plugins", read: list },
  vault_env_prefix: { option: "vaultEnvPrefix", read: text },
  client_body_buffer_size: { option: "clientBodyBufferSize", read: bytes },
  nginx_http_client_body_buffer_size: { option: "clientBodyBufferSize", read: bytes },
  nginx_http_charset: { option: "charset", read: text },
  error_default_type: { option: "errorDefaultType", read: text },
  admin_gui_url: { option: "admin", member: "guiUrl", read: list },
  nginx_admin_client_max_body_size: { option: "admin", member: "maxBodyBytes", read: bytes },
  log_level: { option: "logger", read: logger },
};

/** The names of the settings that {@link readSetting} reads. */
export const settingNames: readonly string[] = Object.keys(settings);

/**
 * Reads one of Kong's settings.
 *
 * @returns the option and its value; `undefined` when it is no option of ours
 * @throws OptionsError for a text that cannot be
 */
export function readSetting(name: string, value: string): { readonly [option: string]: unknown } | undefined {
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (!setting) return undefined;
  try {
    const read = setting.read(value);
    return { [setting.option]: setting.member === undefined ? read : { [setting.member]: read } };
  } catch (error) {
    throw new OptionsError(name, (error as Error).message);
  }
}

/** Settings of the process and not of the gateway: `postern start` reads them. */
export const processSettings = [
  "proxy_listen",
  "admin_listen",
  "status_listen",
  "nginx_worker_processes",
  "nginx_main_worker_processes",
] as const;

/** Settings that Kong has and that mean nothing here, by name or by the beginning of the name. */
const withoutMeaning = new RegExp(
  `^(?:${[
    "(?:nginx|ssl|client_ssl|admin_ssl|status_ssl|admin_gui|cluster|dns|resolver|lmdb|lua|pg_ro|pluginserver|tracing|wasm|worker)_.+",
    "(?:vault|error_template|cassandra|opentelemetry|proxy_server|request_debug|upstream_keepalive|declarative_config|portal)_.+",
    "(?:vitals|audit|keyring|smtp|rbac|untrusted)_.+",
    "(?:proxy|proxy_stream|admin|status)_(?:access|error)_log",
    "prefix|vaults|port_maps|host_ports|anonymous_reports|node_id|role|proxy_url|admin_api_uri|stream_listen",
    "allow_debug_header|client_ssl|wasm|pg_ssl_version|pg_backlog|db_update_propagation|db_cache_warmup_entities|openresty_path",
    "legacy_worker_events|konnect_mode|dedicated_config_processing|fips|kic",
  ].join("|")})$`,
);

/** Variables whose names begin like settings: of container images, and those that Kubernetes sets for each service. */
const noSetting = /^(?:version|password|license_data|license_path|docker_.+|migrations?_.+|.+_(?:service|port)(?:_.+)?|port)$/;

/** What a name that is not read may be. */
export function kindOfName(name: string): "process" | "without meaning" | "no setting" | "unknown" {
  if ((processSettings as readonly string[]).includes(name)) return "process";
  if (withoutMeaning.test(name)) return "without meaning";
  return noSetting.test(name) ? "no setting" : "unknown";
}
