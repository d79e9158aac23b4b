import { isObject } from "../schema/values.js";
import { primaryKeyText } from "../store/keys.js";
import { getOrMake } from "../util/get-or-make.js";
import type { ForeignReference } from "./entity-tree.js";
import type { DocumentRecord } from "./records.js";

/** What a reference as written leads to. */
export type Resolution =
  /** A record of this document. */
  | { readonly kind: "found"; readonly id: string }
  /** An id that no record of this document has. */
  | { readonly kind: "absent"; readonly id: string }
  /** A name that nothing has, or no reference at all. */
  | { readonly kind: "unresolved" };

type Index = ReadonlyMap<string, DocumentRecord>;

const none: readonly DocumentRecord[] = [];

/** Finds the records of one document by what references say. What nobody refers to is never indexed. */
export class ReferenceIndex {
  readonly #records = new Map<string, DocumentRecord[]>();
  readonly #byName = new Map<string, Index>();
  readonly #byId = new Map<string, Index>();

  constructor(records: readonly DocumentRecord[]) {
    for (const record of records) getOrMake(this.#records, record.entity.name, newList).push(record);
  }

  /** A text is the name of a record before it is an id. */
  resolve({ target }: ForeignReference, value: unknown): Resolution {
    if (typeof value === "string") {
      const id = this.#names(target).get(value)?.id ?? (this.has(target, value) ? value : undefined);
      return id === undefined ? { kind: "unresolved" } : { kind: "found", id };
    }
    if (!isObject(value) || typeof value.id !== "string") return { kind: "unresolved" };
    return { kind: this.has(target, value.id) ? "found" : "absent", id: value.id };
  }

  has(entity: string, id: string): boolean {
    return getOrMake(this.#byId, entity, () => this.#index(entity, idOf)).has(id);
  }

  #names(entity: string): Index {
    return this.#byName.get(entity) ?? getOrMake(this.#byName, entity, () => this.#index(entity, nameOf));
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

function newList(): DocumentRecord[] {
  return [];
}
