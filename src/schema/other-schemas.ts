/** Schemas in the languages of others: JSON Schema (TypeBox included) and Standard Schema (zod, valibot, arktype …). */
import type { FieldError } from "../errors/field-errors.js";
import { thrownText } from "../util/thrown.js";
import { fillJsonDefaults } from "./ajv.js";
import { type Field, type Fields, type InferFields, json } from "./field.js";
import { deepCopy, isObject, own, setOwn } from "./values.js";

/** A schema with the interface of https://standardschema.dev, version 1. It must answer at once. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a Standard Schema answers. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One fault that a Standard Schema has found. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A JSON Schema of an object. */
export interface JsonObjectSchema {
  readonly type: "object";
  readonly [keyword: string]: unknown;
}

/** In what a plugin may define its configuration. */
export type ConfigSchema = Fields | JsonObjectSchema | StandardSchema;

/** The configuration as the plugin sees it: complete and checked. TypeBox schemas carry their type in `static`. */
export type InferConfig<C> =
  C extends StandardSchema<unknown, infer Output>
    ? Output
    : C extends { readonly static: infer T }
      ? T
      : C extends { readonly type: string }
        ? Record<string, unknown>
        : C extends Fields
          ? InferFields<C>
          : never;

/** Whether a configuration is defined field by field, in our own vocabulary. */
export function isFields(schema: ConfigSchema): schema is Fields {
  return !isStandard(schema) && typeof (schema as JsonObjectSchema).type !== "string";
}

function isStandard(schema: ConfigSchema): schema is StandardSchema {
  return "~standard" in schema;
}

/** The field that holds a configuration whose schema is somebody else's. It is stored as it was given. */
export function configField(schema: Exclude<ConfigSchema, Fields>): Field {
  const attributes = { required: true, default: {}, description: "The plugin's own settings." } as const;
  if (!isStandard(schema)) return json({ ...attributes, jsonSchema: schema });
  return json({ ...attributes, validator: (value) => standardFault(schema, value) });
}

/**
 * The configuration that a plugin works with: with the defaults of its JSON Schema, or what its Standard Schema made of it.
 *
 * @param stored - what has passed the checks
 */
export function parsedConfig(schema: ConfigSchema, stored: Readonly<Record<string, unknown>>): object {
  if (isFields(schema)) return stored;
  if (!isStandard(schema)) return fillJsonDefaults(schema, deepCopy(stored)) as object;
  const result = schema["~standard"].validate(deepCopy(stored));
  return "value" in result && isObject(result.value) ? result.value : stored;
}

function standardFault(schema: StandardSchema, value: unknown): FieldError | undefined {
  if (!isObject(value)) return "expected a record";
  let result: StandardResult<unknown> | Promise<StandardResult<unknown>>;
  try {
    result = schema["~standard"].validate(deepCopy(value));
  } catch (error) {
    return `the plugin's schema failed: ${thrownText(error)}`;
  }
  if (!isObject(result)) return "the plugin's schema did not give a result";
  if (result instanceof Promise) {
    result.catch(() => undefined);
    return "the plugin's schema is asynchronous, and configurations cannot wait for it";
  }
  if (result.issues === undefined) return isObject(result.value) ? undefined : "the plugin's schema did not give an object";
  const errors: Record<string, FieldError> = {};
  for (const { message, path = [] } of result.issues) {
    if (path.length === 0) return message;
    addIssue(
      errors,
      path.map((part) => String(typeof part === "object" ? part.key : part)),
      message,
    );
  }
  return errors;
}

/** The first fault found at a place speaks. */
function addIssue(errors: Record<string, FieldError>, path: readonly string[], message: string): void {
  let target = errors;
  for (const [depth, part] of path.entries()) {
    const found = own(target, part) as FieldError | undefined;
    if (depth === path.length - 1) {
      if (found === undefined) setOwn(target, part, message);
      return;
    }
    if (found !== undefined && !isObject(found)) return;
    const next = (found ?? {}) as Record<string, FieldError>;
    setOwn(target, part, next);
    target = next;
  }
}
