import { isObject } from "../schema/values.js";
import { primaryKeyText } from "../store/keys.js";
import { getOrMake } from "../util/get-or-make.js";
import type { DeclarativeEntity, ForeignReference } from "./entity-tree.js";
import type { DocumentRecord } from "./records.js";

/** What a reference as written leads to. */
export type Resolution =
  /** A record of this document. */
  | { readonly kind: "found"; readonly id: string; readonly record: DocumentRecord }
  /** An id that no record of this document has. */
  | { readonly kind: "absent"; readonly id: string }
  /** A name that nothing has, or no reference at all. */
  | { readonly kind: "unresolved" };

type Index = ReadonlyMap<string, DocumentRecord>;

const none: readonly DocumentRecord[] = [];

/** Finds the records of one document by what references say. What nobody refers to is never indexed. */
export class ReferenceIndex {
  readonly #records: ReadonlyMap<string, readonly DocumentRecord[]>;
  readonly #byName = new Map<string, Index>();
  readonly #byId = new Map<string, Index>();

  constructor(byEntity: ReadonlyMap<DeclarativeEntity, readonly DocumentRecord[]>) {
    this.#records = new Map([...byEntity].map(([{ name }, records]) => [name, records]));
  }

  /** A text is the name of a record before it is an id. */
  resolve({ target }: ForeignReference, value: unknown): Resolution {
    if (typeof value === "string") {
      const named = this.#names(target).get(value);
      if (named?.id !== undefined) return { kind: "found", id: named.id, record: named };
      const record = this.#ids(target).get(value);
      return record === undefined ? { kind: "unresolved" } : { kind: "found", id: value, record };
    }
    if (!isObject(value) || typeof value.id !== "string") return { kind: "unresolved" };
    const record = this.#ids(target).get(value.id);
    return record === undefined ? { kind: "absent", id: value.id } : { kind: "found", id: value.id, record };
  }

  #names(entity: string): Index {
    return this.#byName.get(entity) ?? getOrMake(this.#byName, entity, () => this.#index(entity, nameOf));
  }

  #ids(entity: string): Index {
    return this.#byId.get(entity) ?? getOrMake(this.#byId, entity, () => this.#index(entity, idOf));
  }

  #index(entity: string, keyOf: (record: DocumentRecord) => unknown): Index {
    const index = new Map<string, DocumentRecord>();
    for (const record of this.#records.get(entity) ?? none) {
      const key = keyOf(record);
      if (typeof key === "string") index.set(key, record);
    }
    return index;
  }
}

function nameOf({ entity, source }: DocumentRecord): unknown {
  return entity.uniqueEndpointKey === undefined ? undefined : source[entity.uniqueEndpointKey];
}

function idOf({ id, entity, source }: DocumentRecord): unknown {
  return (id ?? primaryKeyText(entity.definition, source)) || undefined;
}
