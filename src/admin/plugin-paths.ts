import type { IncomingHttpHeaders } from "node:http";
import { isObject } from "../schema/values.js";
import type { Arguments } from "../util/query.js";
import { type AdminAnswer, answer } from "./answer.js";
import type { AdminMethod, AdminPath, AdminRequest, Endpoint } from "./endpoint.js";
import { decodeParameter } from "./entity-handle.js";
import { formValues } from "./form.js";
import { action } from "./operation.js";

/** A request to an endpoint of a plugin. */
export interface PluginEndpointRequest {
  readonly method: AdminMethod;
  readonly path: string;
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Arguments;
  readonly headers: IncomingHttpHeaders;
  /** A JSON object or the fields of a form; `undefined` without a body. */
  readonly body: unknown;
}

/** What a plugin's endpoint answers: objects are sent as JSON, texts and bytes as they are. */
export interface PluginEndpointAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string | Buffer | null;
}

/** Answers one method of one path of a plugin. */
export type PluginEndpoint = (request: PluginEndpointRequest) => PluginEndpointAnswer | Promise<PluginEndpointAnswer>;

/** The endpoints that one plugin adds, by path: segments that begin with `:` are parameters. */
export interface PluginEndpoints {
  readonly plugin: string;
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<AdminMethod, PluginEndpoint>>>>>;
}

/** The paths that plugins add to the API. */
export function pluginPaths(plugins: readonly PluginEndpoints[]): AdminPath[] {
  return plugins.flatMap(({ plugin, paths }) =>
    Object.entries(paths).map(([path, methods]) => ({
      pattern: path.replace(/:([^/]+)/g, "{$1}"),
      endpoints: Object.fromEntries(
        Object.entries(methods).map(([method, endpoint]) => [method, pluginEndpoint(plugin, method as AdminMethod, endpoint)]),
      ),
    })),
  );
}

function pluginEndpoint(plugin: string, method: AdminMethod, endpoint: PluginEndpoint): Endpoint {
  return {
    run: async (request) => answerOf(plugin, await endpoint(pluginRequest(method, request))),
    operation: action(`Defined by the plugin ${plugin}`, {
      ...(method === "GET" || method === "DELETE"
        ? {}
        : { request: { optional: true, body: { kind: "value", schema: { type: "object" } } } }),
      answers: {},
    }),
  };
}

function pluginRequest(method: AdminMethod, { path, params, query, headers, body }: AdminRequest): PluginEndpointRequest {
  const decoded = Object.entries(params).map(([name, value]) => [name, decodeParameter(value)] as const);
  return {
    method,
    path,
    params: Object.fromEntries(decoded),
    query,
    headers,
    body: body.form ? formValues(body.form) : body.json,
  };
}

function answerOf(plugin: string, given: PluginEndpointAnswer): AdminAnswer {
  if (!isObject(given) || !Number.isInteger(given.status) || given.status < 200 || given.status > 599) {
    throw new TypeError(`the plugin ${plugin} answered with something that has no status from 200 to 599`);
  }
  const { status, headers, body } = given;
  return { ...answer(status, body ?? undefined), ...(headers === undefined ? {} : { headers }) };
}
