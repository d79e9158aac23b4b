import type { EntityDefinition } from "../../schema/entity.js";
import type { JsonSchema } from "../../schema/json-schema.js";
import { setOwn } from "../../schema/values.js";
import { getOrMake } from "../../util/get-or-make.js";
import type { BodyShape, InputShape } from "../operation.js";
import { entityExamples, schemaExample } from "./examples.js";
import { changesSchema, inputSchema } from "./given-schema.js";
import { pascalCase, schemaName } from "./names.js";
import { storedSchema } from "./stored-schema.js";

const messageSchema: JsonSchema = {
  type: "object",
  required: ["message"],
  properties: { message: { type: "string" }, request_id: { type: "string" } },
  additionalProperties: false,
};

const errorSchema: JsonSchema = {
  type: "object",
  description: "A refusal by the store, with Kong's number and name of the error.",
  required: ["code", "name", "message"],
  properties: {
    code: { type: "integer" },
    name: { type: "string" },
    message: { type: "string" },
    fields: { type: "object", description: "What is wrong, by field; for records inside of the record, likewise." },
    options: { type: "object", description: "What is wrong with the arguments of a list, by name." },
    flattened_errors: { type: "array", items: { type: "object" }, description: "Faults of a configuration, by entity." },
  },
  additionalProperties: false,
};

const errorExample = {
  code: 2,
  name: "schema violation",
  message: "schema violation (host: required field missing)",
  fields: { host: "required field missing" },
};

/** A media type of a body. */
export interface MediaType {
  readonly schema: JsonSchema;
  readonly examples?: Readonly<Record<string, { readonly $ref: string } | { readonly value: unknown }>>;
}

/** Collects what several operations of a document share, each thing once and under its name. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = { Message: messageSchema, Error: errorSchema };
  readonly examples: Record<string, { readonly value: unknown }> = {
    Message: { value: { message: "Not found" } },
    Error: { value: errorExample },
  };
  readonly #definitions: ReadonlyMap<string, EntityDefinition>;
  readonly #inputs = new Map<string, JsonSchema>();

  constructor(definitions: readonly EntityDefinition[]) {
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  /** A body as JSON: its schema, and an example of it where there is one. */
  json(body: BodyShape | readonly BodyShape[]): MediaType {
    const shapes = [body].flat() as readonly BodyShape[];
    const schemas = shapes.map((shape) => this.#schema(shape));
    const [first] = shapes as [BodyShape];
    const examples = this.#examples(first);
    return {
      schema: schemas.length === 1 ? (schemas[0] as JsonSchema) : { anyOf: schemas },
      ...(examples === undefined ? {} : { examples }),
    };
  }

  #schema(shape: BodyShape): JsonSchema {
    switch (shape.kind) {
      case "message":
        return reference("Message");
      case "error":
        return reference("Error");
      case "value":
        return shape.schema;
      case "text":
        return { type: "string" };
      case "record":
        return this.#named(schemaName(shape.entity), shape.entity, storedSchema);
      case "changes":
        return this.#named(`${schemaName(shape.entity)}Changes`, shape.entity, changesSchema);
      case "input":
        return this.#input(shape);
      case "page": {
        const items = this.#schema({ kind: "record", entity: shape.entity });
        return this.#named(`${schemaName(shape.entity)}Page`, shape.entity, () => pageSchema(items));
      }
    }
  }

  /** What the path gives is not needed in the body. */
  #input({ entity, supplied = [] }: InputShape): JsonSchema {
    const name = `${schemaName(entity)}Input`;
    const whole = getOrMake(this.#inputs, entity, () => inputSchema(this.#definition(entity)));
    const { required, ...rest } = whole;
    const needed = (required ?? []) as readonly string[];
    const dropped = needed.filter((field) => supplied.includes(field));
    if (dropped.length === 0) return this.#named(name, entity, () => whole);
    const left = needed.filter((field) => !supplied.includes(field));
    const without = dropped.map(pascalCase).join("And");
    return this.#named(`${name}Without${without}`, entity, () => (left.length > 0 ? { ...rest, required: left } : rest));
  }

  #named(name: string, entity: string, make: (definition: EntityDefinition) => JsonSchema): JsonSchema {
    if (!Object.hasOwn(this.schemas, name)) {
      const definition = this.#definition(entity);
      const { description } = definition;
      setOwn(this.schemas, name, { ...(description === undefined ? {} : { description }), ...make(definition) });
    }
    return reference(name);
  }

  #definition(entity: string): EntityDefinition {
    const definition = this.#definitions.get(entity);
    if (!definition) throw new TypeError(`an operation is about '${entity}', which is no entity`);
    return definition;
  }

  #examples(shape: BodyShape): MediaType["examples"] {
    switch (shape.kind) {
      case "message":
        return shared("Message");
      case "error":
        return shared("Error");
      case "value":
        return { example: { value: schemaExample(shape.schema) } };
      case "text":
        return undefined;
      default:
        return this.#entityExample(shape);
    }
  }

  #entityExample(shape: Extract<BodyShape, { readonly entity: string }>): MediaType["examples"] {
    const examples = entityExamples(this.#definition(shape.entity));
    if (!examples) return undefined;
    const { input, changes, record } = examples;
    if (shape.kind === "input") {
      const dropped = (shape.supplied ?? []).filter((name) => name in input);
      const left = Object.fromEntries(Object.entries(input).filter(([name]) => !dropped.includes(name)));
      const suffix = dropped.length > 0 ? `InputWithout${dropped.map(pascalCase).join("And")}` : "Input";
      return this.#example(shape.entity, suffix, left);
    }
    if (shape.kind === "changes") return this.#example(shape.entity, "Changes", changes);
    if (shape.kind === "record") return this.#example(shape.entity, "", record);
    return this.#example(shape.entity, "Page", { data: [record], next: null });
  }

  #example(entity: string, suffix: string, value: unknown): MediaType["examples"] {
    const name = `${schemaName(entity)}${suffix}`;
    setOwn(this.examples, name, { value });
    return shared(name);
  }
}

function pageSchema(items: JsonSchema): JsonSchema {
  return {
    type: "object",
    required: ["data", "next"],
    properties: {
      data: { type: "array", items },
      next: { type: ["string", "null"], description: "Path of the next page; null on the last." },
      offset: { type: "string", description: "The argument `offset` of the next page; absent on the last." },
    },
    additionalProperties: false,
  };
}

function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

function shared(name: string): MediaType["examples"] {
  return { example: { $ref: `#/components/examples/${name}` } };
}
