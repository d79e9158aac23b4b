import { HealthMarks } from "./balancer/health-marks.js";
import type { LoadedDocument } from "./declarative/load.js";
import { GatewayClosedError } from "./errors/gateway-error.js";
import { type Backend, openBackend } from "./gateway-backend.js";
import { SnapshotUpdates } from "./gateway-changes.js";
import { type ConfigInput, contentHash, contentOf, firstContent, loadResult, readContent } from "./gateway-config.js";
import type { GatewayEmitter, LoadResult } from "./gateway-events.js";
import { loadPlugins } from "./gateway-plugins.js";
import { runtimeSettings } from "./gateway-settings.js";
import { entityDefinitions } from "./gateway-store.js";
import type { GatewayOptions } from "./options.js";
import type { AnyPlugin } from "./plugin-runner/define-plugin.js";
import { configurePlugins, initPlugins } from "./plugin-runner/lifecycle.js";
import type { PluginRegistry } from "./plugin-runner/registry.js";
import { Runtime } from "./runtime/runtime.js";
import type { RuntimeSettings } from "./runtime/settings.js";
import { Snapshot } from "./runtime/snapshot.js";
import type { EntityDefinition } from "./schema/entity.js";
import { deepCopy } from "./schema/values.js";
import type { EntityDefinitions, EntityStore } from "./store/dao.js";
import { openStore } from "./store/open-store.js";
import { type StoreChange, StoreEvents } from "./store/store-events.js";
import type { EntityState } from "./store/tables/entity-state.js";

/** The configuration in force and what is made of it: the records, the store over them, and the runtime that serves from them. */
export class GatewayState {
  readonly settings: RuntimeSettings;
  readonly registry: PluginRegistry;
  readonly runtime: Runtime;
  readonly marks = new HealthMarks();
  readonly #options: GatewayOptions;
  readonly #events: GatewayEmitter;
  readonly #backend: Backend;
  readonly #changes: StoreEvents;
  readonly #updates: SnapshotUpdates;
  #definitions: EntityDefinitions;
  #entities: readonly EntityDefinition[];
  #store: EntityStore;
  #document: LoadedDocument;
  #loaded: LoadResult;
  /** Of the input as it was given; `null` when the same input would mean something else now. */
  #inputHash: string | null;
  #opening: Promise<void> | null = null;
  #loading: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws DeclarativeConfigError, OptionsError, PluginLoadError */
  constructor(options: GatewayOptions, events: GatewayEmitter) {
    const started = performance.now();
    this.#options = options;
    this.#events = events;
    this.registry = loadPlugins(options.plugins);
    this.settings = runtimeSettings(options);
    this.#definitions = this.#define();
    this.#entities = Object.values(this.#definitions);
    const first = firstContent(options);
    this.#document = readContent(first, this.#entities, options);
    this.#inputHash = contentHash(first);
    this.#loaded = loadResult(this.#document, started);
    const { logger, now } = this.settings.node;
    this.#changes = new StoreEvents((error) => this.#failed(error as Error));
    this.#backend = openBackend({
      options,
      logger,
      now,
      document: this.#document,
      definitions: this.#definitions,
      events: this.#changes,
    });
    this.runtime = new Runtime(this.settings, this.#compile(this.#backend.entities));
    this.#updates = new SnapshotUpdates({
      runtime: this.runtime,
      compile: (changed) => this.#compile(this.#backend.entities, this.runtime.snapshot, changed),
      updated: ({ plugins }) => {
        if (plugins !== this.runtime.snapshot.plugins) this.#configure();
      },
      failed: (error) => this.#failed(error as Error),
    });
    this.#changes.onChange((change) => this.#changed(change));
    this.#changes.onReset(() => this.#reset());
    this.#store = this.#openStore();
    initPlugins(this.registry.all.values(), this.settings.node, (error) => this.#failed(error));
    this.#configure();
  }

  /** Requests can be served. Otherwise they wait for {@link ready}. */
  get isOpen(): boolean {
    return this.#backend.isOpen;
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
    return this.#document;
  }

  get loaded(): LoadResult {
    return this.#loaded;
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
  load(input: ConfigInput): Promise<LoadResult> {
    const load = this.#loading.then(() => this.#load(input));
    this.#loading = load.catch(() => undefined);
    return load;
  }

  /** @throws PluginLoadError when it is not a plugin */
  register(plugin: AnyPlugin): void {
    this.registry.add(plugin);
    this.#definitions = this.#define();
    this.#entities = Object.values(this.#definitions);
    this.#backend.define(this.#definitions);
    this.#store = this.#openStore();
    this.#inputHash = null;
    initPlugins([plugin], this.settings.node, (error) => this.#failed(error));
  }

  /** Nothing new is loaded from now on. */
  stop(): void {
    this.#closed = true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#updates.close();
    await this.#backend.close();
  }

  async #load(input: ConfigInput): Promise<LoadResult> {
    await this.ready();
    const started = performance.now();
    try {
      const content = contentOf(input);
      const hash = contentHash(content);
      if (hash === this.#inputHash) return { ...this.#loaded, changed: false, durationMs: performance.now() - started };
      const document = readContent(content, this.#entities, this.#options);
      await this.#backend.load(document, (entities) => this.runtime.swap(this.#compile(entities, this.runtime.snapshot)));
      this.#document = document;
      this.#inputHash = hash;
      this.#loaded = loadResult(document, started);
    } catch (error) {
      this.#events.emit("config:rejected", error as Error);
      throw error;
    }
    // As Kong does: what plugins have cached may come from records that are no more.
    this.settings.node.cache.purge();
    this.#configure();
    this.#events.emit("config:loaded", this.#loaded);
    return this.#loaded;
  }

  #define(): EntityDefinitions {
    return entityDefinitions(this.registry.all, this.#options.entities, this.settings.node.vaults.kinds);
  }

  #openStore(): EntityStore {
    const { strategy } = this.#backend;
    return openStore(this.#definitions, { strategy, events: this.#changes, now: this.settings.node.now });
  }

  #compile(entities: EntityState, previous?: Snapshot, changed?: ReadonlySet<string>): Snapshot {
    return new Snapshot({
      entities,
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
    this.#inputHash = null;
    this.#updates.changed(entity);
    const dao = this.#store[entity];
    for (const record of old === undefined ? [row] : [row, old]) {
      if (dao) this.settings.node.cache.invalidate(dao.cacheKey(record));
    }
    if (this.#events.isHeard("crud")) this.#events.emit("crud", deepCopy(change));
  }

  /** Any record may have been written. */
  #reset(): void {
    this.#inputHash = null;
    this.#updates.everything();
    this.settings.node.cache.purge();
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
