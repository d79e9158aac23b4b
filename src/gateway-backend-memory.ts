import type { LoadedDocument } from "./declarative/load.js";
import type { Backend, BackendContext } from "./gateway-backend.js";
import type { EntityDefinitions } from "./store/dao.js";
import { storedDefinitions } from "./store/open-store.js";
import { storedRows } from "./store/stored-row.js";
import { MemoryStrategy } from "./store/strategies/memory/memory-strategy.js";
import type { RowsByEntity } from "./store/strategy.js";
import type { EntityState } from "./store/tables/entity-state.js";
import type { MaybePromise } from "./util/maybe-promise.js";
import { runAtOnce, runInSlices, type Steps } from "./util/steps.js";

/** Milliseconds between two clean-ups of expired records, as in Kong. */
const CLEAN_UP_INTERVAL = 300_000;

/** `database: "memory"`: the store can be written, and its records are what requests read. */
export class MemoryBackend implements Backend {
  readonly strategy: MemoryStrategy;
  readonly isOpen = true;
  readonly #cleanUp: NodeJS.Timeout;
  #definitions: EntityDefinitions;

  constructor({ definitions, document, now }: BackendContext) {
    this.strategy = new MemoryStrategy({ now });
    this.#definitions = definitions;
    this.strategy.define(storedDefinitions(definitions));
    this.strategy.use(this.strategy.stage(runAtOnce(this.#rowsOf(document))));
    this.#cleanUp = setInterval(() => void this.strategy.removeExpired(), CLEAN_UP_INTERVAL).unref();
  }

  get entities(): EntityState {
    return this.strategy.state;
  }

  async isReachable(): Promise<boolean> {
    return true;
  }

  async open(): Promise<void> {}

  define(definitions: EntityDefinitions): void {
    this.#definitions = definitions;
    this.strategy.define(storedDefinitions(definitions));
  }

  async load(document: LoadedDocument, prepare: (entities: EntityState) => MaybePromise<() => void>): Promise<void> {
    const entities = this.strategy.stage(await runInSlices(this.#rowsOf(document)));
    const use = await prepare(entities);
    this.strategy.use(entities);
    use();
  }

  async close(): Promise<void> {
    clearInterval(this.#cleanUp);
  }

  #rowsOf(document: LoadedDocument): Steps<RowsByEntity> {
    return storedRows(storedDefinitions(this.#definitions), document.state);
  }
}
