import type { EntityDefinition } from "../schema/entity.js";

type Values = Readonly<Record<string, unknown>>;

/** The fields that may not change once stored, and would: those that are marked so, and the primary key. */
export function immutableFaults(
  { fields, primaryKey }: EntityDefinition,
  stored: Values,
  merged: Values,
): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    if ((field.attributes.immutable !== true && !primaryKey.includes(name)) || isUnset(stored[name])) continue;
    if (comparable(stored[name]) !== comparable(merged[name])) faults[name] = "immutable field cannot be updated";
  }
  return faults;
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Lists are compared without order. */
function comparable(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : (value ?? null));
}
