import type { FlattenedEntities } from "../declarative/load.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { EntityStore } from "../store/dao.js";
import type { LogLevel } from "../util/log-levels.js";
import type { AdminProtection } from "./access.js";
import type { AdminRequestEvent } from "./audit.js";
import type { PluginEndpoints } from "./plugin-paths.js";

/** What the Admin API says about a plugin that the gateway knows. */
export interface PluginSummary {
  readonly version: string;
  readonly priority: number;
}

/** What `GET /` shows of the gateway. */
export interface AdminNodeInfo {
  /** UUID of this gateway. */
  readonly id: string;
  readonly hostname: string;
  /** The Kong version that clients may count on, as `x.y.z`: decK refuses anything else. */
  readonly version: string;
  /** This library's own version. */
  readonly posternVersion: string;
  /** All plugins that may be configured, by name. */
  readonly availablePlugins: Readonly<Record<string, PluginSummary>>;
  /** Names of the plugins that have at least one configured instance. */
  readonly enabledPlugins: readonly string[];
  /** All settings in Kong's spelling, secrets masked. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** Counters of `GET /status`. A gateway that does not count something leaves it out, and 0 is shown. */
export interface AdminCounters {
  readonly connections_accepted?: number;
  readonly connections_active?: number;
  readonly connections_handled?: number;
  readonly connections_reading?: number;
  readonly connections_waiting?: number;
  readonly connections_writing?: number;
  readonly total_requests?: number;
}

/** What `GET /status` shows beside the memory in use. */
export interface AdminNodeStatus {
  /** MD5 of the configuration in force; 32 zeros when it is empty. */
  readonly configuration_hash: string;
  readonly server?: AdminCounters;
  /** The cache that plugins share, in bytes. */
  readonly cache?: { readonly bytes: number; readonly maxBytes: number };
}

/** Whether requests can be served, and what is missing otherwise. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** The cache that plugins share, as administrators may touch it. */
export interface AdminCache {
  /** `undefined` when nothing is known of the key. */
  probe(key: string): { readonly value: unknown } | undefined;
  invalidate(key: string): void;
  purge(): void;
}

/** One target as the balancer of this gateway sees it. */
export interface TargetHealth {
  /** `host:port`, as stored. */
  readonly target: string;
  readonly weight: number;
  readonly health: "HEALTHY" | "UNHEALTHY";
}

/** Which messages the gateway logs. */
export interface AdminLogLevel {
  readonly level: LogLevel;
  /** Logs from another level on, for a number of seconds. */
  change(level: LogLevel, seconds: number): void;
}

/** Where failures of the Admin API itself are told. */
export interface AdminLogger {
  error(message: string, details?: object): void;
}

/** Which headers of its own the Admin API adds to its answers. Both by default. */
export interface AdminHeaderTokens {
  readonly server: boolean;
  readonly latency: boolean;
}

/** All that the Admin API may touch of a gateway. */
export interface AdminContext {
  /** One DAO per entity of {@link AdminContext.definitions}. */
  readonly store: EntityStore;
  /** The entities there are. Endpoints are worked out anew when the array is another one, so keep it while it does not change. */
  definitions(): readonly EntityDefinition[];
  /** The plugins' own endpoints. Asked again when {@link AdminContext.definitions} has changed. */
  pluginEndpoints(): readonly PluginEndpoints[];
  /**
   * Replaces the whole configuration.
   *
   * @param input - a document, or its JSON or YAML text
   * @returns the records before hashing
   * @throws `DeclarativeConfigError` when the document is refused
   */
  loadConfig(input: string | object): Promise<{ readonly entities: FlattenedEntities }>;
  /** The configuration in force as a declarative document, in YAML. */
  exportConfig(): string | Promise<string>;
  /** A configuration is being loaded right now. */
  isLoading(): boolean;
  info(): AdminNodeInfo;
  status(): AdminNodeStatus;
  readiness(): Readiness | Promise<Readiness>;
  /** From now on it is not ready, for good: requests are still served. */
  drain(): void;
  /** `false` when the database does not answer. */
  isDatabaseReachable(): Promise<boolean>;
  /**
   * Marks a target for this node's balancer.
   *
   * @param upstream - name of the upstream
   * @param target - `host:port`, as stored
   * @returns `false` when the balancer has no such target
   */
  setTargetHealth(upstream: string, target: string, healthy: boolean): boolean;
  /** The targets of an upstream; `undefined` when there is no balancer for it. */
  targetHealth(upstream: string): readonly TargetHealth[] | undefined;
  readonly cache: AdminCache;
  readonly logLevel: AdminLogLevel;
  readonly logger: AdminLogger;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Told of every request to the Admin API when it has been answered. */
  audit?(event: AdminRequestEvent): void;
  /** Value of the `Server` header: product name and version. */
  readonly product: string;
  readonly database: "off" | "memory" | "postgres" | "cassandra";
  readonly headers?: AdminHeaderTokens;
  /** Who may use the Admin API. Default: everybody who reaches it. */
  readonly protection?: AdminProtection;
  /** {@link AdminContext.protection} asks for a token. */
  readonly needsToken?: boolean;
  /** Largest request body in bytes. Default 10 MiB. */
  readonly maxBodyBytes?: number;
  /**
   * Origins of the pages that may send credentials (`admin_gui_url`): scheme, host and port. Without any, every page may read
   * answers, but browsers send no cookies along.
   */
  readonly guiOrigins?: readonly string[];
}
