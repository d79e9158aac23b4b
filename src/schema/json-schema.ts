import type { EntityDefinition, Subschema } from "./entity.js";
import type { Field, FieldAttributes, Fields, Shorthands } from "./field.js";
import { mergedFields } from "./subschemas.js";
import { ifThen } from "./validation-schema.js";

/** A JSON Schema of draft 7, the one that editors support best. */
export type JsonSchema = Record<string, unknown>;

/** Options of {@link toJsonSchema}. */
export interface JsonSchemaOptions {
  /** References may also be given as text, as in declarative documents (`service: orders`). Default `false`. */
  readonly textReferences?: boolean;
}

/**
 * The JSON Schema of an entity's *input*, for editors to complete and check documents with. It says less than the validator:
 * rules that JSON Schema has no words for are left to it.
 */
export function toJsonSchema(definition: EntityDefinition, options: JsonSchemaOptions = {}): JsonSchema {
  const schema = recordJsonSchema(definition.fields, definition.shorthands, options);
  const branches = subschemaBranches(definition, options);
  const allOf = [...((schema.allOf as JsonSchema[] | undefined) ?? []), ...branches];
  if (definition.ttl) {
    Object.assign(schema.properties as JsonSchema, {
      ttl: { type: "number", description: "Seconds until the record disappears." },
    });
  }
  return { title: definition.name, ...schema, ...(allOf.length > 0 ? { allOf } : {}) };
}

/** The JSON Schema of one field's input. */
export function fieldJsonSchema(field: Field, options: JsonSchemaOptions = {}): JsonSchema {
  return nullable(field, { ...annotations(field.attributes), ...valueSchema(field, options) });
}

function recordJsonSchema(fields: Fields, shorthands: Shorthands = {}, options: JsonSchemaOptions): JsonSchema {
  const properties: JsonSchema = {};
  const needed: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = fieldJsonSchema(field, options);
    if (isNeeded(field)) needed.push(name);
  }
  for (const [name, { field, deprecated }] of Object.entries(shorthands)) {
    if (Object.hasOwn(fields, name)) continue;
    properties[name] = {
      ...fieldJsonSchema(field, options),
      ...(deprecated ? { deprecated: true, description: deprecated.message } : {}),
    };
  }
  const schema: JsonSchema = { type: "object", properties, additionalProperties: false };
  const alternatives: JsonSchema[] = [];
  const required: string[] = [];
  for (const name of needed) {
    const standIns = Object.keys(shorthands).filter((shorthand) => shorthands[shorthand]?.supplies?.includes(name));
    if (standIns.length === 0) required.push(name);
    else alternatives.push({ anyOf: [name, ...standIns].map((given) => ({ required: [given] })) });
  }
  return { ...schema, ...(required.length > 0 ? { required } : {}), ...(alternatives.length > 0 ? { allOf: alternatives } : {}) };
}

/** Whether a record is refused without the field, or without something in it. */
export function isNeeded(field: Field): boolean {
  const { default: preset, auto } = field.attributes;
  if (!field.required || preset !== undefined || auto) return false;
  return field.kind !== "record" || Object.values(field.fields ?? {}).some(isNeeded);
}

/** One conditional branch per sub-schema, and the list of their names. */
function subschemaBranches({ fields, subschemaKey, subschemas }: EntityDefinition, options: JsonSchemaOptions): JsonSchema[] {
  if (subschemaKey === undefined || !subschemas) return [];
  const isSet = fields[subschemaKey]?.kind === "set";
  const byValue = (name: string): JsonSchema => (isSet ? { contains: { const: name } } : { const: name });
  const branches = Object.entries(subschemas).map(([name, subschema]) =>
    ifThen(
      { properties: { [subschemaKey]: byValue(name) }, required: [subschemaKey] },
      { properties: overrides(fields, subschema, options) },
    ),
  );
  const names = Object.keys(subschemas);
  // An empty enumeration is no valid schema.
  const known = isSet || names.length === 0 ? [] : [{ properties: { [subschemaKey]: { enum: names } } }];
  return [...known, ...branches];
}

function overrides(fields: Fields, subschema: Subschema, options: JsonSchemaOptions): JsonSchema {
  const merged = mergedFields(fields, subschema);
  return Object.fromEntries(Object.keys(subschema.fields).map((name) => [name, fieldJsonSchema(merged[name] as Field, options)]));
}

function annotations({ description, default: preset }: FieldAttributes): JsonSchema {
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined || preset === null ? {} : { default: preset }),
  };
}

function nullable(field: Field, schema: JsonSchema): JsonSchema {
  const { eq, ne } = field.attributes;
  if (eq === null) return { ...annotations(field.attributes), type: "null" };
  if (field.required || ne === null || eq !== undefined) return schema;
  const { type, anyOf, enum: values, ...rest } = schema as { type?: string; anyOf?: JsonSchema[]; enum?: unknown[] };
  return {
    ...rest,
    ...(type === undefined ? {} : { type: [type, "null"] }),
    ...(anyOf === undefined ? {} : { anyOf: [...anyOf, { type: "null" }] }),
    ...(values === undefined ? {} : { enum: [...values, null] }),
  };
}

function valueSchema(field: Field, options: JsonSchemaOptions): JsonSchema {
  const { attributes } = field;
  switch (field.kind) {
    case "string":
      return stringSchema(attributes);
    case "number":
    case "integer":
      return { type: field.kind, ...numberRules(attributes) };
    case "boolean":
      return { type: "boolean", ...(attributes.eq === undefined ? {} : { const: attributes.eq }) };
    case "array":
    case "set": {
      const items = field.elements ? { items: fieldJsonSchema({ ...field.elements, required: true }, options) } : {};
      return { type: "array", ...items, ...(field.kind === "set" ? { uniqueItems: true } : {}), ...sizes(attributes, "Items") };
    }
    case "map":
      return {
        type: "object",
        ...(field.elements ? { additionalProperties: fieldJsonSchema({ ...field.elements, required: true }, options) } : {}),
        ...sizes(attributes, "Properties"),
      };
    case "record":
      return attributes.abstract ? { type: "object" } : recordJsonSchema(field.fields ?? {}, field.shorthands, options);
    case "foreign":
      return referenceSchema(options);
    case "json":
      return attributes.jsonSchema ? { anyOf: [attributes.jsonSchema] } : {};
  }
}

function stringSchema(attributes: FieldAttributes): JsonSchema {
  const { oneOf, uuid, startsWith, match, lenMin = 1, lenMax, lenEq } = attributes;
  const rules: JsonSchema = {
    ...(oneOf ? { enum: oneOf } : {}),
    ...(uuid ? { format: "uuid", pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" } : {}),
    ...(startsWith === undefined ? {} : { pattern: `^${startsWith.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}` }),
    ...(match && match.flags === "" ? { pattern: match.source } : {}),
    // Lengths are in bytes: a text has at least a quarter as many characters.
    ...(lenMin > 0 && !oneOf ? { minLength: Math.ceil(Math.max(lenMin, lenEq ?? 0) / 4) } : {}),
    ...(lenMax === undefined && lenEq === undefined ? {} : { maxLength: lenEq ?? lenMax }),
  };
  if (!attributes.referenceable || Object.keys(rules).every((rule) => rule === "minLength")) return { type: "string", ...rules };
  return {
    anyOf: [
      { type: "string", ...rules },
      { type: "string", pattern: "^\\{vault://.*\\}$" },
    ],
  };
}

function numberRules({ between, gt, oneOf, timestamp, eq }: FieldAttributes): JsonSchema {
  return {
    ...(between ? { minimum: between[0], maximum: between[1] } : {}),
    ...(gt === undefined ? {} : { exclusiveMinimum: gt }),
    ...(timestamp ? { exclusiveMinimum: 0 } : {}),
    ...(oneOf ? { enum: oneOf } : {}),
    ...(eq === undefined ? {} : { const: eq }),
  };
}

function sizes({ lenMin, lenMax, lenEq }: FieldAttributes, noun: "Items" | "Properties"): JsonSchema {
  const [min, max] = [lenEq ?? lenMin, lenEq ?? lenMax];
  return { ...(min === undefined ? {} : { [`min${noun}`]: min }), ...(max === undefined ? {} : { [`max${noun}`]: max }) };
}

function referenceSchema({ textReferences }: JsonSchemaOptions): JsonSchema {
  const object = { type: "object", additionalProperties: { type: "string" }, minProperties: 1 };
  return { anyOf: textReferences ? [object, { type: "string", minLength: 1 }] : [object] };
}
