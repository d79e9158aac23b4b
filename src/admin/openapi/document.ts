import type { EntityDefinition } from "../../schema/entity.js";
import { setOwn } from "../../schema/values.js";
import type { AdminMethod, AdminPath, Endpoint } from "../endpoint.js";
import type { AnswerShape, Operation, RequestShape } from "../operation.js";
import { requestsOf } from "../path-table.js";
import { Components } from "./components.js";
import { operationId, parameterNames, singular } from "./names.js";

/** A document of OpenAPI 3.1. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly tags: readonly { readonly name: string; readonly description?: string }[];
  /** By path and, inside, by method in small letters. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One operation of an {@link OpenApiDocument}. */
export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  /** By status. */
  readonly responses: Readonly<Record<string, object>>;
}

/** What {@link openApiDocument} is made from. */
export interface OpenApiSources {
  /** Of two that take the same requests the later one counts. */
  readonly paths: readonly AdminPath[];
  readonly definitions: readonly EntityDefinition[];
  /** Of the library. */
  readonly version: string;
  /** URL of the API, or the path that it is mounted at. */
  readonly server: string;
  /** Requests need a token. */
  readonly needsToken: boolean;
}

const description =
  "Kong's Admin API, as this gateway has it. Every path also takes OPTIONS, and HEAD where it has GET. What is not found because there " +
  "is no such path, and methods that a path does not have, are answered with a message as well (404, 405).";

const formTypes = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"] as const;
const bodyMethods: ReadonlySet<AdminMethod> = new Set(["POST", "PUT", "PATCH"]);

const securitySchemes = {
  token: { type: "apiKey", in: "header", name: "Kong-Admin-Token" },
  bearer: { type: "http", scheme: "bearer" },
} as const;

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

/** The document of an Admin API. */
export function openApiDocument({ paths, definitions, version, server, needsToken }: OpenApiSources): OpenApiDocument {
  const components = new Components(definitions);
  const parameters: Record<string, object> = {};
  const tags = new Map<string, { readonly name: string; readonly description?: string }>();
  const byPath: Record<string, Record<string, OpenApiOperation>> = {};
  const visible = new Map(
    paths.filter(({ hidden, unavailable }) => !hidden && !unavailable).map((path) => [requestsOf(path), path]),
  );
  const ids = new Set<string>();
  for (const { pattern, endpoints } of visible.values()) {
    const item: Record<string, OpenApiOperation> = {};
    for (const [method, { operation }] of Object.entries(endpoints) as [AdminMethod, Endpoint][]) {
      const tag = tagOf(pattern, operation, definitions);
      tags.set(tag.name, tag);
      const wanted = operationId(pattern, method, operation);
      const id = ids.has(wanted) ? unused(`${wanted}By${method.charAt(0)}${method.slice(1).toLowerCase()}`, ids) : wanted;
      ids.add(id);
      const named = parametersOf(pattern, operation, parameters);
      item[method.toLowerCase()] = {
        operationId: id,
        summary: operation.summary,
        tags: [tag.name],
        ...(named.length > 0 ? { parameters: named } : {}),
        ...(operation.request ? { requestBody: requestBody(operation.request, components) } : {}),
        responses: responses(method, operation, components),
      };
    }
    setOwn(byPath, pattern, item);
  }
  const errors = { Message: components.json({ kind: "message" }) };
  return {
    openapi: "3.1.0",
    info: { title: "Admin API", version, description },
    servers: [serverAt(server)],
    security: needsToken ? [{ token: [] }, { bearer: [] }] : [],
    tags: [...tags.values()],
    paths: byPath,
    components: {
      schemas: components.schemas,
      examples: components.examples,
      parameters,
      responses: commonResponses(errors.Message),
      securitySchemes,
    },
  };
}

/** What stands before the paths of a document. Braces would be variables there. */
export function serverAt(url: string): OpenApiDocument["servers"][number] {
  const base = url.replace(/[{}]/g, encodeURIComponent).replace(/\/$/, "");
  return { url: base === "" ? "/" : base };
}

/** That of the entity; what is about none of them goes by its first segment. */
function tagOf(
  pattern: string,
  { entity }: Operation,
  definitions: readonly EntityDefinition[],
): { readonly name: string; readonly description?: string } {
  const definition = definitions.find(({ name }) => name === entity);
  if (!definition) return { name: pattern.split("/")[1] || "node" };
  return { name: definition.name, ...(definition.description === undefined ? {} : { description: definition.description }) };
}

function unused(name: string, ids: ReadonlySet<string>): string {
  let id = name;
  for (let count = 2; ids.has(id); count++) id = `${name}${count}`;
  return id;
}

/** Those of the path, then those of the query; both are shared by name where they are the same everywhere. */
function parametersOf(pattern: string, { query = {} }: Operation, shared: Record<string, object>): object[] {
  const inPath = parameterNames(pattern).map((name) => {
    setOwn(shared, `path.${name}`, {
      name,
      in: "path",
      required: true,
      description: `Id or key of the ${singular(name).replaceAll("_", " ")}.`,
      schema: { type: "string", minLength: 1 },
    });
    return ref("parameters", `path.${name}`);
  });
  const inQuery = Object.entries(query).map(([name, { description: about, ...schema }]) => {
    const parameter = { name, in: "query", ...(about === undefined ? {} : { description: about }), schema };
    const key = `query.${name}`;
    shared[key] ??= parameter;
    return JSON.stringify(shared[key]) === JSON.stringify(parameter) ? ref("parameters", key) : parameter;
  });
  return [...inPath, ...inQuery];
}

function requestBody({ body, optional, types = formTypes }: RequestShape, components: Components): object {
  const json = components.json(body);
  const { schema } = json;
  return {
    required: optional !== true,
    content: Object.fromEntries(types.map((type) => [type, type === "application/json" ? json : { schema }])),
  };
}

function responses(method: AdminMethod, { answers }: Operation, components: Components): Record<string, object> {
  const shown = Object.entries(answers).map(([status, answer]) => [status, response(answer, components)] as const);
  const hasBody = bodyMethods.has(method);
  return {
    "400": ref("responses", "Unreadable"),
    "401": ref("responses", "Unauthorized"),
    "403": ref("responses", "Forbidden"),
    ...(hasBody ? { "413": ref("responses", "TooLarge"), "415": ref("responses", "UnknownType") } : {}),
    "500": ref("responses", "Failure"),
    ...(shown.length > 0 ? Object.fromEntries(shown) : { default: { description: "What the plugin answers" } }),
  };
}

function response({ description: about, body }: AnswerShape, components: Components): object {
  if (body === undefined) return { description: about };
  const type = "kind" in body && body.kind === "text" ? body.type : "application/json";
  return { description: about, content: { [type]: components.json(body) } };
}

function commonResponses(message: object): Record<string, object> {
  const content = { "application/json": message };
  return {
    Unreadable: { description: "The request cannot be read, or has too many arguments", content },
    Unauthorized: { description: "No token, or an unknown one", content },
    Forbidden: { description: "The address of the client, or the web page that it shows, may not use this API", content },
    TooLarge: { description: "The body is too large", content },
    UnknownType: { description: "Bodies of this type are not taken", content },
    Failure: { description: "The gateway failed; its log says why", content },
  };
}
