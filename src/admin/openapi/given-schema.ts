import type { EntityDefinition } from "../../schema/entity.js";
import { type JsonSchema, toJsonSchema } from "../../schema/json-schema.js";
import { ifThen } from "../../schema/validation-schema.js";
import { isObject } from "../../schema/values.js";

/** The JSON Schema of what a client gives to make or replace a record. Rules that JSON Schema has no words for are left to the server. */
export function inputSchema(definition: EntityDefinition): JsonSchema {
  const { title: _, ...schema } = toJsonSchema(definition);
  const { updated_at: field } = definition.fields;
  if (field?.attributes.auto) Object.assign(schema.properties as JsonSchema, { updated_at: overwritten });
  return portable(schema) as JsonSchema;
}

const overwritten = { description: "Always the time of the write; what is given is passed over." } as const;

/** The JSON Schema of a change: any part of the input. Records inside are merged, so that their members may be left out, too. */
export function changesSchema(definition: EntityDefinition): JsonSchema {
  return withoutNeeds(inputSchema(definition));
}

/** Drops `required` of the record and of the records inside; members of lists and maps are given as a whole. */
function withoutNeeds({ required: _, ...schema }: JsonSchema): JsonSchema {
  const { properties, allOf } = schema as { properties?: Record<string, JsonSchema>; allOf?: readonly JsonSchema[] };
  const relaxed: JsonSchema = { ...schema };
  if (properties) {
    relaxed.properties = Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, withoutNeeds(member)]));
  }
  if (!allOf) return relaxed;
  const rules = allOf
    .filter((rule) => !rule.anyOf)
    .map((rule) => (isObject(rule.if) && isObject(rule.then) ? ifThen(rule.if, withoutNeeds(rule.then)) : rule));
  if (rules.length > 0) return { ...relaxed, allOf: rules };
  delete relaxed.allOf;
  return relaxed;
}

/** Words whose meaning depends on the document that a schema stands in, or differs between the drafts of JSON Schema. */
const bound = new Set(["$schema", "$id", "$ref", "$anchor", "$dynamicRef", "definitions", "$defs", "dependencies"]);

/**
 * A schema that a plugin's author brought along may be a document of its own, with references into itself. Such a one cannot stand in
 * another document, and says nothing there.
 */
function portable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(portable);
  if (!isObject(schema)) return schema;
  const { anyOf, ...rest } = schema;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, isData(key) ? value : portable(value)]));
  if (anyOf === undefined) return copy;
  return isBound(anyOf) ? copy : { ...copy, anyOf: portable(anyOf) };
}

function isBound(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(isBound);
  if (!isObject(schema)) return false;
  return Object.entries(schema).some(
    ([key, value]) => bound.has(key) || (key === "items" && Array.isArray(value)) || isBound(value),
  );
}

function isData(key: string): boolean {
  return key === "default" || key === "enum" || key === "const" || key === "examples";
}
