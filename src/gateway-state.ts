import { HealthMarks } from "./balancer/health-marks.js";
import { type ExportedDocument, type ExportOptions, exportDeclarative } from "./declarative/export/export.js";
import type { LoadedDocument } from "./declarative/load.js";
import type { KeptDocument } from "./declarative/reuse.js";
import { GatewayClosedError, OptionsError } from "./errors/gateway-error.js";
import { type Backend, openBackend } from "./gateway-backend.js";
import { SnapshotUpdates } from "./gateway-changes.js";
import {
  type ConfigInput,
  contentOf,
  firstContent,
  firstInput,
  loadResult,
  readContent,
  readInSlices,
} from "./gateway-config.js";
import { declarativeSettings } from "./gateway-declarative.js";
import type { GatewayEmitter, LoadOptions, LoadResult } from "./gateway-events.js";
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
import { runAtOnce, runInSlices, type StepProgress, type Steps } from "./util/steps.js";

/** Milliseconds between two looks for secrets whose time is over, as in Kong. */
const ROTATION_INTERVAL = 60_000;

/** Milliseconds of a load's work between two turns of the event loop. */
const SLICE = 5;

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
  #definitions: EntityDefinitions;
  #entities: readonly EntityDefinition[];
  #store: EntityStore;
  #document: LoadedDocument;
  #loaded: LoadResult;
  /** Of the input as it was given; `null` when the same input would mean something else now. */
  #inputHash: string | null;
  /** What the next load may use again. */
  #kept: KeptDocument;
  /** The input in force, while the plugins' files are watched and it is all there is. */
  #input: ConfigInput | undefined;
  /** Plugins have been registered since the last load. */
  #hasOtherPlugins = false;
  readonly #rotation: NodeJS.Timeout;
  #opening: Promise<void> | null = null;
  #loading: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  #loads = 0;
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
    const first = firstContent(options);
    const { document, hash, kept } = readContent(first, { entities: this.#entities, options: this.#options });
    this.#document = document;
    this.#inputHash = hash;
    this.#kept = kept;
    this.#keepInput(firstInput(options));
    this.#loaded = loadResult(this.#document, started);
    const { logger, now } = this.settings.node;
    this.#changes = new StoreEvents((error) => this.#failed(error as Error), {
      mayWrite: () => this.#updates.mayWrite(),
      caughtUp: () => this.#updates.caughtUp(),
    });
    this.#backend = openBackend({
      options,
      logger,
      now,
      document: this.#document,
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
    this.#changes.onChange((change) => this.#changed(change));
    this.#changes.onReset(() => this.#reset());
    this.#store = this.#openStore();
    this.settings.node.vaults.onChanged = () => this.#updates.changed("vaults");
    this.#rotation = setInterval(() => void this.#rotateSecrets(), ROTATION_INTERVAL).unref();
    initPlugins(this.registry.all.values(), this.settings.node, (error) => this.#failed(error));
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
    return this.#document;
  }

  get loaded(): LoadResult {
    return this.#loaded;
  }

  /** A document is being loaded, or waits for its turn. */
  get isLoading(): boolean {
    return this.#loads > 0;
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
  load(input: ConfigInput, options: LoadOptions = {}): Promise<LoadResult> {
    this.#loads += 1;
    const load = this.#loading.then(() => this.#load(input, options));
    const over = (): void => {
      this.#loads -= 1;
    };
    this.#loading = load.then(over, over);
    return load;
  }

  /** @throws OptionsError (rejects) for an unknown format, GatewayClosedError after {@link close} */
  async export(options: ExportOptions): Promise<string | ExportedDocument> {
    const { format = "yaml" } = options;
    if (!["yaml", "json", "object"].includes(format)) {
      throw new OptionsError("format", `'${String(format)}' is not available; 'yaml', 'json', 'object' are`);
    }
    await this.ready();
    const elsewhere = await this.#uncachedRows();
    const rows = (entity: string): Iterable<StoredRecord> => elsewhere.get(entity) ?? this.#backend.entities.all(entity);
    return exportDeclarative({ entities: this.#entities, rows }, options);
  }

  /** The records for exports that are not in memory with every database. */
  async #uncachedRows(): Promise<ReadonlyMap<string, readonly StoredRecord[]>> {
    const found = new Map<string, StoredRecord[]>();
    for (const { name, cached, dbExport } of this.#entities) {
      if (cached || !dbExport) continue;
      const rows: StoredRecord[] = [];
      for await (const row of this.#store[name]?.each(undefined, { export: true }) ?? []) rows.push(row);
      found.set(name, rows);
    }
    return found;
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
    const replaced = this.#loading.then(() => this.#replace(plugins));
    this.#loading = replaced.catch(() => undefined);
    return replaced;
  }

  async #replace(plugins: readonly AnyPlugin[]): Promise<void> {
    const before = plugins.flatMap(({ name }) => this.registry.get(name) ?? []);
    try {
      for (const plugin of plugins) this.register(plugin);
      if (this.#input === undefined) this.#reset();
      else await this.#load(this.#input, { checkHash: false });
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
    this.#inputHash = null;
    this.#hasOtherPlugins = true;
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
    this.#closing.abort(new GatewayClosedError());
    await this.#loading;
    this.#updates.close();
    clearInterval(this.#rotation);
    await this.#backend.close();
  }

  async #load(input: ConfigInput, { checkHash = true }: LoadOptions): Promise<LoadResult> {
    await this.ready();
    const started = performance.now();
    const before = this.runtime.snapshot;
    try {
      const entities = this.#entities;
      const read = await readInSlices(await contentOf(input), {
        entities,
        options: this.#options,
        before: this.#kept,
        knownHash: checkHash ? this.#inputHash : null,
        run: (steps) => this.#inSlices(steps),
        signal: this.#closing.signal,
        parsed: (progress) => this.#progress(progress),
      });
      if (read === undefined) return { ...this.#loaded, changed: false, durationMs: performance.now() - started };
      await this.#backend.load(read.document, async (state) => {
        const marked = this.marks.version;
        const snapshot = await this.#inSlices(this.#follow(state));
        return () => {
          // Balancers that were made before the latest marks do not know them.
          if (this.marks.version !== marked) for (const { balancer } of snapshot.upstreams.values()) balancer.refresh();
          this.runtime.swap(snapshot);
        };
      });
      this.#document = read.document;
      this.#kept = read.kept;
      this.#keepInput(input);
      this.#hasOtherPlugins = false;
      this.#inputHash = entities === this.#entities ? read.hash : null;
      this.#loaded = loadResult(read.document, started);
    } catch (error) {
      this.#events.emit("config:rejected", error as Error);
      throw error;
    }
    // As Kong does: what plugins have cached may come from records that are no more.
    this.settings.node.cache.purge();
    if (this.runtime.snapshot.plugins !== before.plugins) this.#configure();
    this.#events.emit("config:loaded", this.#loaded);
    return this.#loaded;
  }

  /** Readies new records for requests, and compiles the snapshot that follows. */
  *#follow(state: EntityState): Steps<Snapshot> {
    const { entities } = this.#backend;
    yield* state.prepare(entities);
    const changed = new Set(state.changedSince(entities));
    if (this.#hasOtherPlugins) changed.add("plugins");
    // The same reference may lead to another secret by now.
    this.settings.node.vaults.expire();
    if (this.runtime.snapshot.hasSecrets) changed.add("vaults");
    return yield* this.#compile(state, this.runtime.snapshot, changed);
  }

  #keepInput(input: ConfigInput): void {
    const { watch = false, database = "off" } = this.#options;
    if (watch !== false && database === "off") this.#input = input;
  }

  #inSlices<T>(steps: Steps<T>): Promise<T> {
    return runInSlices(steps, { budgetMs: SLICE, onSlice: (progress) => this.#progress(progress) });
  }

  /** @throws GatewayClosedError: nobody needs the configuration any more */
  #progress(progress: StepProgress | undefined): void {
    this.#closing.signal.throwIfAborted();
    if (progress) this.#events.emit("config:progress", progress);
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
