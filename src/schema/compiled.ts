import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import type { EntityDefinition } from "./entity.js";

export type { FieldError, FieldErrors } from "../errors/field-errors.js";

/** What a record is being prepared for. */
export type WriteOperation = "insert" | "update" | "upsert";

/** Options of {@link CompiledSchema.complete}. */
export interface CompleteOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Do not fill auto fields (ids, time stamps, random keys). */
  readonly skipAuto?: boolean;
}

/** Options of {@link CompiledSchema.validate}. */
export interface ValidateOptions {
  /** Fields that are neither checked nor missed. */
  readonly skip?: ReadonlySet<string>;
  /** Absent fields are fine (an update's own input). Checks that need an absent field do not run. */
  readonly partial?: boolean;
  /** Words some messages (`when updating, …`). Default: `update` when `partial`, otherwise `insert`. */
  readonly operation?: WriteOperation;
  /** What the caller gave, where that is less than the record: decides whether transformations have all that they need. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** The record that an update starts from: giving what is stored already is not a change. */
  readonly stored?: Readonly<Record<string, unknown>>;
}

/** A completed record and the faults of its shorthands. */
export interface Completed {
  readonly record: Record<string, unknown>;
  readonly errors?: FieldErrors;
}

/** The working form of an {@link EntityDefinition}: validators are compiled on first use and kept. */
export interface CompiledSchema {
  readonly definition: EntityDefinition;
  /**
   * Expands shorthands, drops duplicates of sets, fills auto fields and defaults (on `update` only `updated_at`), and makes
   * unset fields `null`. The input stays as it was, and the result shares no list or object with it.
   *
   * @returns the completed record, and the faults of shorthands if any
   */
  complete(input: Readonly<Record<string, unknown>>, operation: WriteOperation, options?: CompleteOptions): Completed;
  /**
   * Lays an update's completed input over the stored record: records are merged member by member, everything else is
   * replaced. Neither argument changes.
   */
  merge(stored: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Checks a record. `undefined` means that it is fine. */
  validate(record: Readonly<Record<string, unknown>>, options?: ValidateOptions): FieldErrors | undefined;
  /** Checks one value against one field's own rules (used by `selectBy…`). */
  validateField(name: string, value: unknown): FieldError | undefined;
  /**
   * Runs the write transformations. Returns the same record when there are none to run.
   *
   * @param input - what the caller gave; a transformation runs only when its inputs are among it. Default: the record
   * @throws TransformationError when one fails
   */
  transform(record: Record<string, unknown>, input?: Readonly<Record<string, unknown>>): Record<string, unknown>;
}
