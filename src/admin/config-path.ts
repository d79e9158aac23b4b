import { flattenedForm } from "../declarative/flatten-errors.js";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { ConfigTooLargeError, GatewayClosedError } from "../errors/gateway-error.js";
import type { EntityDefinition } from "../schema/entity.js";
import { md5 } from "../util/md5.js";
import { type AdminAnswer, answer, message } from "./answer.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";
import { action, answers, shown } from "./operation.js";
import { mergedParameters } from "./parameters.js";
import { shownEntity } from "./shown-entity.js";

const documentText = {
  type: "object",
  required: ["config"],
  properties: { config: { type: "string", description: "A document in YAML or JSON.", examples: ['_format_version: "3.0"'] } },
} as const;
const documentObject = {
  type: "object",
  required: ["_format_version"],
  examples: [{ _format_version: "3.0", services: [{ name: "orders", url: "http://orders.internal:8080" }] }],
} as const;
const recordsByName = {
  type: "object",
  additionalProperties: { type: "object", additionalProperties: { type: "object" } },
} as const;

/** The whole configuration, where there is no database. */
export const configPath: AdminPath = {
  pattern: "/config",
  rawBodies: true,
  endpoints: {
    GET: {
      run: async ({ context }) =>
        context.database === "off" ? answer(200, { config: await context.exportConfig() }) : needsNoDatabase,
      operation: action("Show the configuration in force as a declarative document, in YAML", {
        id: "getConfig",
        answers: { 200: shown("The document", documentText), 400: answers.refused },
      }),
    },
    POST: {
      run: loadConfig,
      operation: action("Replace the whole configuration", {
        id: "loadConfig",
        query: {
          check_hash: { type: "integer", enum: [0, 1], description: "1: do nothing when the text is the one in force already." },
          flatten_errors: { type: "integer", enum: [0, 1], description: "1: list faults by entity, in `flattened_errors`." },
        },
        request: {
          body: { kind: "value", schema: { anyOf: [documentObject, documentText] } },
          types: [
            "application/json",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "application/yaml",
            "text/yaml",
          ],
        },
        answers: {
          201: shown("The entities that are in force now, by name and id", recordsByName),
          304: { description: "The text is the one in force already" },
          400: answers.refused,
          413: { description: "It takes too much memory", body: { kind: "message" } },
          429: { description: "Another configuration is being loaded", body: { kind: "message" } },
          503: { description: "The gateway is closing", body: { kind: "message" } },
        },
      }),
    },
  },
};

const needsNoDatabase = message(400, "this endpoint is only available when Kong is configured to not use a database");
/** The time that a load takes is not known; a second is long for one. */
const busy: AdminAnswer = { ...message(429, "Currently loading previous configuration"), headers: { "Retry-After": "1" } };

async function loadConfig(request: AdminRequest): Promise<AdminAnswer> {
  const { context } = request;
  if (context.database !== "off") return needsNoDatabase;
  const { check_hash, flatten_errors, ...parameters } = mergedParameters(request);
  const input = documentOf(request, parameters);
  if (input === undefined) return message(400, "expected a declarative configuration");
  const isSame = (text: string): boolean => md5(text) === context.status().configuration_hash;
  if (typeof input === "string" && String(check_hash) === "1" && isSame(input)) return answer(304);
  if (context.isLoading()) return busy;
  try {
    const { entities } = await context.loadConfig(input);
    return answer(201, shownEntities(context.definitions(), entities));
  } catch (error) {
    if (error instanceof ConfigTooLargeError) return message(error.status, error.message);
    if (error instanceof GatewayClosedError) return message(error.status, "Kong currently exiting");
    if (!(error instanceof DeclarativeConfigError)) throw error;
    return answer(error.status, isOn(flatten_errors) ? flattenedForm(error) : error.toJSON());
  }
}

/** The document among the parameters, or its text; `undefined` when there is none. */
function documentOf({ body }: AdminRequest, parameters: Record<string, unknown>): string | object | undefined {
  if (parameters._format_version !== undefined) return parameters;
  if (parameters.config !== undefined) return typeof parameters.config === "string" ? parameters.config : undefined;
  // `curl --data-binary @kong.yml` says that it sends a form. Multipart text is never a document.
  return body.text === "" || body.type === "multipart" ? undefined : body.text;
}

function isOn(value: unknown): boolean {
  return ["1", "true", "on", "yes"].includes(String(value).toLowerCase());
}

type Rows = ReadonlyMap<string, ReadonlyMap<string, Readonly<Record<string, unknown>>>>;

function shownEntities(definitions: readonly EntityDefinition[], entities: Rows): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const definition of definitions) {
    const rows = entities.get(definition.name);
    // There is one workspace, and clients of Kong's open-source edition never see it.
    if (!rows || definition.name === "workspaces") continue;
    shown[definition.name] = Object.fromEntries([...rows].map(([key, row]) => [key, shownEntity(definition, row)]));
  }
  return shown;
}
