import { compileSchema } from "../../schema/compile.js";
import type { EntityDefinition } from "../../schema/entity.js";
import type { Field, Fields } from "../../schema/field.js";
import { isNeeded } from "../../schema/json-schema.js";
import { isObject } from "../../schema/values.js";
import { shownEntity } from "../shown-entity.js";

type Values = Readonly<Record<string, unknown>>;

/** One valid record, as given, as changed and as shown. */
export interface EntityExamples {
  readonly input: Values;
  readonly changes: Values;
  readonly record: Values;
}

const sampleId = "9748f662-7711-4a90-8186-dc02f10eb0f5";
/** Seconds since the epoch: the first hour of 2026. */
const sampleTime = 1_767_225_600;

const known = new WeakMap<EntityDefinition, EntityExamples | undefined>();

/**
 * Makes up a record from the definition: what is needed, the key, and as much more as its rules ask for. Only what passes the checks is
 * an example, so an entity whose rules nobody can guess has none; `example` in its fields helps.
 */
export function entityExamples(definition: EntityDefinition): EntityExamples | undefined {
  if (!known.has(definition)) known.set(definition, makeExamples(definition));
  return known.get(definition);
}

function makeExamples(definition: EntityDefinition): EntityExamples | undefined {
  for (const input of candidates(definition)) {
    const record = accepted(definition, input);
    if (record) return { input, changes: changesOf(definition, input), record: shownEntity(definition, record) };
  }
  return undefined;
}

/** From the plainest one on. */
function* candidates(definition: EntityDefinition): Generator<Values> {
  for (const variant of variants(definition)) {
    const fields = { ...definition.fields, ...variant.fields };
    const base = { ...plainRecord(fields, definition.endpointKey), ...variant.chosen };
    yield base;
    const others = Object.entries(fields).filter(([name, { attributes }]) => !(name in base) && !attributes.auto);
    const exampled = others.filter(([, { attributes }]) => attributes.example !== undefined);
    for (const [name, field] of [...exampled, ...others]) yield { ...base, [name]: sampleOf(name, field) };
  }
}

/** The kinds of records that there are, the one that the key's own example names first. */
function variants({ fields, subschemaKey, subschemas = {} }: EntityDefinition): { fields: Fields; chosen: Values }[] {
  if (subschemaKey === undefined || fields[subschemaKey]?.kind === "set") return [{ fields: {}, chosen: {} }];
  const preferred = fields[subschemaKey]?.attributes.example;
  const names = Object.keys(subschemas).sort((a, b) => Number(b === preferred) - Number(a === preferred));
  return names.map((name) => ({ fields: subschemas[name]?.fields ?? {}, chosen: { [subschemaKey]: name } }));
}

function accepted(definition: EntityDefinition, input: Values): Record<string, unknown> | undefined {
  const schema = compileSchema(definition);
  try {
    const { record, errors } = schema.complete({ ...autoValues(definition.fields), ...input }, "insert");
    return errors || schema.validate(record) ? undefined : schema.transform(record);
  } catch {
    // A rule or a transformation that cannot cope with what was made up.
    return undefined;
  }
}

/** A change that any record can take. */
function changesOf({ fields }: EntityDefinition, input: Values): Values {
  const tags = fields.tags?.attributes.example;
  return tags === undefined ? Object.fromEntries(Object.entries(input).slice(-1)) : { tags };
}

function autoValues(fields: Fields): Values {
  const filled = Object.entries(fields).filter(([, { attributes }]) => attributes.auto);
  return Object.fromEntries(filled.map(([name, field]) => [name, sampleOf(name, field)]));
}

/** What a record needs, and its key. */
function plainRecord(fields: Fields, key?: string): Values {
  const needed = Object.entries(fields).filter(([name, field]) => name === key || isNeeded(field));
  return Object.fromEntries(needed.map(([name, field]) => [name, sampleOf(name, field)]));
}

function sampleOf(name: string, field: Field): unknown {
  const { kind, attributes, elements, keys, fields } = field;
  const { example, default: preset, eq, oneOf, contains } = attributes;
  const given = [example, eq, preset, oneOf?.[0]].find((value) => value !== undefined && value !== null);
  if (given !== undefined) return given;
  switch (kind) {
    case "string":
      return attributes.uuid ? sampleId : `${attributes.startsWith ?? ""}${name}`;
    case "number":
    case "integer":
      return attributes.timestamp ? sampleTime : (attributes.between?.[0] ?? Math.floor((attributes.gt ?? 0) + 1));
    case "boolean":
      return true;
    case "array":
    case "set":
      return contains !== undefined ? [contains] : elements ? [sampleOf(name, elements)] : [];
    case "map":
      return elements ? { [String(keys ? sampleOf("name", keys) : "name")]: sampleOf(name, elements) } : {};
    case "record":
      return plainRecord(fields ?? {});
    case "foreign":
      return { id: sampleId };
    case "json":
      return schemaExample((attributes.jsonSchema ?? {}) as Values);
  }
}

/** A value that a JSON Schema of ours accepts: of objects, what is required. */
export function schemaExample(schema: Values): unknown {
  const { examples, const: only, default: preset, enum: values, anyOf, type, properties, required, items, minimum } = schema;
  const [sample] = Array.isArray(examples) ? examples : [];
  const [value] = Array.isArray(values) ? values : [];
  const given = [sample, only, preset, value].find((one) => one !== undefined);
  if (given !== undefined) return given;
  const [first] = Array.isArray(anyOf) ? anyOf : [];
  if (isObject(first)) return schemaExample(first);
  switch (Array.isArray(type) ? type[0] : type) {
    case "object": {
      const names = (Array.isArray(required) ? required : []) as readonly string[];
      const members = isObject(properties) ? properties : {};
      return Object.fromEntries(names.map((name) => [name, schemaExample((members[name] ?? {}) as Values)]));
    }
    case "array":
      return isObject(items) ? [schemaExample(items)] : [];
    case "string":
      return "text";
    case "integer":
    case "number":
      return typeof minimum === "number" ? minimum : 0;
    case "boolean":
      return true;
    default:
      return {};
  }
}
