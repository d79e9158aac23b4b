import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { PdkCache } from "./cache.js";
import { PdkClient } from "./client.js";
import { PdkCtx } from "./ctx.js";
import { type PdkDatabase, type PluginEntities, pdkDatabase } from "./db.js";
import { PdkLog } from "./log/pdk-log.js";
import { AL, checkPhase } from "./phase.js";
import { PdkPlugin } from "./plugin.js";
import { PdkQueue } from "./queue/pdk-queue.js";
import type { PdkRedis } from "./redis/connections.js";
import { PdkRequest } from "./request.js";
import type { RequestContext } from "./request-context.js";
import { PdkResponse } from "./response.js";
import { PdkService } from "./service.js";
import { PdkVault } from "./vault.js";

export type { PluginEntities } from "./db.js";

/**
 * What a plugin may touch, for one request. The names are those of Kong's PDK in camelCase; what `kong.x.y_z` is there,
 * `pdk.x.yZ` is here.
 *
 * @typeParam E - the plugin's own entities
 * @typeParam C - what the plugin keeps of a request: what its `context` makes
 */
export class Pdk<E extends PluginEntities = PluginEntities, C extends object = Record<string, unknown>> {
  readonly #context: RequestContext;
  #request: PdkRequest | null = null;
  #response: PdkResponse | null = null;
  #service: PdkService | null = null;
  #client: PdkClient | null = null;
  #ctx: PdkCtx<C> | null = null;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  // The parts are made when first asked for: most plugins use one or two of them.

  /** The client's request. */
  get request(): PdkRequest {
    this.#request ??= new PdkRequest(this.#context);
    return this.#request;
  }

  /** The answer to the client. */
  get response(): PdkResponse {
    this.#response ??= new PdkResponse(this.#context);
    return this.#response;
  }

  /** The upstream side. */
  get service(): PdkService {
    this.#service ??= new PdkService(this.#context);
    return this.#service;
  }

  /** Who is calling. */
  get client(): PdkClient {
    this.#client ??= new PdkClient(this.#context);
    return this.#client;
  }

  /**
   * Entities by name: `select`, `selectBy`, `selectByCacheKey` and `eachFor` read the configuration that the request began with; `dao` is
   * the entity's DAO, which lists and writes.
   *
   * @example
   * ```ts
   * const consumer = await pdk.db.consumers.selectBy("username", "bob");
   * ```
   */
  get db(): PdkDatabase<E> {
    return pdkDatabase<E>(this.#context);
  }

  /** The matched route and service. */
  get router(): { getRoute(): Route | null; getService(): Service | null } {
    const context = this.#context;
    return {
      getRoute() {
        checkPhase(context.phase, AL);
        return context.route;
      },
      getService() {
        checkPhase(context.phase, AL);
        return context.service;
      },
    };
  }

  /** Data of this request: `shared` between all plugins, `plugin` for the running one alone. */
  get ctx(): PdkCtx<C> {
    this.#ctx ??= new PdkCtx<C>(this.#context);
    return this.#ctx;
  }

  /** What plugins keep between requests. */
  get cache(): PdkCache {
    return this.#context.node.cache;
  }

  /** Batching queues, for plugins that tell others about requests. */
  get queue(): PdkQueue {
    return new PdkQueue(this.#context);
  }

  /** Connections to Redis, for plugins whose data several gateways share. */
  get redis(): PdkRedis {
    return this.#context.node.redis;
  }

  /** References to secrets. */
  get vault(): PdkVault {
    return new PdkVault(this.#context);
  }

  /** The gateway's log; lines name the plugin. */
  get log(): PdkLog {
    return new PdkLog(this.#context);
  }

  /** The running plugin instance. */
  get plugin(): PdkPlugin {
    return new PdkPlugin(this.#context);
  }

  /** The gateway itself. */
  get node(): { getId(): string; getHostname(): string; getVersion(): string } {
    const { node } = this.#context;
    return { getId: () => node.id, getHostname: () => node.hostname, getVersion: () => node.version };
  }

  /** The gateways that share a database. */
  get cluster(): {
    /** The id that the database keeps for all of them; that of this gateway alone where there is no database server. */
    getId(): Promise<string>;
  } {
    const { node } = this.#context;
    return {
      async getId() {
        const kept = await node.store().parameters?.selectBy("key", "cluster_id");
        return typeof kept?.value === "string" ? kept.value : node.id;
      },
    };
  }

  /** Address checks. */
  get ip(): { isTrusted(address: string): boolean } {
    const { trusted } = this.#context.node.settings;
    return { isTrusted: (address) => trusted.has(address) };
  }

  /** The gateway's version. */
  get version(): string {
    return this.#context.node.version;
  }

  /** The gateway's clock: milliseconds since the epoch. */
  now(): number {
    return this.#context.node.now();
  }
}
