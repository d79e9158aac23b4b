import type { PatternRule } from "../../schema/attributes.js";
import type { EntityCheck } from "../../schema/entity-check.js";
import {
  arrayOf,
  bool,
  type Field,
  type Fields,
  int,
  json,
  makeField,
  mapOf,
  num,
  record,
  setOf,
  str,
} from "../../schema/field.js";
import { rules } from "../../schema/rules.js";
import { isObject, setOwn } from "../../schema/values.js";
import { luaPattern } from "../../util/lua-pattern.js";

/** A field as a plugin's schema of Kong's writes it. */
type KongAttributes = Readonly<Record<string, unknown>>;

/** Attributes that are not rules, under our names. */
const plain: Readonly<Record<string, string>> = {
  required: "required",
  default: "default",
  auto: "auto",
  err: "err",
  referenceable: "referenceable",
  encrypted: "encrypted",
  description: "description",
};

/** Attributes that say what is in a field. They are read by {@link fieldOf}. */
const nested: readonly string[] = ["type", "elements", "keys", "values", "fields", "entity_checks", "json_schema", "reference"];

/** Attributes without a meaning outside of Kong's own database. */
const ignored: readonly string[] = ["unique", "indexed", "nilable", "legacy", "translate_backwards", "deprecation"];

const ruleNames: Readonly<Record<string, string>> = Object.fromEntries(
  rules.flatMap(({ attribute, kongName }) => (kongName === undefined ? [] : [[kongName, attribute]])),
);

/**
 * The fields of a schema in Kong's own form: a list of objects with one member each.
 *
 * @throws Error that names the field, for what is not such a schema or has no counterpart here
 */
export function schemaFields(schema: unknown, path = "Schema"): Fields {
  if (!Array.isArray(schema)) throw new Error(`${path} must be a list of fields`);
  const fields: Record<string, Field> = {};
  for (const [index, item] of schema.entries()) {
    const [entry, ...more] = isObject(item) ? Object.entries(item) : [];
    if (entry === undefined || more.length > 0) throw new Error(`${path}[${index}] must be an object with one member`);
    const [name, attributes] = entry;
    setOwn(fields, name, fieldOf(attributes, `${path}.${name}`));
  }
  return fields;
}

function fieldOf(given: unknown, path: string): Field {
  if (!isObject(given)) throw new Error(`${path} must be an object`);
  const attributes = attributesOf(given, path);
  const inner = (member: string): Field => fieldOf(given[member], `${path}.${member}`);
  switch (given.type) {
    case "string":
      return str(attributes);
    case "number":
      return num(attributes);
    case "integer":
      return int(attributes);
    case "boolean":
      return bool(attributes);
    case "array":
      return arrayOf(inner("elements"), attributes);
    case "set":
      return setOf(inner("elements"), attributes);
    case "map":
      return mapOf(
        given.keys === undefined ? str() : inner("keys"),
        given.values === undefined ? json() : inner("values"),
        attributes,
      );
    case "record":
      return recordOf(given, attributes, path);
    case "json":
      return makeField("json", { ...attributes, ...jsonSchemaOf(given.json_schema, path) });
    default:
      throw new Error(`${path} has the type '${String(given.type)}', which is not supported here`);
  }
}

function recordOf(given: KongAttributes, attributes: object, path: string): Field {
  const checks = checksOf(given.entity_checks, path);
  return record(schemaFields(given.fields, path), { ...attributes, ...(checks.length === 0 ? {} : { checks }) });
}

function attributesOf(given: KongAttributes, path: string): object {
  const attributes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (nested.includes(name) || ignored.includes(name)) continue;
    if (Object.hasOwn(plain, name)) attributes[plain[name] as string] = value;
    else if (Object.hasOwn(ruleNames, name)) attributes[ruleNames[name] as string] = argumentOf(name, value, path);
    else throw new Error(`${path} has the attribute '${name}', which is not supported here`);
  }
  return attributes;
}

/** The argument of a rule: the same, but for patterns, which are Lua's. */
function argumentOf(name: string, value: unknown, path: string): unknown {
  try {
    switch (name) {
      case "match":
      case "not_match":
        return luaPattern(String(value));
      case "match_all":
      case "match_none":
        return (value as readonly { pattern: string; err: string }[]).map(
          ({ pattern, err }): PatternRule => ({ pattern: luaPattern(pattern), err }),
        );
      case "match_any": {
        const { patterns, err } = value as { patterns: readonly string[]; err: string };
        return { patterns: patterns.map(luaPattern), err };
      }
      default:
        return value;
    }
  } catch (error) {
    throw new Error(`${path}.${name}: ${(error as Error).message}`, { cause: error });
  }
}

const simpleChecks: readonly string[] = ["at_least_one_of", "only_one_of", "distinct", "mutually_required", "mutually_exclusive"];

function checksOf(checks: unknown, path: string): EntityCheck[] {
  if (checks === undefined) return [];
  return (checks as readonly Readonly<Record<string, readonly string[]>>[]).map((check): EntityCheck => {
    const [kind = "", fields = []] = Object.entries(check)[0] ?? [];
    if (!simpleChecks.includes(kind)) throw new Error(`${path} has the entity check '${kind}', which is not supported here`);
    return { kind, fields } as EntityCheck;
  });
}

function jsonSchemaOf(schema: unknown, path: string): { readonly jsonSchema?: object } {
  if (schema === undefined) return {};
  const { inline } = schema as { readonly inline?: unknown };
  if (!isObject(inline)) throw new Error(`${path}.json_schema must have its schema 'inline'`);
  return { jsonSchema: inline };
}
