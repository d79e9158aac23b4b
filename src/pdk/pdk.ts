import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { EntityDefinition, Infer } from "../schema/entity.js";
import type { Fields } from "../schema/field.js";
import type { MaybePromise } from "../util/maybe-promise.js";
import type { PdkCache } from "./cache.js";
import { PdkClient } from "./client.js";
import { keptState, type Logger } from "./node-context.js";
import { AL, checkPhase } from "./phase.js";
import { PdkRequest } from "./request.js";
import type { RequestContext, StoredEntity } from "./request-context.js";
import { PdkResponse } from "./response.js";
import { PdkService } from "./service.js";
import { PdkVault } from "./vault.js";

/**
 * What plugins share during one request. Extend it by declaration merging:
 *
 * ```ts
 * declare module "postern" { interface SharedContext { tenant?: string } }
 * ```
 */
export interface SharedContext {
  [key: string]: unknown;
}

/** Reads one kind of entity from the configuration that the request began with. Waits only where there is a database. */
export interface PdkEntityReader<T> {
  select(id: string): MaybePromise<T | undefined>;
  /** By a unique field. */
  selectBy(field: keyof T & string, value: string): MaybePromise<T | undefined>;
  selectByCacheKey(key: string): MaybePromise<T | undefined>;
}

/** The entities a plugin brings along, by name. */
export type PluginEntities = Readonly<Record<string, EntityDefinition>>;

/** One reader per entity; a plugin's own entities are typed. */
export type PdkDatabase<E extends PluginEntities> = {
  readonly [K in keyof E]: PdkEntityReader<Infer<E[K] extends { fields: Fields } ? E[K] : never>>;
};

/**
 * What a plugin may touch, for one request. The names are those of Kong's PDK in camelCase; what `kong.x.y_z` is there,
 * `pdk.x.yZ` is here.
 */
export class Pdk<E extends PluginEntities = PluginEntities> {
  readonly #context: RequestContext;
  #request: PdkRequest | null = null;
  #response: PdkResponse | null = null;
  #service: PdkService | null = null;
  #client: PdkClient | null = null;
  #ctx: PdkCtx | null = null;

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

  /** Entities by name; those of the plugin are typed. */
  get db(): PdkDatabase<E> {
    return database(this.#context) as PdkDatabase<E>;
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
  get ctx(): PdkCtx {
    this.#ctx ??= new PdkCtx(this.#context);
    return this.#ctx;
  }

  /** What plugins keep between requests. */
  get cache(): PdkCache {
    return this.#context.node.cache;
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

  /** Address checks. */
  get ip(): { isTrusted(address: string): boolean } {
    const { trusted } = this.#context.node.settings;
    return { isTrusted: (address) => trusted.has(address) };
  }

  /** The gateway's clock: milliseconds since the epoch. */
  now(): number {
    return this.#context.node.now();
  }
}

/** Data that plugins keep during one request. Made when first asked for. */
export class PdkCtx {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Seen by all plugins. */
  get shared(): SharedContext {
    this.#context.shared ??= {};
    return this.#context.shared;
  }

  /** Seen by the running plugin alone. */
  get plugin(): Record<string, unknown> {
    const context = this.#context;
    context.pluginData ??= new Map();
    const name = context.plugin?.name ?? "";
    let data = context.pluginData.get(name);
    if (data === undefined) {
      data = {};
      context.pluginData.set(name, data);
    }
    return data;
  }
}

/** The running plugin instance, and what it keeps beyond a request. */
export class PdkPlugin {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Id of the plugin entity. */
  getId(): string {
    return this.#context.plugin?.id ?? "";
  }

  /**
   * What the plugin keeps for the life of the gateway: made once per gateway and plugin, kept over reloads, never shared with
   * another gateway in the process. (Not in Kong, where a Lua module's variables play this part.)
   */
  state<T>(create: () => T): T {
    return keptState(this.#context.node, this.#context.plugin?.name ?? "", create);
  }
}

/** Writes to the gateway's log. */
export class PdkLog implements Logger {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  #details(details: object | undefined): object {
    return { plugin: this.#context.plugin?.name, request_id: this.#context.requestId, ...details };
  }

  debug(message: string, details?: object): void {
    this.#context.node.logger.debug(message, this.#details(details));
  }

  info(message: string, details?: object): void {
    this.#context.node.logger.info(message, this.#details(details));
  }

  notice(message: string, details?: object): void {
    this.info(message, details);
  }

  warn(message: string, details?: object): void {
    this.#context.node.logger.warn(message, this.#details(details));
  }

  error(message: string, details?: object): void {
    this.#context.node.logger.error(message, this.#details(details));
  }

  err(message: string, details?: object): void {
    this.error(message, details);
  }

  crit(message: string, details?: object): void {
    this.error(message, details);
  }

  /** Puts a value into the log entry of this request; dots in the key descend into objects. */
  setSerializeValue(key: string, value: unknown, mode: "set" | "add" | "replace" = "set"): void {
    if (typeof key !== "string") throw new Error("key must be a string");
    if (mode !== "set" && mode !== "add" && mode !== "replace") throw new Error("mode must be 'set', 'add' or 'replace'");
    this.#context.serializeValues ??= [];
    this.#context.serializeValues.push({ key, value, mode });
  }
}

const databases = new WeakMap<object, unknown>();

/** One set of readers per configuration, made when a plugin first asks. */
function database(context: RequestContext): unknown {
  const { entities } = context;
  let made = databases.get(entities);
  if (made === undefined) {
    const readers = new Map<string, PdkEntityReader<StoredEntity>>();
    made = new Proxy(Object.create(null), {
      get(_target, name) {
        if (typeof name !== "string") return undefined;
        let reader = readers.get(name);
        if (reader === undefined) {
          reader = {
            select: (id) => entities.select(name, id),
            selectBy: (field, value) => entities.selectBy(name, field, value),
            selectByCacheKey: (key) => entities.selectByCacheKey(name, key),
          };
          readers.set(name, reader);
        }
        return reader;
      },
    });
    databases.set(entities, made);
  }
  return made;
}
