import { flattenedForm } from "../declarative/flatten-errors.js";
import { DeclarativeConfigError } from "../errors/dao-errors.js";
import { ConfigTooLargeError } from "../errors/gateway-error.js";
import type { EntityDefinition } from "../schema/entity.js";
import { setOwn } from "../schema/values.js";
import { md5 } from "../util/md5.js";
import { type AdminAnswer, answer, message } from "./answer.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";
import { formValues } from "./form.js";
import { shownEntity } from "./shown-entity.js";

/** Replaces the whole configuration. */
export const configPath: AdminPath = { pattern: "/config", rawBodies: true, endpoints: { POST: loadConfig } };

async function loadConfig(request: AdminRequest): Promise<AdminAnswer> {
  const { check_hash, flatten_errors, ...parameters } = parametersOf(request);
  const input = documentOf(request, parameters);
  if (input === undefined) return message(400, "expected a declarative configuration");
  const { context } = request;
  const isSame = (text: string): boolean => md5(text) === context.status().configuration_hash;
  if (typeof input === "string" && String(check_hash) === "1" && isSame(input)) return answer(304);
  try {
    const { entities } = await context.loadConfig(input);
    return answer(201, shownEntities(context.definitions(), entities));
  } catch (error) {
    if (error instanceof ConfigTooLargeError) return message(error.status, error.message);
    if (!(error instanceof DeclarativeConfigError)) throw error;
    return answer(error.status, isOn(flatten_errors) ? flattenedForm(error) : error.toJSON());
  }
}

/** Query, form fields and members of a JSON object as one set; later ones win. */
function parametersOf({ query, body }: AdminRequest): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const source of [query, body.form ? formValues(body.form) : {}, body.json ?? {}]) {
    for (const [name, value] of Object.entries(source)) setOwn(parameters, name, value);
  }
  return parameters;
}

/** The document among the parameters, or its text; `undefined` when there is none. */
function documentOf({ body }: AdminRequest, parameters: Record<string, unknown>): string | object | undefined {
  if (parameters._format_version !== undefined) return parameters;
  if (parameters.config !== undefined) return typeof parameters.config === "string" ? parameters.config : undefined;
  return body.text === "" ? undefined : body.text;
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
