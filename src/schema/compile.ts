import type { FieldError, FieldErrors } from "../errors/field-errors.js";
import { getOrMake } from "../util/get-or-make.js";
import type { CompiledSchema, Completed, CompleteOptions, ValidateOptions, WriteOperation } from "./compiled.js";
import { type CompletionContext, completeRecord } from "./complete.js";
import type { EntityDefinition } from "./entity.js";
import { runChecks } from "./entity-checks.js";
import type { Fields } from "./field.js";
import { runNestedChecks } from "./nested-checks.js";
import { settleShorthands } from "./shorthands.js";
import { baseShape, type Shape, selectShape } from "./subschemas.js";
import { applyTransformations, checkTransformations } from "./transformations.js";
import { fieldValidator, recordValidator } from "./validators.js";
import { isObject, own, setOwn } from "./values.js";

const compiled = new WeakMap<EntityDefinition, CompiledSchema>();

/**
 * The working form of an entity definition. Cheap: validators are compiled when a record first needs them, and kept for as long
 * as the definition lives.
 */
export function compileSchema(definition: EntityDefinition): CompiledSchema {
  let schema = compiled.get(definition);
  if (!schema) {
    schema = new Schema(definition);
    compiled.set(definition, schema);
  }
  return schema;
}

class Schema implements CompiledSchema {
  readonly definition: EntityDefinition;

  constructor(definition: EntityDefinition) {
    this.definition = definition;
  }

  complete(input: Readonly<Record<string, unknown>>, operation: WriteOperation, options: CompleteOptions = {}): Completed {
    if (!isObject(input)) return { record: {}, errors: { "@entity": ["expected a record"] } };
    const { fields } = this.#shapeFor(input);
    return completeRecord(fields, this.definition.shorthands, input, {
      operation,
      now: options.now ?? Date.now,
      skipAuto: options.skipAuto ?? false,
    });
  }

  merge(stored: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const record = mergeRecord(this.#shapeFor({ ...stored, ...changes }).fields, stored, changes);
    settleShorthands(this.definition.shorthands, this.definition.fields, record);
    return record;
  }

  validate(record: Readonly<Record<string, unknown>>, options: ValidateOptions = {}): FieldErrors | undefined {
    const { subschemaKey, transformations } = this.definition;
    const partial = options.partial ?? false;
    const updating = options.operation === "update" || (options.operation === undefined && partial);
    let shape = baseShape(this.definition);
    if (!partial || subschemaKey === undefined || own(record, subschemaKey) !== undefined) {
      const selection = selectShape(this.definition, record);
      if ("error" in selection) return { [subschemaKey as string]: selection.error };
      shape = selection.shape;
    }
    const { fields } = shape;
    const errors: Record<string, FieldError> = { ...recordValidator(fields, partial)(this.#subject(record, options.skip)) };
    if (!partial) requiredPass(fields, record, errors, options.skip);
    const mode = { updating, partial };
    runNestedChecks(fields, record, errors, mode);
    for (const checks of shape.checks) runChecks(checks, { fields, record, errors, ...mode });
    if (transformations.length > 0) {
      const { input = record, stored } = options;
      checkTransformations(transformations, { record, input, updating, stored }, errors);
    }
    return Object.keys(errors).length === 0 ? undefined : errors;
  }

  validateField(name: string, value: unknown): FieldError | undefined {
    const field = Object.hasOwn(this.definition.fields, name) ? this.definition.fields[name] : undefined;
    return field ? fieldValidator(field).fault(value) : "unknown field";
  }

  transform(record: Record<string, unknown>, input: Readonly<Record<string, unknown>> = record): Record<string, unknown> {
    return applyTransformations(this.definition.transformations, record, input);
  }

  /** What ajv sees: not the fields to skip, nor `ttl`, which is no field and never checked. */
  #subject(record: Readonly<Record<string, unknown>>, skip: ReadonlySet<string> | undefined): Readonly<Record<string, unknown>> {
    const { ttl } = this.definition;
    if (!skip && !(ttl && Object.hasOwn(record, "ttl"))) return record;
    const names = [...(skip ?? []), ...(ttl ? ["ttl"] : [])];
    const hidden = names.filter((name) => Object.hasOwn(record, name));
    if (hidden.length === 0) return record;
    const subject = {};
    for (const key of Object.keys(record)) if (!hidden.includes(key)) setOwn(subject, key, record[key]);
    return subject;
  }

  /** The shape of a record that may be incomplete or wrong: when nothing can be told, the entity's own. */
  #shapeFor(input: Readonly<Record<string, unknown>>): Shape {
    const { subschemaKey, fields } = this.definition;
    if (subschemaKey === undefined) return baseShape(this.definition);
    const key = own(input, subschemaKey) ?? fields[subschemaKey]?.attributes.default;
    const selection = selectShape(this.definition, { [subschemaKey]: key });
    return "error" in selection ? baseShape(this.definition) : selection.shape;
  }
}

function requiredPass(
  fields: Fields,
  record: Readonly<Record<string, unknown>>,
  errors: Record<string, FieldError>,
  skip: ReadonlySet<string> | undefined,
): void {
  for (const name of getOrMake(requiredNames, fields, () => Object.keys(fields).filter((key) => fields[key]?.required))) {
    if (own(record, name) === undefined && !skip?.has(name)) errors[name] ??= "required field missing";
  }
}

const requiredNames = new WeakMap<Fields, readonly string[]>();

const newMember: CompletionContext = { operation: "insert", now: Date.now, skipAuto: true };

function mergeRecord(
  fields: Fields,
  stored: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result = { ...stored };
  for (const [name, change] of Object.entries(changes)) {
    const before = own(stored, name);
    const nested = Object.hasOwn(fields, name) && fields[name]?.kind === "record" ? fields[name].fields : undefined;
    if (!nested || !isObject(change)) setOwn(result, name, change);
    else if (isObject(before)) result[name] = mergeRecord(nested, before, change);
    else result[name] = completeRecord(nested, undefined, change, newMember).record;
  }
  return result;
}
