import type { LoadedDocument } from "./declarative/load.js";
import type { Backend, BackendContext } from "./gateway-backend.js";
import type { EntityDefinitions } from "./store/dao.js";
import { OffStrategy } from "./store/strategies/off/off-strategy.js";
import { EntityState } from "./store/tables/entity-state.js";
import { chain, type MaybePromise } from "./util/maybe-promise.js";

/** `database: "off"`: the document is all there is. */
export class OffBackend implements Backend {
  readonly strategy = new OffStrategy(() => this.entities);
  readonly isOpen = true;
  entities: EntityState;
  readonly #now: () => number;
  #definitions: EntityDefinitions;
  #document: LoadedDocument;

  constructor({ definitions, document, now }: BackendContext) {
    this.#now = now;
    this.#definitions = definitions;
    this.#document = document;
    this.entities = this.#stateOf(document);
  }

  async isReachable(): Promise<boolean> {
    return true;
  }

  async open(): Promise<void> {}

  define(definitions: EntityDefinitions): void {
    this.#definitions = definitions;
    this.entities = this.#stateOf(this.#document);
  }

  load(document: LoadedDocument, prepare: (entities: EntityState) => MaybePromise<() => void>): MaybePromise<void> {
    const definitions = this.#definitions;
    const entities = this.#stateOf(document, this.entities);
    return chain(prepare(entities), (use) => {
      // A plugin may have been registered meanwhile.
      if (this.#definitions !== definitions) entities.define(Object.values(this.#definitions));
      this.entities = entities;
      this.#document = document;
      use();
    });
  }

  async close(): Promise<void> {}

  #stateOf(document: LoadedDocument, previous?: EntityState): EntityState {
    return new EntityState(Object.values(this.#definitions), document.state, {
      now: this.#now,
      ...(previous ? { previous } : {}),
    });
  }
}
