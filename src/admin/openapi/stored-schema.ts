import type { EntityDefinition } from "../../schema/entity.js";
import type { Field, Fields, Shorthands } from "../../schema/field.js";
import type { JsonSchema } from "../../schema/json-schema.js";
import { mergedFields } from "../../schema/subschemas.js";
import { ifThen } from "../../schema/validation-schema.js";

/**
 * The JSON Schema of a record as answers show it: every field is there, unset ones are `null`. It has the types of fields and the values
 * that they are limited to; the other rules are for what is given.
 */
export function storedSchema(definition: EntityDefinition): JsonSchema {
  const schema = membersSchema(definition.fields);
  const properties = schema.properties as JsonSchema;
  // What fills itself is there from the start, but a change may unset it, unless it is the key.
  for (const name of definition.primaryKey)
    properties[name] = storedField({ ...(definition.fields[name] as Field), required: true });
  if (definition.ttl) {
    properties.ttl = { type: "number", description: "Seconds until the record disappears. Absent: it stays." };
  }
  const variants = variantSchemas(definition);
  return variants.length > 0 ? { ...schema, allOf: variants } : schema;
}

/** What the fields of a sub-schema are in place of the entity's own. */
function variantSchemas({ fields, subschemaKey, subschemas = {} }: EntityDefinition): JsonSchema[] {
  if (subschemaKey === undefined || fields[subschemaKey]?.kind === "set") return [];
  return Object.entries(subschemas).map(([name, subschema]) => {
    const merged = mergedFields(fields, subschema);
    const changed = Object.keys(subschema.fields).map((field) => [field, storedField(merged[field] as Field)] as const);
    return ifThen({ properties: { [subschemaKey]: { const: name } } }, { properties: Object.fromEntries(changed) });
  });
}

function membersSchema(fields: Fields, shorthands: Shorthands = {}): JsonSchema {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, storedField(field)]));
  for (const [name, { field, deprecated }] of Object.entries(shorthands)) {
    if (deprecated?.replacedBy === undefined || Object.hasOwn(fields, name)) continue;
    properties[name] = { ...nullable(valueSchema(field)), deprecated: true, description: deprecated.message };
  }
  return { type: "object", required: Object.keys(fields), properties, additionalProperties: false };
}

function storedField(field: Field): JsonSchema {
  const { description, eq } = field.attributes;
  const described = description === undefined ? {} : { description };
  if (eq === null) return { type: "null", ...described };
  const schema = valueSchema(field);
  return { ...(field.required ? schema : nullable(schema)), ...described };
}

function nullable({ type, enum: values, ...rest }: JsonSchema): JsonSchema {
  return {
    ...rest,
    ...(type === undefined ? {} : { type: [type, "null"] }),
    ...(values === undefined ? {} : { enum: [...(values as readonly unknown[]), null] }),
  };
}

function valueSchema({ kind, attributes, elements, fields, shorthands }: Field): JsonSchema {
  switch (kind) {
    case "string": {
      // What is referenceable may be `{vault://…}` in place of one of its values.
      const values = attributes.oneOf && !attributes.referenceable ? { enum: attributes.oneOf } : {};
      return { type: "string", ...values, ...(attributes.uuid ? { format: "uuid" } : {}) };
    }
    case "number":
    case "integer":
      return { type: kind, ...(attributes.oneOf ? { enum: attributes.oneOf } : {}) };
    case "boolean":
      return { type: "boolean" };
    case "array":
    case "set":
      return { type: "array", ...(elements ? { items: storedField({ ...elements, required: true }) } : {}) };
    case "map":
      return { type: "object", ...(elements ? { additionalProperties: storedField({ ...elements, required: true }) } : {}) };
    case "record":
      return attributes.abstract ? { type: "object" } : membersSchema(fields ?? {}, shorthands);
    case "foreign":
      return {
        type: "object",
        required: ["id"],
        properties: { id: { type: "string", format: "uuid" } },
        additionalProperties: false,
      };
    case "json":
      return {};
  }
}
