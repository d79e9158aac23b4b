import type { Field, Fields } from "./field.js";
import { effectiveAttributes, rules } from "./rules.js";

/** A JSON Schema for ajv. Its custom keywords are named `kong-…`; see {@link rules}. */
export type ValidationSchema = Record<string, unknown>;

/** Options of {@link entitySchema} and {@link fieldSchema}. */
export interface ValidationSchemaOptions {
  /** Absent members of records are fine. */
  readonly partial: boolean;
}

const jsonTypes = {
  string: "string",
  number: "number",
  integer: "integer",
  boolean: "boolean",
  array: "array",
  set: "array",
  map: "object",
  record: "object",
  foreign: "object",
} as const;

/** Whether a field's rules let `null` pass. */
export function acceptsNull(field: Field, required: boolean): boolean {
  const { eq, ne } = field.attributes;
  return !required && ne !== null && (eq === undefined || eq === null);
}

/**
 * The schema of an entity: its fields, and nothing besides. Which of them are there is not its business, because callers may
 * skip some; `updated_at` is always overwritten, so nobody minds what was given.
 */
export function entitySchema(fields: Fields, options: ValidationSchemaOptions): ValidationSchema {
  const { required: _, ...schema } = recordSchema(fields, options);
  const updatedAt = fields.updated_at?.attributes.auto ? { updated_at: {} } : {};
  return { ...schema, properties: { ...(schema.properties as object), ...updatedAt } };
}

/** The schema of a record: its members, nothing besides, and (unless partial) all that is required. */
function recordSchema(fields: Fields, options: ValidationSchemaOptions): ValidationSchema {
  const properties: Record<string, ValidationSchema> = {};
  const required: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    properties[name] = fieldSchema(field, field.required, options);
    if (field.required) required.push(name);
  }
  return {
    type: "object",
    properties,
    additionalProperties: false,
    ...(options.partial || required.length === 0 ? {} : { required }),
  };
}

/**
 * The schema of one field.
 *
 * @param required - members of collections are required, whatever they say themselves
 */
export function fieldSchema(field: Field, required: boolean, options: ValidationSchemaOptions): ValidationSchema {
  if (field.attributes.eq === null) return { type: "null" };
  const nullable = acceptsNull(field, required);
  if (field.kind === "json") return jsonValueSchema(field, nullable);
  const type = jsonTypes[field.kind];
  const schema: ValidationSchema = { type: nullable ? [type, "null"] : type };
  const members = memberSchema(field, options);
  const ruleSchema = rulesSchema(field);
  if (Object.keys(ruleSchema).length === 0) return { ...schema, ...members };
  // Rules see neither null nor a value of the wrong type, and those of a collection only one whose members are all right. Members
  // stand in the condition and not beside it, so that good ones are looked at once; `else` finds out what is wrong with the others.
  const guard: ValidationSchema = { type, ...members };
  if (field.attributes.referenceable) guard.not = { "kong-reference": true };
  return { ...schema, ...ifThen(guard, ruleSchema), ...(Object.keys(members).length === 0 ? {} : { else: members }) };
}

function memberSchema(field: Field, options: ValidationSchemaOptions): ValidationSchema {
  switch (field.kind) {
    case "array":
    case "set":
      return field.elements ? { items: fieldSchema(field.elements, true, options) } : {};
    case "map":
      return {
        ...(field.keys ? { propertyNames: fieldSchema(field.keys, true, options) } : {}),
        ...(field.elements ? { additionalProperties: fieldSchema(field.elements, true, options) } : {}),
      };
    case "record":
      return field.attributes.abstract || !field.fields ? {} : recordSchema(field.fields, options);
    case "foreign":
      return { required: ["id"], properties: { id: { type: "string", "kong-uuid": true } } };
    default:
      return {};
  }
}

function rulesSchema(field: Field): ValidationSchema {
  const attributes = effectiveAttributes(field);
  const schema: ValidationSchema = {};
  for (const { attribute, keywords, schema: toSchema, test } of rules) {
    const argument = attributes[attribute];
    if (argument === undefined || argument === null || argument === false) continue;
    if (toSchema) Object.assign(schema, toSchema(argument as never));
    else if (test) schema[keywords[0] as string] = argument;
  }
  return schema;
}

function jsonValueSchema(field: Field, nullable: boolean): ValidationSchema {
  const { jsonSchema, validator } = field.attributes;
  const schema: ValidationSchema = {
    ...(jsonSchema ? { "kong-json": jsonSchema } : {}),
    ...(validator ? { "kong-validator": validator } : {}),
  };
  return nullable ? ifThen({ not: { type: "null" } }, schema) : { not: { type: "null" }, ...schema };
}

/** A JSON Schema that asks for `consequence` only where `condition` holds. */
export function ifThen(condition: Record<string, unknown>, consequence: Record<string, unknown>): Record<string, unknown> {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: consequence };
}
