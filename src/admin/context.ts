import type { FlattenedEntities } from "../declarative/load.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { EntityStore } from "../store/dao.js";

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
  /**
   * Replaces the whole configuration.
   *
   * @param input - a document, or its JSON or YAML text
   * @returns the records before hashing
   * @throws `DeclarativeConfigError` when the document is refused
   */
  loadConfig(input: string | object): Promise<{ readonly entities: FlattenedEntities }>;
  info(): AdminNodeInfo;
  status(): AdminNodeStatus;
  /**
   * Marks a target for this node's balancer.
   *
   * @param upstream - name of the upstream
   * @param target - `host:port`, as stored
   * @returns `false` when the balancer has no such target
   */
  setTargetHealth(upstream: string, target: string, healthy: boolean): boolean;
  readonly logger: AdminLogger;
  /** Value of the `Server` header: product name and version. */
  readonly product: string;
  readonly database: "off" | "memory" | "postgres" | "cassandra";
  readonly headers?: AdminHeaderTokens;
  /**
   * Origins of the pages that may send credentials (`admin_gui_url`): scheme, host and port. Without any, every page may read
   * answers, but browsers send no cookies along.
   */
  readonly guiOrigins?: readonly string[];
}
