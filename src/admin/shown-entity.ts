import type { EntityDefinition } from "../schema/entity.js";
import type { Field, Fields, Shorthands } from "../schema/field.js";
import { getPath, isObject } from "../schema/values.js";

type Values = Readonly<Record<string, unknown>>;

/**
 * A record as answers show it: without its workspace, with `ttl` only where there is one, and with the old names of fields beside the
 * new ones.
 */
export function shownEntity(definition: EntityDefinition, record: Values): Record<string, unknown> {
  const values: Record<string, unknown> = { ...record };
  delete values.ws_id;
  if (values.ttl === null && !Object.hasOwn(definition.fields, "ttl")) delete values.ttl;
  return withOldNames(values, fieldsFor(definition, record));
}

/** The entity's fields, and those that its kind of record has in their place. */
function fieldsFor({ fields, subschemaKey, subschemas }: EntityDefinition, record: Values): Fields {
  const kind = subschemaKey === undefined ? undefined : record[subschemaKey];
  if (typeof kind !== "string" || !subschemas || !Object.hasOwn(subschemas, kind)) return fields;
  return { ...fields, ...subschemas[kind]?.fields };
}

function withOldNames(values: Values, fields: Fields, shorthands: Shorthands = {}): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...values };
  for (const [name, field] of Object.entries(fields)) {
    if (holdsRecords(field)) shown[name] = shownValue(values[name], field);
  }
  for (const [name, { deprecated }] of Object.entries(shorthands)) {
    if (deprecated?.replacedBy !== undefined && !(name in shown)) shown[name] = getPath(values, deprecated.replacedBy) ?? null;
  }
  return shown;
}

function shownValue(value: unknown, field: Field): unknown {
  if (field.kind === "record") return isObject(value) ? withOldNames(value, field.fields ?? {}, field.shorthands) : value;
  const { elements } = field;
  if (!elements) return value;
  if (Array.isArray(value)) return value.map((item) => shownValue(item, elements));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shownValue(member, elements)]));
}

function holdsRecords(field: Field): boolean {
  return field.kind === "record" || (field.elements !== undefined && holdsRecords(field.elements));
}
