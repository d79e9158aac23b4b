import type { Field, Fields } from "../schema/field.js";
import { isObject, isReference } from "../schema/values.js";

/** The secret behind a reference. */
export type Resolve = (reference: string) => string;

type Values = Readonly<Record<string, unknown>>;

const referenceable = new WeakMap<Fields, readonly (readonly [name: string, field: Field])[]>();

/** The fields that may hold a reference, at any depth. Most records have none, and are then never walked. */
function referenceableFields(fields: Fields): readonly (readonly [name: string, field: Field])[] {
  let found = referenceable.get(fields);
  if (found === undefined) {
    found = Object.entries(fields).filter(([, field]) => mayHoldReference(field));
    referenceable.set(fields, found);
  }
  return found;
}

function mayHoldReference(field: Field): boolean {
  if (field.attributes.referenceable) return true;
  if (field.elements && mayHoldReference(field.elements)) return true;
  return field.fields !== undefined && referenceableFields(field.fields).length > 0;
}

/**
 * Puts secrets in the place of references, in the fields that allow them.
 *
 * @returns a copy, or the record itself when it holds no reference
 */
export function resolveRecord<T extends Values>(fields: Fields, record: T, resolve: Resolve): T {
  let resolved: Record<string, unknown> | undefined;
  for (const [name, field] of referenceableFields(fields)) {
    const value = record[name];
    const secret = resolveValue(field, value, resolve);
    if (secret === value) continue;
    resolved ??= { ...record };
    resolved[name] = secret;
  }
  return (resolved ?? record) as T;
}

function resolveValue(field: Field, value: unknown, resolve: Resolve): unknown {
  if (typeof value === "string") return isReference(value) ? resolve(value) : value;
  if (Array.isArray(value)) {
    const { elements } = field;
    if (!elements) return value;
    const members = value.map((member) => resolveValue(elements, member, resolve));
    return members.every((member, index) => member === value[index]) ? value : members;
  }
  if (!isObject(value)) return value;
  if (field.fields) return resolveRecord(field.fields, value, resolve);
  return field.elements ? resolveMap(field.elements, value, resolve) : value;
}

function resolveMap(elements: Field, value: Record<string, unknown>, resolve: Resolve): unknown {
  const entries = Object.entries(value).map(([key, member]) => [key, resolveValue(elements, member, resolve)] as const);
  return entries.every(([key, member]) => member === value[key]) ? value : Object.fromEntries(entries);
}

/**
 * Puts secrets in the place of references, wherever they are.
 *
 * @param original - the value with its references
 * @param current - the same value as it is used, with the secrets of some time
 * @returns a copy of `current`, or itself where there are no references
 */
export function withSecrets<T>(original: unknown, current: T, resolve: Resolve): T {
  if (isReference(original)) return resolve(original) as T;
  if (Array.isArray(original) && Array.isArray(current)) {
    const members = current.map((member, index) => withSecrets(original[index], member, resolve));
    return (members.every((member, index) => member === current[index]) ? current : members) as T;
  }
  if (!isObject(original) || !isObject(current)) return current;
  const changed = Object.keys(current)
    .filter((name) => Object.hasOwn(original, name))
    .map((name) => [name, withSecrets(original[name], current[name], resolve)] as const)
    .filter(([name, value]) => value !== current[name]);
  return (changed.length === 0 ? current : { ...(current as object), ...Object.fromEntries(changed) }) as T;
}

/** The references in a value, wherever they are. */
export function referencesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  withSecrets(value, value, (reference) => {
    found.add(reference);
    return reference;
  });
  return found;
}
