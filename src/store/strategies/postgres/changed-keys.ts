import type { RowKey } from "../../strategy.js";

/** Which records have to be read again. */
export class ChangedKeys {
  readonly #entities = new Map<string, Map<string, RowKey> | "all">();

  get isEmpty(): boolean {
    return this.#entities.size === 0;
  }

  has(entity: string): boolean {
    return this.#entities.has(entity);
  }

  /** The keys by their text; `"all"` where nobody says which. */
  entries(): Iterable<[entity: string, keys: ReadonlyMap<string, RowKey> | "all"]> {
    return this.#entities;
  }

  add(entity: string, text: string, key: RowKey): void {
    const known = this.#entities.get(entity);
    if (known === "all") return;
    if (known === undefined) this.#entities.set(entity, new Map([[text, key]]));
    else known.set(text, key);
  }

  addAll(entity: string): void {
    this.#entities.set(entity, "all");
  }

  merge(others: ChangedKeys): void {
    for (const [entity, keys] of others.entries()) {
      if (keys === "all") this.addAll(entity);
      else for (const [text, key] of keys) this.add(entity, text, key);
    }
  }
}
