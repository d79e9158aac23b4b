import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import type { DocumentPath } from "./positions.js";
import type { DocumentRecord } from "./records.js";

/** One fault of a document. */
export interface Fault {
  /** The record it belongs to; none for what is wrong at the top of the document. */
  readonly record?: DocumentRecord;
  /** Within the record or, without one, within the document. Empty: the record as a whole. List positions count from zero. */
  readonly path: DocumentPath;
  readonly message: string;
  /** Where the error tree shows it, when that is not where it stands. */
  readonly place?: DocumentPath;
  /** The error tree has a list of texts there. */
  readonly listed?: boolean;
}

/** Takes the error of a field apart into single faults. */
export function* faultsOf(error: FieldError, path: DocumentPath, record?: DocumentRecord): Generator<Fault> {
  if (typeof error === "string") {
    yield { path, message: error, ...(record ? { record } : {}) };
  } else if (Array.isArray(error)) {
    for (const [index, item] of (error as readonly (FieldError | null)[]).entries()) {
      // The texts under "@entity" have no position.
      if (item) yield* faultsOf(item, path.at(-1) === "@entity" ? path : [...path, index], record);
    }
  } else {
    for (const [key, member] of Object.entries(error as FieldErrors)) yield* faultsOf(member, [...path, key], record);
  }
}

/** Where a fault was written. */
export function faultPath({ record, path }: Fault): DocumentPath {
  const within = path.at(-1) === "@entity" ? path.slice(0, -1) : path;
  return record ? [...record.path, ...within] : within;
}
