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

/** Finds the records of one document by what references say. */
export class ReferenceIndex {
  readonly #byName = new Map<string, Map<string, DocumentRecord>>();
  readonly #byId = new Map<string, Map<string, DocumentRecord>>();

  constructor(records: readonly DocumentRecord[]) {
    for (const record of records) {
      const { name, uniqueEndpointKey } = record.entity;
      const key = uniqueEndpointKey === undefined ? undefined : record.source[uniqueEndpointKey];
      if (typeof key === "string") getOrMake(this.#byName, name, newMap).set(key, record);
      const id = record.id ?? primaryKeyText(record.entity.definition, record.source);
      if (id !== "") getOrMake(this.#byId, name, newMap).set(id, record);
    }
  }

  /** A text is the name of a record before it is an id. */
  resolve({ target }: ForeignReference, value: unknown): Resolution {
    if (typeof value === "string") {
      const id = this.#byName.get(target)?.get(value)?.id ?? (this.has(target, value) ? value : undefined);
      return id === undefined ? { kind: "unresolved" } : { kind: "found", id };
    }
    if (!isObject(value) || typeof value.id !== "string") return { kind: "unresolved" };
    return { kind: this.has(target, value.id) ? "found" : "absent", id: value.id };
  }

  has(entity: string, id: string): boolean {
    return this.#byId.get(entity)?.has(id) === true;
  }
}

function newMap(): Map<string, DocumentRecord> {
  return new Map();
}
