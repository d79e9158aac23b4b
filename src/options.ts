import { wrongArgument } from "./errors/check-argument.js";
import { OptionsError } from "./errors/gateway-error.js";
import type { DeclarativeOptions } from "./gateway-declarative.js";
import type { WatchOptions } from "./gateway-watch.js";
import type { Logger } from "./pdk/node-context.js";
import { type RedisTopology, topologyFault } from "./pdk/redis/config.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import type { Transport } from "./proxy/transport.js";
import type { RouterFlavor } from "./router/build-router.js";
import type { HeaderTokens } from "./runtime/settings.js";
import type { EntityDefinition } from "./schema/entity.js";
import { type PostgresOptions, postgresOptionKinds } from "./store/strategies/postgres/settings.js";
import { type AnyVault, checkVault } from "./vaults/vault.js";

/** A declarative document as an object. */
export interface DeclarativeDocument {
  readonly _format_version: string;
  readonly [key: string]: unknown;
}

/** Who may use the Admin API, and how. Not in Kong. */
export interface AdminOptions {
  /**
   * Asked of every request, as `Kong-Admin-Token: <token>` or `Authorization: Bearer <token>`: one token, or several by the names of those
   * who have them, which events tell. Default: none, everybody who reaches the API may use it.
   */
  readonly token?: string | Readonly<Record<string, string>>;
  /**
   * Clients that may connect: addresses, CIDR ranges, `unix:`. It is the other end of the connection that counts, whatever headers say.
   * Default: all.
   */
  readonly allow?: readonly string[];
  /**
   * Host names under which the API may be asked for, besides addresses and `localhost`, where {@link Gateway.listen} opens it on a loopback
   * address and no token is asked for. Requests under other names are refused, since any web page can give that address a name of its own.
   */
  readonly hosts?: readonly string[];
  /** Largest request body in bytes, as far as no parser of the host's has read it before. Default 10 MiB. */
  readonly maxBodyBytes?: number;
  /** URL, or several, of pages that use the API with cookies, such as Kong Manager (Kong's `admin_gui_url`). Default: none. */
  readonly guiUrl?: string | readonly string[];
}

/** Carries requests to upstreams: `undici` (default, fastest), `http-proxy-3`, or an implementation of your own. */
export type TransportOption = "undici" | "http-proxy-3" | Transport;

/**
 * Options of {@link createGateway}. Names are the camelCase forms of Kong's settings; what has no counterpart there says so.
 *
 * @typeParam P - the plugins handed in, so that their entities are typed on `gateway.db`
 * @typeParam E - the entities handed in, likewise
 */
export interface GatewayOptions<
  P extends readonly (AnyPlugin | string)[] = readonly (AnyPlugin | string)[],
  E extends readonly EntityDefinition[] = readonly EntityDefinition[],
> extends PostgresOptions {
  /**
   * Where entities live. `"off"` (default): in memory, replaced as a whole by `loadConfig`. `"memory"`: in memory, and `gateway.db` can
   * write; the first configuration is its first content, and nothing outlives the process. `"postgres"`: in PostgreSQL (the package
   * `pg` and the `pg…` options), shared with other processes; `await gateway.ready()` opens it.
   */
  readonly database?: "off" | "memory" | "postgres";
  /** The first configuration: the path of a YAML or JSON file, or the document itself. */
  readonly declarativeConfig?: string | DeclarativeDocument;
  /** The first configuration as YAML or JSON text. `declarativeConfig` wins over it. */
  readonly declarativeConfigString?: string;
  /**
   * Not in Kong. What documents may hold beyond Kong's format, state files of decK and variables of the environment, and whether warnings
   * are refused: `{ deck, environment, strict }`. Default: none of it.
   */
  readonly declarative?: DeclarativeOptions;
  /**
   * Not in Kong. Watches the file that `declarativeConfig` names, and those among the `plugins`, and loads them when their content is
   * another one; a refused one changes nothing (event `config:rejected`, a line in the log for a plugin). Default `false`.
   */
  readonly watch?: boolean | WatchOptions;
  /**
   * The most that plugins may keep in `pdk.cache`, and that a configuration without a database may take: bytes, or a text such as
   * `"512m"`. Sizes are estimates of the heap that is used. Default `"128m"`.
   */
  readonly memCacheSize?: number | string;
  /** With `postgres`: seconds between looks for changes of other processes, beside the notices that PostgreSQL sends. Default 5. */
  readonly dbUpdateFrequency?: number;
  /** Seconds that `pdk.cache` keeps a value when its caller does not say; 0 (default): until it is invalidated. */
  readonly dbCacheTtl?: number;
  /** Seconds that it keeps the knowledge that there is no value. Default: as `dbCacheTtl`. */
  readonly dbCacheNegTtl?: number;
  /** Seconds that a value whose time is over stands in while it cannot be loaded again. Default 30. */
  readonly dbResurrectTtl?: number;
  /** Default `traditional_compatible`. */
  readonly routerFlavor?: RouterFlavor;
  /** Peers whose forwarding headers are believed: addresses, CIDR ranges, `unix:`. Default: none. */
  readonly trustedIps?: readonly string[];
  /** Header in which a trusted peer names the client. Default `X-Real-IP`. */
  readonly realIpHeader?: string;
  /** Walk through several addresses of that header while they are trusted. Default `false`. */
  readonly realIpRecursive?: boolean;
  /** The gateway's own headers on answers. Default `server_tokens`, `latency_tokens`, `X-Kong-Request-Id`; `["off"]` for none. */
  readonly headers?: readonly string[];
  /** The gateway's own headers on upstream requests: `X-Kong-Request-Id` (default) or `off`. */
  readonly headersUpstream?: readonly string[];
  /** Seconds that an idle upstream connection is kept. Default 60. */
  readonly upstreamKeepaliveIdleTimeout?: number;
  /** Requests on one upstream connection before it is closed; 0 = no limit. Default 10,000. */
  readonly upstreamKeepaliveMaxRequests?: number;
  /**
   * Plugins beyond the bundled ones: as objects, as names of packages, or as paths of files (`"./mine.js"`). Names choose among the
   * bundled ones: `["bundled", mine]` says what `[mine]` does, `["off"]` loads none, `["key-auth", mine]` just that one. Default
   * `["bundled"]`.
   */
  readonly plugins?: P;
  /** Not in Kong, where only plugins may have them. Entities of your own, made by `defineEntity`. */
  readonly entities?: E;
  /** Kinds of vaults beyond `env`, made with `defineVault`. Not in Kong, whose setting `vaults` has names. */
  readonly vaults?: readonly AnyVault[];
  /** Put in front of the names of variables where a reference names `env` itself: `{vault://env/…}`. Default: nothing. */
  readonly vaultEnvPrefix?: string;
  /**
   * Not in Kong, where Enterprise has more fields for it. Redis servers behind a name: what the `redis.host` of a plugin's configuration
   * stands for when it is not a server but a master that sentinels watch (`{ counters: { sentinels: [{ host, port }], master } }`), or a
   * cluster (`{ counters: { cluster: [{ host, port }] } }`).
   */
  readonly redis?: Readonly<Record<string, RedisTopology>>;
  /** Bytes of a request body that plugins may hold in memory. Default 1 MiB. (Kong's default is 8 KiB.) */
  readonly clientBodyBufferSize?: number;
  /** Charset added to text types of upstreams that name none; `"off"` adds none. Default `UTF-8` (Kong's `nginx_http_charset`). */
  readonly charset?: string;
  /** Form of gateway errors for clients that state no preference. Default `text/plain`. */
  readonly errorDefaultType?: "text/plain" | "text/html" | "application/json" | "application/xml";
  /** Not in Kong. Protects the Admin API: `{ token, allow, maxBodyBytes, guiUrl }`. Default: it is left to the host. */
  readonly admin?: AdminOptions;
  /** Not in Kong. Default `undici`. */
  readonly transport?: TransportOption;
  /** Not in Kong. Where warnings and errors go; `console` fits. Default: `console`, without `debug` and `info`. */
  readonly logger?: Logger;
  /** Not in Kong. Milliseconds since the epoch; default `Date.now`. For tests. */
  readonly clock?: () => number;
}

const known: Readonly<Record<keyof GatewayOptions, unknown>> = {
  ...postgresOptionKinds,
  dbUpdateFrequency: true,
  database: true,
  declarativeConfig: true,
  declarativeConfigString: true,
  declarative: true,
  watch: true,
  memCacheSize: true,
  dbCacheTtl: true,
  dbCacheNegTtl: true,
  dbResurrectTtl: true,
  routerFlavor: true,
  trustedIps: true,
  realIpHeader: true,
  realIpRecursive: true,
  headers: true,
  headersUpstream: true,
  upstreamKeepaliveIdleTimeout: true,
  upstreamKeepaliveMaxRequests: true,
  plugins: true,
  entities: true,
  vaults: true,
  vaultEnvPrefix: true,
  redis: true,
  clientBodyBufferSize: true,
  charset: true,
  errorDefaultType: true,
  admin: true,
  transport: true,
  logger: true,
  clock: true,
};

const databases: readonly string[] = ["off", "memory", "postgres"];

const numbers = [
  "upstreamKeepaliveIdleTimeout",
  "upstreamKeepaliveMaxRequests",
  "clientBodyBufferSize",
  "dbCacheTtl",
  "dbCacheNegTtl",
  "dbResurrectTtl",
  "dbUpdateFrequency",
] as const;

const textLists = ["trustedIps", "headers", "headersUpstream"] as const;

const lists = [...textLists, "plugins", "entities", "vaults"] as const;

const texts = ["declarativeConfigString", "realIpHeader", "vaultEnvPrefix", "charset", "errorDefaultType"] as const;

/** @throws OptionsError for a name that is not an option, or a value that cannot be */
export function checkOptions(options: GatewayOptions): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) throw new OptionsError(name, "there is no such option");
  }
  if (options.database !== undefined && !databases.includes(options.database)) {
    throw new OptionsError("database", `'${String(options.database)}' is not available; '${databases.join("', '")}' are`);
  }
  if (options.routerFlavor !== undefined && options.routerFlavor !== "traditional_compatible") {
    throw new OptionsError("routerFlavor", `'${String(options.routerFlavor)}' is not available; 'traditional_compatible' is`);
  }
  for (const name of lists) {
    if (options[name] !== undefined && !Array.isArray(options[name])) throw wrongArgument(name, "a list", options[name]);
  }
  for (const name of textLists) {
    const other = options[name]?.findIndex((member: unknown) => typeof member !== "string") ?? -1;
    if (other !== -1) throw wrongArgument(`${name}[${other}]`, "a text", options[name]?.[other]);
  }
  for (const name of texts) {
    if (options[name] !== undefined && typeof options[name] !== "string") throw wrongArgument(name, "a text", options[name]);
  }
  for (const [index, vault] of (options.vaults ?? []).entries()) checkVault(`vaults[${index}]`, vault);
  if (options.clock !== undefined && typeof options.clock !== "function")
    throw wrongArgument("clock", "a function", options.clock);
  for (const [name, topology] of Object.entries(options.redis ?? {})) {
    const fault = topologyFault(topology);
    if (fault !== undefined) throw new OptionsError("redis", `${name}: ${fault}`);
  }
  for (const name of numbers) {
    const value = options[name];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw new OptionsError(name, "must be a number, 0 or more");
  }
}

const latency = ["proxyLatency", "responseLatency", "upstreamLatency", "adminLatency"] as const;
const tokenFields: Readonly<Record<string, readonly (keyof HeaderTokens)[]>> = {
  server: ["server"],
  via: ["via"],
  "x-kong-proxy-latency": ["proxyLatency"],
  "x-kong-response-latency": ["responseLatency"],
  "x-kong-upstream-latency": ["upstreamLatency"],
  "x-kong-admin-latency": ["adminLatency"],
  "x-kong-upstream-status": ["upstreamStatus"],
  "x-kong-request-id": ["requestId"],
  server_tokens: ["server", "via"],
  latency_tokens: latency,
};

/** @throws OptionsError for a token that Kong does not know */
export function headerTokens({ headers, headersUpstream }: Pick<GatewayOptions, "headers" | "headersUpstream">): HeaderTokens {
  const chosen = new Set<keyof HeaderTokens>();
  const given = headers ?? ["server_tokens", "latency_tokens", "X-Kong-Request-Id"];
  for (const token of given[0]?.toLowerCase() === "off" ? [] : given) {
    const fields = Object.hasOwn(tokenFields, token.toLowerCase()) ? tokenFields[token.toLowerCase()] : undefined;
    if (fields === undefined) throw new OptionsError("headers", `'${token}' is not a header token`);
    for (const field of fields) chosen.add(field);
  }
  for (const token of headersUpstream ?? ["X-Kong-Request-Id"]) {
    const lower = token.toLowerCase();
    if (lower === "x-kong-request-id") chosen.add("upstreamRequestId");
    else if (lower !== "off") throw new OptionsError("headersUpstream", `'${token}' is not a header token`);
  }
  const has = (field: keyof HeaderTokens): boolean => chosen.has(field);
  return {
    server: has("server"),
    via: has("via"),
    proxyLatency: has("proxyLatency"),
    responseLatency: has("responseLatency"),
    upstreamLatency: has("upstreamLatency"),
    upstreamStatus: has("upstreamStatus"),
    adminLatency: has("adminLatency"),
    requestId: has("requestId"),
    upstreamRequestId: has("upstreamRequestId"),
  };
}
