import type { FieldError } from "../errors/field-errors.js";
import { type CheckSubject, runChecks } from "./entity-checks.js";
import type { Field, Fields } from "./field.js";
import { isObject, own, setOwn } from "./values.js";

type Mode = Pick<CheckSubject, "updating" | "partial">;

const withChecks = new WeakMap<Fields, readonly (readonly [name: string, field: Field])[]>();

/** Runs the checks of the records within a record. Few fields have any, so the others are not even looked at. */
export function runNestedChecks(
  fields: Fields,
  record: Readonly<Record<string, unknown>>,
  errors: Record<string, FieldError>,
  mode: Mode,
): void {
  for (const [name, field] of fieldsWithChecks(fields)) {
    const found = checkValue(field, own(record, name), own(errors, name) as FieldError | undefined, mode);
    if (found !== undefined) setOwn(errors, name, found);
  }
}

function checkValue(field: Field, value: unknown, error: FieldError | undefined, mode: Mode): FieldError | undefined {
  if (value === null || value === undefined) return error;
  if (field.kind === "record" && field.fields && isObject(value)) return checkRecord(field, field.fields, value, error, mode);
  if (field.kind === "map" && field.elements && isObject(value)) return error ?? checkMap(field.elements, value, mode);
  if (field.elements && Array.isArray(value)) return checkList(field.elements, value, error, mode);
  return error;
}

function checkRecord(
  field: Field,
  fields: Fields,
  value: Record<string, unknown>,
  error: FieldError | undefined,
  mode: Mode,
): FieldError | undefined {
  const errors: Record<string, FieldError> = isObject(error) ? { ...(error as Record<string, FieldError>) } : {};
  runNestedChecks(fields, value, errors, mode);
  if (field.checks) runChecks(field.checks, { fields, record: value, errors, ...mode });
  return Object.keys(errors).length === 0 ? error : errors;
}

function checkMap(elements: Field, value: Record<string, unknown>, mode: Mode): FieldError | undefined {
  for (const item of Object.values(value)) {
    const found = checkValue(elements, item, undefined, mode);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkList(
  elements: Field,
  value: readonly unknown[],
  error: FieldError | undefined,
  mode: Mode,
): FieldError | undefined {
  if (typeof error === "string") return error;
  const list: (FieldError | null)[] = Array.isArray(error) ? [...(error as readonly (FieldError | null)[])] : [];
  value.forEach((item, index) => {
    const found = checkValue(elements, item, list[index] ?? undefined, mode);
    if (found === undefined) return;
    while (list.length < index) list.push(null);
    list[index] = found;
  });
  return list.length === 0 ? undefined : list;
}

/** The fields in which, at any depth, there is a record with checks. */
export function fieldsWithChecks(fields: Fields): readonly (readonly [name: string, field: Field])[] {
  let found = withChecks.get(fields);
  if (!found) {
    found = Object.entries(fields).filter(([, field]) => hasChecks(field));
    withChecks.set(fields, found);
  }
  return found;
}

function hasChecks(field: Field): boolean {
  if (field.attributes.abstract) return false;
  if (field.checks && field.checks.length > 0) return true;
  if (field.elements && hasChecks(field.elements)) return true;
  return field.fields !== undefined && fieldsWithChecks(field.fields).length > 0;
}
