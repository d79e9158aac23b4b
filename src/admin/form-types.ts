import type { EntityDefinition } from "../schema/entity.js";
import { type Field, type Fields, int, type Shorthands } from "../schema/field.js";
import { isObject, own, setOwn } from "../schema/values.js";

type Values = Readonly<Record<string, unknown>>;

const numberText = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;
const ttlField = int();

/**
 * Gives the texts of a form the types that the entity's fields have. What does not fit stays a text, for the checks to refuse.
 *
 * @param kind - the value of the sub-schema key where the form itself does not say it (`name` of the plugin that is changed)
 */
export function typedForm(definition: EntityDefinition, values: Values, kind?: unknown): Record<string, unknown> {
  const { subschemaKey, subschemas } = definition;
  const chosen = subschemaKey === undefined ? undefined : (own(values, subschemaKey) ?? kind);
  const subschema =
    typeof chosen === "string" && subschemas && Object.hasOwn(subschemas, chosen) ? subschemas[chosen] : undefined;
  const fields = { ...definition.fields, ...subschema?.fields, ...(definition.ttl ? { ttl: ttlField } : {}) };
  return typedMembers(values, fields, definition.shorthands);
}

function typedMembers(values: Values, fields: Fields, shorthands: Shorthands = {}): Record<string, unknown> {
  const typed = {};
  for (const [name, value] of Object.entries(values)) {
    const field = Object.hasOwn(fields, name)
      ? fields[name]
      : Object.hasOwn(shorthands, name)
        ? shorthands[name]?.field
        : undefined;
    setOwn(typed, name, typedValue(value, field));
  }
  return typed;
}

function typedValue(value: unknown, field: Field | undefined): unknown {
  if (value === "") return null;
  switch (field?.kind) {
    case "number":
    case "integer":
      return typeof value === "string" && numberText.test(value) ? Number(value) : value;
    case "boolean":
      return value === "true" ? true : value === "false" ? false : value;
    case "array":
    case "set":
      return isObject(value) ? value : [value].flat().map((item) => typedValue(item, field.elements));
    case "map":
      if (!isObject(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, typedValue(member, field.elements)]));
    case "record":
    case "foreign":
      return isObject(value) ? typedMembers(value, field.fields ?? {}, field.shorthands) : value;
    default:
      return value;
  }
}
