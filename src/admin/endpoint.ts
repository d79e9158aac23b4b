import type { IncomingHttpHeaders } from "node:http";
import type { Arguments } from "../util/query.js";
import type { AdminAnswer } from "./answer.js";
import type { RequestBody } from "./body.js";
import type { AdminContext } from "./context.js";
import type { Operation } from "./operation.js";

/** The methods that endpoints may have. `OPTIONS` and, beside `GET`, `HEAD` come of themselves. */
export type AdminMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request, as endpoints see it. */
export interface AdminRequest {
  readonly context: AdminContext;
  /** As requested below the mount point, without the query. */
  readonly path: string;
  /** What the host application has cut off the path; links start with it. */
  readonly mountPath: string;
  /** Path parameters as they came, not decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Arguments;
  readonly headers: IncomingHttpHeaders;
  /** Empty for `GET` and `DELETE`. */
  readonly body: RequestBody;
}

/** Answers one method of one path. */
export type Run = (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;

/** One method of one path: what it does, and what it is. */
export interface Endpoint {
  readonly run: Run;
  readonly operation: Operation;
}

/** The methods of one path. */
export type Endpoints = Readonly<Partial<Record<AdminMethod, Endpoint>>>;

/** What a path takes beyond the usual. */
export interface PathOptions {
  /** Also takes YAML, and bodies that are not a JSON object. */
  readonly rawBodies?: boolean;
  /** Not part of the API proper: left out of `/endpoints` and of documents. */
  readonly hidden?: boolean;
  /** Says that it is not there, to clients that ask: left out of documents. */
  readonly unavailable?: boolean;
}

/** One path of the Admin API: literal segments, and parameters as `{name}`. */
export interface AdminPath extends PathOptions {
  readonly pattern: string;
  readonly endpoints: Endpoints;
}

/** The methods to tell a client of, sorted. */
export function allowedMethods(endpoints: Endpoints): string {
  const methods = [...Object.keys(endpoints), "OPTIONS", ...(endpoints.GET ? ["HEAD"] : [])];
  return methods.sort().join(", ");
}

/** The endpoint of a method; that of `GET` answers `HEAD` too. */
export function endpointFor(endpoints: Endpoints, method: string): Endpoint | undefined {
  if (method === "HEAD") return endpoints.GET;
  return Object.hasOwn(endpoints, method) ? endpoints[method as AdminMethod] : undefined;
}
