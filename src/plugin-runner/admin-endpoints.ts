import type { MaybePromise } from "../util/maybe-promise.js";
import type { PluginNode } from "./plugin-node.js";

/** Methods that a plugin may answer on the Admin API. */
export type AdminEndpointMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request to one of a plugin's own Admin API endpoints. */
export interface AdminEndpointRequest {
  readonly method: AdminEndpointMethod;
  /** As requested below the Admin API's mount point, without the query. */
  readonly path: string;
  /** What the `:names` of the endpoint's path stand for, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Decoded; repeated arguments as lists, `true` for one without `=`. */
  readonly query: Readonly<Record<string, string | true | readonly (string | true)[]>>;
  /** By lower-case name, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON or form arguments; `undefined` without a body. */
  readonly body: unknown;
}

/** What a plugin answers on the Admin API. */
export interface AdminEndpointAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: object | string | Buffer | null;
}

/**
 * Answers one method of one endpoint. What it throws is answered with 500 and logged.
 *
 * @param request - parsed; paths and bodies that cannot be parsed never come here
 * @param node - what `initWorker` gets: the plugin's state, its log and the gateway's cache
 */
export type AdminEndpointHandler = (request: AdminEndpointRequest, node: PluginNode) => MaybePromise<AdminEndpointAnswer>;

/**
 * A plugin's own endpoints on the Admin API, by path. A part of a path that begins with a colon stands for any one segment.
 *
 * @example
 * ```ts
 * adminEndpoints: {
 *   "/my-cache/:key": {
 *     GET: ({ params }, node) => {
 *       const found = node.state(() => new Map<string, object>()).get(params.key ?? "");
 *       return found === undefined ? { status: 404, body: { message: "Not found" } } : { status: 200, body: found };
 *     },
 *   },
 * }
 * ```
 */
export type AdminEndpoints = Readonly<Record<`/${string}`, Readonly<Partial<Record<AdminEndpointMethod, AdminEndpointHandler>>>>>;
