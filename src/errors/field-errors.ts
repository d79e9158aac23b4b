/**
 * Faults of a record, in Kong's form: a text per field, nested for records and foreign keys, positional lists (with `null`
 * for the good ones) for list elements, and the texts of entity checks under `@entity`.
 */
export interface FieldErrors {
  readonly [field: string]: FieldError;
}

/** One entry of {@link FieldErrors}. */
export type FieldError = string | FieldErrors | readonly (FieldError | null)[];

/** One fault of one entity, as `flatten_errors` reports it. */
export type FlattenedEntityFault =
  | { readonly type: "entity"; readonly message: string }
  | { readonly type: "field"; readonly field: string; readonly message: string };

/** The faults of one entity of a declarative document, lifted out of the document's nesting (Kong's `flattened_errors`). */
export interface FlattenedError {
  /** Singular: `service`, `keyauth_credential`. */
  readonly entity_type: string;
  readonly entity_name?: string;
  readonly entity_id?: string;
  readonly entity_tags?: readonly string[];
  /** The record as the author wrote it, without its nested children. */
  readonly entity: Readonly<Record<string, unknown>>;
  readonly errors: readonly FlattenedEntityFault[];
}

/** One fault of a declarative document, for people: where it is and what to do about it. */
export interface ConfigIssue {
  /** Where in the document: `services[0].routes[2].paths[1]`. Positions count from 0. */
  readonly path: string;
  readonly message: string;
  /** Counts from 1. */
  readonly line?: number;
  /** Counts from 1. */
  readonly column?: number;
  readonly file?: string;
  /** What the author probably meant, or where to read on. */
  readonly hint?: string;
  readonly entityType?: string;
  readonly entityName?: string;
}
