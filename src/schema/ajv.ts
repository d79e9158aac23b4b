import type { ValidateFunction } from "ajv";
import { getOrMake } from "../util/get-or-make.js";
import { lazyRequire } from "../util/lazy-require.js";
import { rules } from "./rules.js";
import { isReference } from "./values.js";

const ajvPackage = lazyRequire<typeof import("ajv")>("ajv");

type Ajv = InstanceType<typeof import("ajv")["Ajv"]>;

let engine: Ajv | undefined;
let lenientEngine: Ajv | undefined;
let fillingEngine: Ajv | undefined;

/** Ajv with a keyword for every rule that JSON Schema lacks. Made at its first use, once. */
function fieldEngine(): Ajv {
  if (engine) return engine;
  const { Ajv } = ajvPackage();
  engine = new Ajv({
    allErrors: true,
    strict: false,
    strictNumbers: true,
    validateSchema: false,
    messages: false,
    addUsedSchema: false,
  });
  for (const { keywords, test } of rules) {
    const [keyword] = keywords;
    if (test === undefined || keyword === undefined) continue;
    engine.addKeyword({
      keyword,
      errors: false,
      compile: (argument: unknown) => (data: unknown) => test(data as never, argument as never),
    });
  }
  engine.addKeyword({
    keyword: "kong-reference",
    errors: false,
    type: "string",
    validate: (_: true, data: string) => isReference(data),
  });
  engine.addKeyword({ keyword: "kong-json", errors: false, compile: jsonKeyword });
  return engine;
}

function jsonKeyword(schema: object): (data: unknown) => boolean {
  const validate = compileJsonSchema(schema);
  return (data) => validate(data);
}

/** Compiles a validation schema of our own making. */
export function compileFieldSchema(schema: Record<string, unknown>): ValidateFunction {
  const ajv = fieldEngine();
  const validate = ajv.compile(schema);
  // Ajv remembers every schema it has seen; our own caches hang on the definitions and die with them.
  ajv.removeSchema(schema);
  return validate;
}

const lenient = { allErrors: true, strict: false, validateSchema: false, validateFormats: false, logger: false } as const;
const jsonSchemas = new WeakMap<object, ValidateFunction>();
const fillers = new WeakMap<object, ValidateFunction>();

/** Compiles a JSON Schema that a plugin's author wrote: unknown keywords and formats are let pass. */
export function compileJsonSchema(schema: object): ValidateFunction {
  return getOrMake(jsonSchemas, schema, () => {
    lenientEngine ??= new (ajvPackage().Ajv)(lenient);
    return compileOnce(lenientEngine, schema);
  });
}

/** Puts the defaults of a JSON Schema into a value. Changes the value and returns it. */
export function fillJsonDefaults(schema: object, value: unknown): unknown {
  const fill = getOrMake(fillers, schema, () => {
    fillingEngine ??= new (ajvPackage().Ajv)({ ...lenient, useDefaults: true });
    return compileOnce(fillingEngine, schema);
  });
  fill(value);
  return value;
}

function compileOnce(ajv: Ajv, schema: object): ValidateFunction {
  // Later drafts name a meta-schema that ajv's default class does not carry; the keywords we meet are the same.
  const { $schema: _, ...body } = schema as { $schema?: unknown };
  const validate = ajv.compile(body);
  ajv.removeSchema(body);
  return validate;
}
