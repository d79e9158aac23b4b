import { HealthMarks } from "./balancer/health-marks.js";
import type { ExportedDocument, ExportOptions } from "./declarative/export/export.js";
import type { LoadedDocument } from "./declarative/load.js";
import { GatewayClosedError } from "./errors/gateway-error.js";
import { type Backend, openBackend } from "./gateway-backend.js";
import { SnapshotUpdates } from "./gateway-changes.js";
import { type ConfigInput, firstContent, readContent } from "./gateway-config.js";
import { declarativeSettings } from "./gateway-declarative.js";
import type { GatewayEmitter, LoadOptions, LoadResult } from "./gateway-events.js";
import { checkExportOptions, exportConfiguration } from "./gateway-export.js";
import { ConfigLoads } from "./gateway-loads.js";
import { loadPlugins } from "./gateway-plugins.js";
import type { GatewayServers } from "./gateway-servers.js";
import { runtimeSettings } from "./gateway-settings.js";
import { GatewayStatistics } from "./gateway-statistics.js";
import { entityDefinitions } from "./gateway-store.js";
import type { GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { closePlugins, configurePlugins, initPlugins } from "./plugin-runner/lifecycle.js";
import type { PluginRegistry } from "./plugin-runner/registry.js";
import { Runtime } from "./runtime/runtime.js";
import { compileSnapshot, type Snapshot } from "./runtime/snapshot.js";
import type { EntityDefinition } from "./schema/entity.js";
import { deepCopy } from "./schema/values.js";
import type { EntityDefinitions, EntityStore } from "./store/dao.js";
import type { StoredRecord } from "./store/field-names.js";
import { openStore } from "./store/open-store.js";
import { type StoreChange, StoreEvents } from "./store/store-events.js";
import type { EntityState } from "./store/tables/entity-state.js";
import { runAtOnce, type Steps } from "./util/steps.js";

/** Milliseconds between two looks for secrets whose time is over, as in Kong. */
const ROTATION_INTERVAL = 60_000;

/** The configuration in force and what is made of it: the records, the store over them, and the runtime that serves from them. */
export class GatewayState {
  readonly settings: ReturnType<typeof runtimeSettings>;
  readonly registry: PluginRegistry;
  readonly runtime: Runtime;
  readonly marks = new HealthMarks();
  readonly #options: GatewayOptions;
  readonly #events: GatewayEmitter;
  readonly #backend: Backend;
  readonly #changes: StoreEvents;
  readonly #updates: SnapshotUpdates;
  readonly #loads: ConfigLoads;
  #definitions: EntityDefinitions;
  #entities: readonly EntityDefinition[];
  #store: EntityStore;
  readonly #rotation: NodeJS.Timeout;
  #opening: Promise<void> | null = null;
  #closed = false;

  /** @throws DeclarativeConfigError, OptionsError, PluginLoadError */
  constructor(options: GatewayOptions, events: GatewayEmitter, servers: GatewayServers) {
    const started = performance.now();
    this.#options = { ...options, declarative: declarativeSettings(options.declarative) };
    this.#events = events;
    this.registry = loadPlugins(options.plugins, options.database);
    this.settings = runtimeSettings(options, {
      store: () => this.#store,
      statistics: new GatewayStatistics({ servers, state: this }),
    });
    this.#definitions = this.#define();
    this.#entities = Object.values(this.#definitions);
    const first = readContent(firstContent(options), { entities: this.#entities, options: this.#options });
    const { node } = this.settings;
    this.#changes = new StoreEvents((error) => this.#failed(error as Error), {
      mayWrite: () => this.#updates.mayWrite(),
      caughtUp: () => this.#updates.caughtUp(),
    });
    this.#backend = openBackend({
      options,
      logger: node.logger,
      now: node.now,
      document: first.document,
      definitions: this.#definitions,
      events: this.#changes,
    });
    this.runtime = new Runtime(this.settings, runAtOnce(this.#compile(this.#backend.entities)));
    this.#updates = new SnapshotUpdates({
      runtime: this.runtime,
      compile: (changed) => this.#compile(this.#backend.entities, this.runtime.snapshot, changed),
      updated: ({ plugins }) => {
        if (plugins !== this.runtime.snapshot.plugins) this.#configure();
      },
      failed: (error) => this.#failed(error as Error),
    });
    this.#loads = new ConfigLoads(
      {
        options: this.#options,
        events,
        node,
        backend: this.#backend,
        runtime: this.runtime,
        marks: this.marks,
        entities: () => this.#entities,
        ready: () => this.ready(),
        compile: (entities, previous, changed) => this.#compile(entities, previous, changed),
        configure: () => this.#configure(),
      },
      first,
      started,
    );
    this.#changes.onChange((change) => this.#changed(change));
    this.#changes.onReset(() => this.#reset());
    this.#store = this.#openStore();
    node.vaults.onChanged = () => this.#updates.changed("vaults");
    this.#rotation = setInterval(() => void this.#rotateSecrets(), ROTATION_INTERVAL).unref();
    initPlugins(this.registry.all.values(), node, (error) => this.#failed(error));
    this.#configure();
  }

  /** Requests can be served. Otherwise they wait for {@link ready}. */
  get isOpen(): boolean {
    return this.#backend.isOpen;
  }

  /** Whether the database answers. Never rejects. */
  isDatabaseReachable(): Promise<boolean> {
    return this.#backend.isReachable();
  }

  get store(): EntityStore {
    return this.#store;
  }

  /** All entities. Another array whenever they are others. */
  get entities(): readonly EntityDefinition[] {
    return this.#entities;
  }

  /** The document that was loaded last. */
  get document(): LoadedDocument {
    return this.#loads.document;
  }

  get loaded(): LoadResult {
    return this.#loads.loaded;
  }

  /** A document is being loaded, or waits for its turn. */
  get isLoading(): boolean {
    return this.#loads.isLoading;
  }

  /** @throws GatewayClosedError (rejects) after {@link close}, or what opening the storage failed with */
  ready(): Promise<void> {
    if (this.#closed) return Promise.reject(new GatewayClosedError());
    if (this.#backend.isOpen) return Promise.resolve();
    this.#opening ??= this.#backend.open().then(
      () => this.#reset(),
      (error: unknown) => {
        this.#opening = null;
        throw error;
      },
    );
    return this.#opening;
  }

  /** Replaces all records, or nothing. Calls are carried out one after the other. */
  load(input: ConfigInput, options?: LoadOptions): Promise<LoadResult> {
    return this.#loads.load(input, options);
  }

  /** @throws OptionsError (rejects) for an unknown format, GatewayClosedError after {@link close} */
  async export(options: ExportOptions): Promise<string | ExportedDocument> {
    checkExportOptions(options);
    await this.ready();
    const rows = (entity: string): Iterable<StoredRecord> => this.#backend.entities.all(entity);
    return exportConfiguration({ entities: this.#entities, rows, store: this.#store }, options);
  }

  /** @throws PluginLoadError when it is not a plugin */
  register(plugin: AnyPlugin): void {
    this.#know(plugin);
    initPlugins([plugin], this.settings.node, (error) => this.#failed(error));
  }

  /**
   * Puts plugins in place of those of the same names, and the configuration in force once more, which has to fit them. Records in a
   * database stay as they are.
   *
   * @throws PluginLoadError (rejects) when one is no plugin, or what loading rejects with; then all is as before
   */
  replacePlugins(plugins: readonly AnyPlugin[]): Promise<void> {
    return this.#loads.inTurn(() => this.#replace(plugins));
  }

  async #replace(plugins: readonly AnyPlugin[]): Promise<void> {
    const before = plugins.flatMap(({ name }) => this.registry.get(name) ?? []);
    try {
      for (const plugin of plugins) this.register(plugin);
      const again = this.#loads.again();
      if (again) await again;
      else this.#reset();
    } catch (error) {
      for (const plugin of before) this.#know(plugin);
      throw error;
    }
  }

  #know(plugin: AnyPlugin): void {
    this.registry.add(plugin);
    this.#definitions = this.#define();
    this.#entities = Object.values(this.#definitions);
    this.#backend.define(this.#definitions);
    this.#store = this.#openStore();
    this.#loads.pluginsChanged();
  }

  /** Nothing new is loaded from now on. */
  stop(): void {
    this.#closed = true;
  }

  /**
   * Sends what plugins have queued, and closes what they keep.
   *
   * @param deadline - when to give up, by `performance.now()`
   */
  async closePlugins(deadline: number): Promise<void> {
    const { node } = this.settings;
    const left = (): number => Math.max(0, deadline - performance.now());
    await node.queues.close(left());
    await closePlugins(node, left(), (error) => this.#failed(error));
    node.redis.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#loads.close();
    this.#updates.close();
    clearInterval(this.#rotation);
    await this.#backend.close();
  }

  #define(): EntityDefinitions {
    return entityDefinitions(this.registry.all, this.#options.entities, this.settings.node.vaults.kinds);
  }

  #openStore(): EntityStore {
    const { strategy } = this.#backend;
    return openStore(this.#definitions, { strategy, events: this.#changes, now: this.settings.node.now });
  }

  #compile(entities: EntityState, previous?: Snapshot, changed?: ReadonlySet<string>): Steps<Snapshot> {
    return compileSnapshot({
      entities: this.#backend.reads?.over(entities) ?? entities,
      plugins: this.registry.all,
      marks: this.marks,
      node: this.settings.node,
      flavor: this.#options.routerFlavor ?? "traditional_compatible",
      skipped: (id, reason) => this.settings.node.logger.warn(`route ${id} is left out of the router: ${reason}`),
      ...(previous === undefined ? {} : { previous }),
      ...(changed === undefined ? {} : { changed }),
    });
  }

  /** A record has been written: requests see it from now on. */
  #changed(change: StoreChange): void {
    const { entity, row, old } = change;
    this.#loads.recordsChanged();
    this.#updates.changed(entity);
    const dao = this.#store[entity];
    for (const record of old === undefined ? [row] : [row, old]) {
      if (dao) this.settings.node.cache.invalidate(dao.cacheKey(record));
    }
    if (this.#events.isHeard("crud")) this.#events.emit("crud", deepCopy(change));
  }

  /** Any record may have been written. */
  #reset(): void {
    this.#loads.recordsChanged();
    this.#updates.everything();
    this.settings.node.cache.purge();
  }

  async #rotateSecrets(): Promise<void> {
    const { vaults, logger } = this.settings.node;
    await vaults.rotate((reference, { message }) => logger.warn(`unable to rotate reference ${reference} (${message})`));
  }

  #configure(): void {
    const { plugins } = this.runtime.snapshot;
    configurePlugins(this.registry.all.values(), plugins.configs, this.settings.node, (error) => this.#failed(error));
  }

  #failed(error: Error): void {
    this.settings.node.logger.error(error.message, { stack: error.stack });
    this.#events.emit("error", error);
  }
}
