import type { HealthMarks } from "./balancer/health-marks.js";
import type { LoadedDocument } from "./declarative/load.js";
import type { KeptDocument } from "./declarative/reuse.js";
import { checkObject } from "./errors/check-argument.js";
import { GatewayClosedError } from "./errors/gateway-error.js";
import type { Backend } from "./gateway-backend.js";
import { type ConfigInput, contentOf, firstInput, loadResult, type ReadConfig, readInSlices } from "./gateway-config.js";
import type { GatewayEmitter, LoadOptions, LoadResult } from "./gateway-events.js";
import type { GatewayOptions } from "./options.js";
import type { NodeContext } from "./pdk/node-context.js";
import type { Runtime } from "./runtime/runtime.js";
import type { Snapshot } from "./runtime/snapshot.js";
import type { EntityDefinition } from "./schema/entity.js";
import type { EntityState } from "./store/tables/entity-state.js";
import { runInSlices, type StepProgress, type Steps } from "./util/steps.js";

/** What {@link ConfigLoads} works with. */
export interface LoadContext {
  readonly options: GatewayOptions;
  readonly events: GatewayEmitter;
  readonly node: NodeContext;
  readonly backend: Backend;
  readonly runtime: Runtime;
  readonly marks: HealthMarks;
  /** All entities that may occur in a document. Another array whenever they are others. */
  entities(): readonly EntityDefinition[];
  /** Resolves when records can be stored. */
  ready(): Promise<void>;
  compile(entities: EntityState, previous: Snapshot, changed: ReadonlySet<string>): Steps<Snapshot>;
  /** The plugins' configurations in force are others. */
  configure(): void;
}

/** Puts documents in force, one after the other, and knows which one is. */
export class ConfigLoads {
  readonly #context: LoadContext;
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
  #queue: Promise<unknown> = Promise.resolve();
  /** Loads that are at work or wait for their turn. */
  #open = 0;
  readonly #closing = new AbortController();

  /**
   * @param first - the document in force
   * @param started - `performance.now()` when it began to be read
   */
  constructor(context: LoadContext, { document, hash, kept }: ReadConfig, started: number) {
    this.#context = context;
    this.#document = document;
    this.#inputHash = hash;
    this.#kept = kept;
    this.#keepInput(firstInput(context.options));
    this.#loaded = loadResult(document, started);
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
    return this.#open > 0;
  }

  /** Replaces all records, or nothing. */
  async load(input: ConfigInput, options: LoadOptions = {}): Promise<LoadResult> {
    checkObject("options", "an object such as { checkHash: false }", options);
    this.#open += 1;
    const over = (): void => {
      this.#open -= 1;
    };
    const load = this.inTurn(() => this.#load(input, options));
    load.then(over, over);
    return load;
  }

  /** Does work that no load may run beside. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /**
   * Puts the input in force once more, out of turn: for what has the turn already.
   *
   * @returns `undefined` when it is not kept
   */
  again(): Promise<unknown> | undefined {
    return this.#input === undefined ? undefined : this.#load(this.#input, { checkHash: false });
  }

  /** Records may have been written: the input is not what is in force any more. */
  recordsChanged(): void {
    this.#inputHash = null;
  }

  /** Plugins have been registered: the same input may mean something else. */
  pluginsChanged(): void {
    this.#inputHash = null;
    this.#hasOtherPlugins = true;
  }

  /** Ends the load that is at work, and resolves when nothing is. */
  async close(): Promise<void> {
    this.#closing.abort(new GatewayClosedError());
    await this.#queue;
  }

  async #load(input: ConfigInput, { checkHash = true }: LoadOptions): Promise<LoadResult> {
    const { options, events, node, backend, runtime, marks } = this.#context;
    await this.#context.ready();
    const started = performance.now();
    const before = runtime.snapshot;
    try {
      const entities = this.#context.entities();
      const read = await readInSlices(await contentOf(input), {
        entities,
        options,
        before: this.#kept,
        knownHash: checkHash ? this.#inputHash : null,
        run: (steps) => this.#inSlices(steps),
        signal: this.#closing.signal,
        parsed: (progress) => this.#progress(progress),
      });
      if (read === undefined) return { ...this.#loaded, changed: false, durationMs: performance.now() - started };
      await backend.load(read.document, async (state) => {
        const marked = marks.version;
        const snapshot = await this.#inSlices(this.#follow(state));
        return () => {
          // Balancers that were made before the latest marks do not know them.
          if (marks.version !== marked) for (const { balancer } of snapshot.upstreams.values()) balancer.refresh();
          runtime.swap(snapshot);
        };
      });
      this.#document = read.document;
      this.#kept = read.kept;
      this.#keepInput(input);
      this.#hasOtherPlugins = false;
      this.#inputHash = entities === this.#context.entities() ? read.hash : null;
      this.#loaded = loadResult(read.document, started);
    } catch (error) {
      events.emit("config:rejected", error as Error);
      throw error;
    }
    // As Kong does: what plugins have cached may come from records that are no more.
    node.cache.purge();
    if (runtime.snapshot.plugins !== before.plugins) this.#context.configure();
    events.emit("config:loaded", this.#loaded);
    return this.#loaded;
  }

  /** Readies new records for requests, and compiles the snapshot that follows. */
  *#follow(state: EntityState): Steps<Snapshot> {
    const { backend, node, runtime } = this.#context;
    const { entities } = backend;
    yield* state.prepare(entities);
    const changed = new Set(state.changedSince(entities));
    if (this.#hasOtherPlugins) changed.add("plugins");
    // The same reference may lead to another secret by now.
    node.vaults.expire();
    if (runtime.snapshot.hasSecrets) changed.add("vaults");
    return yield* this.#context.compile(state, runtime.snapshot, changed);
  }

  #keepInput(input: ConfigInput): void {
    const { watch = false, database = "off" } = this.#context.options;
    if (watch !== false && database === "off") this.#input = input;
  }

  #inSlices<T>(steps: Steps<T>): Promise<T> {
    return runInSlices(steps, { onSlice: (progress) => this.#progress(progress) });
  }

  /** @throws GatewayClosedError: nobody needs the configuration any more */
  #progress(progress: StepProgress | undefined): void {
    this.#closing.signal.throwIfAborted();
    if (progress) this.#context.events.emit("config:progress", progress);
  }
}
