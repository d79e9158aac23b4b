import { compileSchema } from "../../src/schema/compile.js";
import type { FieldErrors, ValidateOptions, WriteOperation } from "../../src/schema/compiled.js";
import { defineEntity, type EntityDefinition, type EntityOptions } from "../../src/schema/entity.js";
import type { Field, Fields } from "../../src/schema/field.js";
import { uuid } from "../../src/schema/typedefs.js";

/** A fixed point in time, with milliseconds. */
export const NOW = 1_700_000_000_123;

/** Any record; tests give wrong ones on purpose. */
export type AnyRecord = Record<string, unknown>;

/** Completes a record as for a write, and throws when a shorthand is at fault. */
export function complete(definition: EntityDefinition, input: AnyRecord, operation: WriteOperation = "insert"): AnyRecord {
  const { record, errors } = compileSchema(definition).complete(input, operation, { now: () => NOW });
  if (errors) throw new Error(`shorthands: ${JSON.stringify(errors)}`);
  return record;
}

/** The faults of an input after completion, those of shorthands included. */
export function faults(definition: EntityDefinition, input: AnyRecord, options?: ValidateOptions): FieldErrors | undefined {
  const schema = compileSchema(definition);
  const { record, errors } = schema.complete(input, options?.operation ?? "insert");
  const found = schema.validate(record, options);
  return errors || found ? { ...found, ...errors } : undefined;
}

/** An entity made for one test. */
export function entity<const F extends Fields>(
  fields: F,
  options: Partial<Omit<EntityOptions<"things", F & { id: Field }>, "fields" | "name">> = {},
): EntityDefinition {
  return defineEntity({ ...(options as object), name: "things", fields: { id: uuid({ auto: true }), ...fields } });
}

/** The fault of one value in a field of its own. */
export function faultOf(field: Field, value: unknown): unknown {
  return faults(entity({ value: field }), { value })?.value;
}
