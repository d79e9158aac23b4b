import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import { autoValue, timestampOf } from "./auto.js";
import type { WriteOperation } from "./compiled.js";
import type { Field, Fields, Shorthands } from "./field.js";
import { type ErrorsByName, expandShorthands, settleShorthands } from "./shorthands.js";
import { deepCopy, isNonEmpty, isObject, own, setOwn } from "./values.js";

/** How to complete. */
export interface CompletionContext {
  readonly operation: WriteOperation;
  readonly now: () => number;
  readonly skipAuto: boolean;
}

/** Completes the members of a record. Unknown members are kept, for validation to refuse. */
export function completeRecord(
  fields: Fields,
  shorthands: Shorthands | undefined,
  input: Readonly<Record<string, unknown>>,
  context: CompletionContext,
): { record: Record<string, unknown>; errors?: FieldErrors } {
  const errors: ErrorsByName = {};
  const hasShorthands = shorthands !== undefined && isNonEmpty(shorthands);
  let given = input;
  if (hasShorthands) {
    const work: Record<string, unknown> = {};
    for (const key of Object.keys(input)) setOwn(work, key, input[key]);
    expandShorthands(shorthands, work, errors);
    given = work;
  }
  const record =
    context.operation === "update"
      ? completeUpdate(fields, given, context, errors)
      : completeWhole(fields, given, context, errors);
  if (hasShorthands && context.operation !== "update") settleShorthands(shorthands, fields, record);
  return Object.keys(errors).length === 0 ? { record } : { record, errors };
}

function completeUpdate(
  fields: Fields,
  given: Readonly<Record<string, unknown>>,
  context: CompletionContext,
  errors: ErrorsByName,
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value = completeField(name, fields[name] as Field, own(given, name), context, errors);
    if (value !== undefined) record[name] = value;
  }
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(fields, key) && given[key] !== undefined) setOwn(record, key, given[key]);
  }
  return record;
}

function completeWhole(
  fields: Fields,
  given: Readonly<Record<string, unknown>>,
  context: CompletionContext,
  errors: ErrorsByName,
): Record<string, unknown> {
  const { blank, made } = planOf(fields);
  const record = { ...blank };
  for (const name of made) {
    if (own(given, name) === undefined) record[name] = completeField(name, fields[name] as Field, undefined, context, errors);
  }
  for (const key of Object.keys(given)) {
    const value = given[key];
    if (value === undefined) continue;
    if (Object.hasOwn(blank, key)) record[key] = completeField(key, fields[key] as Field, value, context, errors);
    else setOwn(record, key, value);
  }
  return record;
}

/** What the records of some fields begin as. */
interface Plan {
  /** Every field: its default where that is a scalar, otherwise `null`. */
  readonly blank: Readonly<Record<string, unknown>>;
  /** The fields whose value is made anew for each record that does not bring one. */
  readonly made: readonly string[];
}

const plans = new WeakMap<Fields, Plan>();

function planOf(fields: Fields): Plan {
  let plan = plans.get(fields);
  if (!plan) {
    const blank: Record<string, unknown> = {};
    const made: string[] = [];
    for (const [name, field] of Object.entries(fields)) {
      const value = missingValue(field);
      const isScalar = typeof value !== "object" || value === null;
      blank[name] = isScalar ? value : null;
      if (!isScalar || field.attributes.auto) made.push(name);
    }
    // An object that is built up member by member becomes a hash table when it has many, and so do its copies. One that comes out
    // of the parser keeps a fixed shape: copying it is several times faster, and so is every read of what was copied.
    plan = { blank: JSON.parse(JSON.stringify(blank)) as Record<string, unknown>, made };
    plans.set(fields, plan);
  }
  return plan;
}

function completeField(name: string, field: Field, given: unknown, context: CompletionContext, errors: ErrorsByName): unknown {
  let value = given;
  if (context.operation === "update") {
    if (field.attributes.auto && name === "updated_at" && !context.skipAuto) return timestampOf(field, context.now());
    if (value === undefined) return undefined;
  } else {
    if (field.attributes.auto && !context.skipAuto) value = autoValue(name, field, value, context.now) ?? value;
    if (value === undefined) value = missingValue(field);
  }
  return completeValue(name, field, value, context, errors);
}

/** What stands for an absent field on insert: its default, a record's own defaults, or null. */
export function missingValue(field: Field): unknown {
  const { default: preset, abstract } = field.attributes;
  if (preset !== undefined && preset !== null) return deepCopy(preset);
  return field.kind === "record" && field.required && !abstract && preset === undefined ? {} : null;
}

function completeValue(name: string, field: Field, value: unknown, context: CompletionContext, errors: ErrorsByName): unknown {
  if (typeof value !== "object" || value === null) return value;
  switch (field.kind) {
    case "array":
    case "set":
      return completeList(name, field, value, context, errors);
    case "map":
      return completeMap(name, field, value, context, errors);
    case "record":
      return completeNested(name, field, value, context, errors);
    case "foreign":
      // Other members than the id matter only until it has been looked up.
      return isObject(value) && typeof own(value, "id") === "string" ? { id: value.id } : deepCopy(value);
    default:
      return deepCopy(value);
  }
}

function completeList(name: string, field: Field, value: object, context: CompletionContext, errors: ErrorsByName): unknown {
  // An empty object and an empty list are the same to Lua, and YAML authors rely on it.
  if (!Array.isArray(value)) return Object.keys(value).length === 0 ? [] : value;
  const members = field.kind === "set" ? unique(value) : value;
  const { elements } = field;
  if (!elements) return deepCopy(members);
  return completeMembers(name, members, context, errors, (index, member, inner, faults) =>
    completeValue(String(index), elements, member, inner, faults),
  );
}

function completeMembers(
  name: string,
  members: readonly unknown[],
  context: CompletionContext,
  errors: ErrorsByName,
  complete: (index: number, member: unknown, context: CompletionContext, errors: ErrorsByName) => unknown,
): unknown[] {
  // Lists are replaced as a whole, also on update, so their members are completed like new ones.
  const inner: CompletionContext = context.operation === "update" ? { ...context, operation: "insert" } : context;
  const faults: ErrorsByName = {};
  const result = members.map((member, index) => complete(index, member, inner, faults) ?? null);
  const indexes = Object.keys(faults).map(Number);
  if (indexes.length > 0) {
    const last = Math.max(...indexes);
    setOwn(
      errors,
      name,
      Array.from({ length: last + 1 }, (_, index): FieldError | null => faults[String(index)] ?? null),
    );
  }
  return result;
}

function completeMap(name: string, field: Field, value: object, context: CompletionContext, errors: ErrorsByName): unknown {
  if (Array.isArray(value)) return value.length === 0 ? {} : value;
  const result = {};
  const faults: ErrorsByName = {};
  const inner: CompletionContext = context.operation === "update" ? { ...context, operation: "insert" } : context;
  for (const [key, member] of Object.entries(value)) {
    setOwn(result, key, field.elements ? completeValue(key, field.elements, member, inner, faults) : deepCopy(member));
  }
  const [first] = Object.values(faults);
  if (first !== undefined) setOwn(errors, name, first);
  return result;
}

function completeNested(name: string, field: Field, value: object, context: CompletionContext, errors: ErrorsByName): unknown {
  if (Array.isArray(value) && value.length > 0) return value;
  if (!field.fields || field.attributes.abstract) return deepCopy(Array.isArray(value) ? {} : value);
  const given = Array.isArray(value) ? {} : (value as Record<string, unknown>);
  const nested = completeRecord(field.fields, field.shorthands, given, context);
  if (nested.errors) setOwn(errors, name, nested.errors);
  return nested.record;
}

/** Drops later duplicates of scalars. Objects are never the same. */
function unique(members: readonly unknown[]): unknown[] {
  return [...new Set(members)];
}
