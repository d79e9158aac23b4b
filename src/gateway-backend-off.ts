import type { LoadedDocument } from "./declarative/load.js";
import type { Backend, BackendContext } from "./gateway-backend.js";
import type { EntityDefinitions } from "./store/dao.js";
import { OffStrategy } from "./store/strategies/off/off-strategy.js";
import { EntityState } from "./store/tables/entity-state.js";

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

  async open(): Promise<void> {}

  define(definitions: EntityDefinitions): void {
    this.#definitions = definitions;
    this.entities = this.#stateOf(this.#document);
  }

  load(document: LoadedDocument, use: (entities: EntityState) => void): void {
    const entities = this.#stateOf(document);
    use(entities);
    this.entities = entities;
    this.#document = document;
  }

  async close(): Promise<void> {}

  #stateOf(document: LoadedDocument): EntityState {
    return new EntityState(Object.values(this.#definitions), document.state, { now: this.#now });
  }
}
