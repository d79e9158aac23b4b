import type { EntityDefinition, Subschema } from "./entity.js";
import type { EntityCheck, Field, FieldAttributes, Fields, Matcher, Shorthands } from "./field.js";
import { rules } from "./rules.js";

/** A schema as Kong's `/schemas/…` shows it; decK and Kong Manager read it. */
export interface KongSchema {
  /** Each an object with one member, so that their order is plain. */
  readonly fields: readonly Readonly<Record<string, KongField>>[];
  readonly entity_checks: readonly Readonly<Record<string, unknown>>[];
}

/** One field as Kong shows it: `type`, and the attributes it has under Kong's names. */
export interface KongField {
  readonly type: string;
  readonly [attribute: string]: unknown;
}

/** Attributes that are not validators, with Kong's names for them. */
const plainAttributes: readonly (readonly [attribute: keyof FieldAttributes, kongName: string])[] = [
  ["auto", "auto"],
  ["unique", "unique"],
  ["immutable", "immutable"],
  ["transient", "transient"],
  ["referenceable", "referenceable"],
  ["encrypted", "encrypted"],
  ["abstract", "abstract"],
  ["onDelete", "on_delete"],
  ["err", "err"],
  ["description", "description"],
];

/** The schema of an entity, as `GET /schemas/<entity>` answers it. */
export function toKongSchema(definition: EntityDefinition): KongSchema {
  return { fields: fieldList(definition.fields), entity_checks: definition.checks.map(kongCheck) };
}

/** The schema of a plugin or vault: only what it declares itself, as `GET /schemas/plugins/<name>` answers it. */
export function toKongSubschema(subschema: Subschema): KongSchema {
  return { fields: fieldList(subschema.fields), entity_checks: (subschema.checks ?? []).map(kongCheck) };
}

function fieldList(fields: Fields): Record<string, KongField>[] {
  return Object.entries(fields).map(([name, field]) => ({ [name]: kongField(field) }));
}

function kongField(field: Field): KongField {
  const { attributes } = field;
  const result: Record<string, unknown> = { type: field.kind };
  if (field.required) result.required = true;
  if (attributes.default !== undefined) result.default = attributes.default;
  if (field.reference !== undefined) result.reference = field.reference;
  for (const [attribute, kongName] of plainAttributes) {
    if (attributes[attribute] !== undefined) result[kongName] = attributes[attribute];
  }
  Object.assign(result, kongRules(attributes));
  if (field.keys) result.keys = kongField(field.keys);
  if (field.elements) result[field.kind === "map" ? "values" : "elements"] = kongField(field.elements);
  if (field.kind === "record" && !attributes.abstract) result.fields = fieldList(field.fields ?? {});
  if (field.checks && field.checks.length > 0) result.entity_checks = field.checks.map(kongCheck);
  if (field.shorthands) result.shorthand_fields = shorthandList(field.shorthands);
  if (attributes.jsonSchema) result.json_schema = { inline: attributes.jsonSchema };
  return result as KongField;
}

function kongRules(attributes: FieldAttributes | Matcher): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { attribute, kongName } of rules) {
    const argument = (attributes as FieldAttributes)[attribute];
    if (kongName !== undefined && argument !== undefined) result[kongName] = plain(argument);
  }
  return result;
}

/** Patterns as text, infinities as Kong writes them. */
function plain(value: unknown): unknown {
  if (value instanceof RegExp) return value.source;
  if (typeof value === "number" && !Number.isFinite(value)) return value > 0 ? "inf" : value < 0 ? "-inf" : "nan";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

function shorthandList(shorthands: Shorthands): Record<string, KongField>[] {
  return Object.entries(shorthands).map(([name, { field, deprecated }]) => {
    if (!deprecated) return { [name]: kongField(field) };
    const { message, removalInVersion, replacedBy } = deprecated;
    const deprecation = {
      message,
      removal_in_version: removalInVersion,
      ...(replacedBy === undefined ? {} : { replaced_with: [{ path: replacedBy.split(".") }] }),
    };
    return { [name]: { ...kongField(field), deprecation } };
  });
}

function kongMatcher({ required, elements, err, ...rest }: Matcher): Record<string, unknown> {
  return {
    ...(required === undefined ? {} : { required }),
    ...kongRules(rest),
    ...(elements ? { elements: kongMatcher(elements) } : {}),
    ...(err === undefined ? {} : { err }),
  };
}

function kongCheck(check: EntityCheck): Record<string, unknown> {
  switch (check.kind) {
    case "conditional":
      return {
        conditional: {
          if_field: check.ifField,
          if_match: kongMatcher(check.ifMatch),
          then_field: check.thenField,
          then_match: kongMatcher(check.thenMatch),
          ...(check.thenErr === undefined ? {} : { then_err: check.thenErr }),
        },
      };
    case "conditional_at_least_one_of":
      return {
        conditional_at_least_one_of: {
          if_field: check.ifField,
          if_match: kongMatcher(check.ifMatch),
          then_at_least_one_of: check.thenAtLeastOneOf,
          ...(check.thenErr === undefined ? {} : { then_err: check.thenErr }),
          ...(check.elseMatch ? { else_match: kongMatcher(check.elseMatch) } : {}),
          ...(check.elseThenAtLeastOneOf ? { else_then_at_least_one_of: check.elseThenAtLeastOneOf } : {}),
          ...(check.elseThenErr === undefined ? {} : { else_then_err: check.elseThenErr }),
        },
      };
    case "custom":
      return {
        custom_entity_check: {
          field_sources: check.fieldSources,
          ...(check.runWithMissingFields === undefined ? {} : { run_with_missing_fields: check.runWithMissingFields }),
          ...(check.runWithInvalidFields === undefined ? {} : { run_with_invalid_fields: check.runWithInvalidFields }),
        },
      };
    case "mutually_exclusive_sets":
      return { mutually_exclusive_sets: { set1: check.set1, set2: check.set2 } };
    default:
      return { [check.kind]: check.fields };
  }
}
