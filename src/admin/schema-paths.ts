import { SchemaViolationError } from "../errors/dao-errors.js";
import { compileSchema } from "../schema/compile.js";
import type { EntityDefinition, Subschema } from "../schema/entity.js";
import { toKongSchema, toKongSubschema } from "../schema/kong-schema.js";
import { type AdminAnswer, AnswerError, answer, message } from "./answer.js";
import type { AdminPath, AdminRequest, Endpoint } from "./endpoint.js";
import { decodeParameter } from "./entity-handle.js";
import { type AnswerShape, action, answers, shown } from "./operation.js";
import { mergedParameters } from "./parameters.js";

const schemaShape: AnswerShape = shown("The schema, in Kong's form", {
  type: "object",
  required: ["fields"],
  properties: {
    fields: { type: "array", items: { type: "object" }, description: "One object for each field: its name, and how it is." },
    entity_checks: { type: "array", items: { type: "object" } },
  },
});

const anyRecord = { type: "object", examples: [{ name: "orders", host: "orders.internal" }] } as const;

/** The schemas of entities, plugins and vaults, which decK and Kong Manager read, and checks against them. */
export const schemaPaths: readonly AdminPath[] = [
  {
    pattern: "/schemas/{name}",
    endpoints: { GET: shows("getEntitySchema", "an entity", (request) => toKongSchema(entityOf(request, nameOf(request)))) },
  },
  {
    pattern: "/schemas/plugins/{name}",
    endpoints: { GET: shows("getPluginSchema", "a plugin", (request) => toKongSubschema(pluginOf(request))) },
  },
  {
    pattern: "/schemas/vaults/{name}",
    endpoints: { GET: shows("getVaultSchema", "a kind of vault", (request) => toKongSubschema(vaultOf(request))) },
  },
  {
    pattern: "/schemas/filters/{name}",
    endpoints: {
      GET: shows("getFilterSchema", "a filter; there are none", (request) => {
        throw new AnswerError(message(404, `Filter '${nameOf(request)}' not found`));
      }),
    },
  },
  {
    pattern: "/schemas/{name}/validate",
    endpoints: { POST: checks("validateEntity", (request) => entityOf(request, nameOf(request))) },
  },
  {
    pattern: "/schemas/plugins/validate",
    endpoints: { POST: checks("validatePlugin", (request) => entityOf(request, "plugins"), "plugins") },
  },
  {
    pattern: "/schemas/vaults/validate",
    endpoints: { POST: checks("validateVault", (request) => entityOf(request, "vaults"), "vaults") },
  },
  {
    pattern: "/plugins/schema/{name}",
    endpoints: {
      GET: shows("getPluginConfigSchema", "a plugin's configuration (deprecated)", (request) => configSchema(pluginOf(request))),
    },
  },
  {
    pattern: "/plugins/enabled",
    endpoints: {
      GET: {
        run: ({ context }) => answer(200, { enabled_plugins: Object.keys(context.info().availablePlugins) }),
        operation: action("List the plugins that may be configured", {
          id: "listEnabledPlugins",
          answers: {
            200: shown("Their names", {
              type: "object",
              required: ["enabled_plugins"],
              properties: { enabled_plugins: { type: "array", items: { type: "string", examples: ["key-auth"] } } },
            }),
          },
        }),
      },
    },
  },
];

function shows(id: string, what: string, schema: (request: AdminRequest) => object): Endpoint {
  return {
    run: (request) => answer(200, schema(request)),
    operation: action(`Show the schema of ${what}`, { id, answers: { 200: schemaShape, 404: answers.missing } }),
  };
}

/** @param entity - where it is always the same one */
function checks(id: string, definitionOf: (request: AdminRequest) => EntityDefinition, entity?: string): Endpoint {
  return {
    run: (request) => validate(request, definitionOf(request)),
    operation: action(`Check a record of ${entity ?? "an entity"} without storing it`, {
      id,
      request: {
        body: entity === undefined ? { kind: "value", schema: anyRecord } : { kind: "input", entity },
        optional: true,
      },
      answers: { 200: { description: "It is valid", body: { kind: "message" } }, 400: answers.refused, 404: answers.missing },
      ...(entity === undefined ? {} : { entity }),
    }),
  };
}

function nameOf({ params }: AdminRequest): string {
  return decodeParameter(params.name as string);
}

function entityOf({ context }: AdminRequest, name: string): EntityDefinition {
  const definition = context.definitions().find((one) => one.name === name);
  if (!definition) throw new AnswerError(message(404, `No entity named '${name}'`));
  return definition;
}

function pluginOf(request: AdminRequest): Subschema {
  return subschemaOf(request, "plugins", (name) => `No plugin named '${name}'`);
}

function vaultOf(request: AdminRequest): Subschema {
  return subschemaOf(request, "vaults", (name) => `No vault named '${name}'`);
}

function subschemaOf(request: AdminRequest, entity: string, missing: (name: string) => string): Subschema {
  const name = nameOf(request);
  const { subschemas = {} } = entityOf(request, entity);
  const subschema = Object.hasOwn(subschemas, name) ? subschemas[name] : undefined;
  if (!subschema) throw new AnswerError(message(404, missing(name)));
  return subschema;
}

/** Only what is under `config`, as releases before 2.0 showed it. */
function configSchema({ fields }: Subschema): object {
  const { config } = fields;
  return toKongSubschema({ fields: config?.fields ?? {}, checks: config?.checks ?? [] });
}

/** Nothing is looked up: references have to be ids, and need not lead anywhere. */
function validate(request: AdminRequest, definition: EntityDefinition): AdminAnswer {
  const schema = compileSchema(definition);
  const { record, errors } = schema.complete(mergedParameters(request), "insert");
  const faults = errors ?? schema.validate(record);
  if (faults) throw new SchemaViolationError(faults);
  return message(200, "schema validation successful");
}
