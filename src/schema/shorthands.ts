import type { FieldError } from "../errors/field-errors.js";
import type { Field, Fields, Shorthand, Shorthands } from "./field.js";
import { fieldValidator } from "./validators.js";
import { getPath, isNonEmpty, isObject, own, setOwn } from "./values.js";

/** Errors in the making. */
export type ErrorsByName = Record<string, FieldError>;

/**
 * Replaces shorthands by the values of real fields, in their declared order.
 *
 * @param record - changed in place; its members are not
 * @param errors - takes the faults, under the shorthands' names
 */
export function expandShorthands(shorthands: Shorthands, record: Record<string, unknown>, errors: ErrorsByName): void {
  for (const name in shorthands) {
    const value = own(record, name);
    if (value === undefined) continue;
    const shorthand = shorthands[name] as Shorthand;
    const fault = fieldValidator(shorthand.field).fault(value) ?? mismatch(name, value, shorthand, record);
    delete record[name];
    if (fault !== undefined) {
      setOwn(errors, name, fault);
      continue;
    }
    // An old name that was set to null says nothing about the new one.
    if (shorthand.deprecated && value === null) continue;
    const values = shorthand.expand(value as never, record);
    for (const [target, expanded] of Object.entries(values)) {
      setOwn(record, target, merged(own(record, target), expanded, shorthand.deprecated !== undefined));
    }
  }
}

/**
 * Runs those shorthands again that carry the name of a real field: they keep fields in step that depend on each other. Kong does
 * this whenever it reads a record. Values that validation is about to refuse are left for it to see.
 */
export function settleShorthands(shorthands: Shorthands, fields: Fields, record: Record<string, unknown>): void {
  const names = Object.keys(shorthands).filter((name) => Object.hasOwn(fields, name));
  if (names.length === 0) return;
  const valid = names.every((name) => fieldValidator(fields[name] as Field).passes(own(record, name)));
  if (!valid) return;
  for (const name of names) {
    const value = own(record, name);
    if (value !== undefined) Object.assign(record, shorthands[name]?.expand(value as never, record));
  }
}

/**
 * Shows old names beside the new ones, as Kong's replies do until the old names are removed.
 *
 * @returns a copy, or the record itself when it has no such names at any depth
 */
export function showShorthands(
  fields: Fields,
  shorthands: Shorthands | undefined,
  record: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  let shown: Record<string, unknown> | undefined;
  for (const [name, field] of Object.entries(fields)) {
    const value = own(record, name);
    if (field.kind !== "record" || !field.fields || !isObject(value)) continue;
    const inner = showShorthands(field.fields, field.shorthands, value);
    if (inner === value) continue;
    shown ??= { ...record };
    shown[name] = inner;
  }
  for (const [name, { deprecated }] of Object.entries(shorthands ?? {})) {
    if (deprecated?.replacedBy === undefined) continue;
    shown ??= { ...record };
    shown[name] = getPath(record, deprecated.replacedBy) ?? null;
  }
  return shown ?? record;
}

/** The notes about old names in use, for a log line each. */
export function deprecationNotes(shorthands: Shorthands, input: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(shorthands).flatMap(([name, { deprecated }]) =>
    deprecated && isNonEmpty(own(input, name)) ? [deprecated.message] : [],
  );
}

function mismatch(
  name: string,
  value: unknown,
  { deprecated }: Shorthand,
  record: Readonly<Record<string, unknown>>,
): string | undefined {
  if (deprecated?.replacedBy === undefined || value === null) return undefined;
  const current = getPath(record, deprecated.replacedBy);
  if (current === undefined || current === null || JSON.stringify(current) === JSON.stringify(value)) return undefined;
  const [old, now] = [value, current].map((side) => (typeof side === "object" ? JSON.stringify(side) : String(side)));
  return `both deprecated and new field are used but their values mismatch: ${name} = ${old} vs ${deprecated.replacedBy} = ${now}`;
}

/** Lays expanded values over given ones (an old name: under them). Objects are merged, so that sibling members stay. */
function merged(given: unknown, expanded: unknown, givenWins: boolean): unknown {
  if (isObject(given) && isObject(expanded)) {
    const result: Record<string, unknown> = { ...given };
    for (const [key, value] of Object.entries(expanded)) setOwn(result, key, merged(own(given, key), value, givenWins));
    return result;
  }
  return givenWins && given !== undefined && given !== null ? given : expanded;
}
