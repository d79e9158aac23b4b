import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import { compileFieldSchema } from "./ajv.js";
import { faultTree, fieldFault, nullFault, recordFaults } from "./faults.js";
import type { Field, Fields } from "./field.js";
import { entitySchema, fieldSchema } from "./validation-schema.js";

/** Checks the members of a record. */
export type RecordValidator = (record: Readonly<Record<string, unknown>>) => FieldErrors | undefined;
/** Checks one value. */
export interface FieldValidator {
  /** The quick question: does not word what is wrong. */
  passes(value: unknown): boolean;
  fault(value: unknown): FieldError | undefined;
}

const whole = new WeakMap<Fields, RecordValidator>();
const partial = new WeakMap<Fields, RecordValidator>();
const single = new WeakMap<Field, FieldValidator>();

/**
 * The validator of the fields of an entity, compiled at its first use and kept as long as the fields live. It does not ask for
 * absent ones.
 *
 * @param allowAbsent - members of nested records may be absent too
 */
export function recordValidator(fields: Fields, allowAbsent: boolean): RecordValidator {
  const cache = allowAbsent ? partial : whole;
  let validator = cache.get(fields);
  if (!validator) {
    const validate = compileFieldSchema(entitySchema(fields, { partial: allowAbsent }));
    validator = (record) => {
      if (validate(record)) return undefined;
      return recordFaults(fields, record, faultTree(validate.errors ?? []));
    };
    cache.set(fields, validator);
  }
  return validator;
}

/** The validator of one field's own rules. */
export function fieldValidator(field: Field): FieldValidator {
  let validator = single.get(field);
  if (!validator) {
    const validate = compileFieldSchema(fieldSchema(field, field.required, { partial: false }));
    validator = {
      passes: (value) => validate(value ?? null),
      fault(value) {
        if (value === null || value === undefined) return nullFault(field, field.required);
        return validate(value) ? undefined : fieldFault(field, value, faultTree(validate.errors ?? []), field.required);
      },
    };
    single.set(field, validator);
  }
  return validator;
}
