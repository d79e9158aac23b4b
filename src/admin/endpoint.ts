import type { Arguments } from "../util/query.js";
import type { AdminAnswer } from "./answer.js";
import type { RequestBody } from "./body.js";
import type { AdminContext } from "./context.js";

/** The methods that endpoints may have. `OPTIONS` and, beside `GET`, `HEAD` come of themselves. */
export type AdminMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request, as endpoints see it. */
export interface AdminRequest {
  readonly context: AdminContext;
  /** What the host application has cut off the path; links start with it. */
  readonly mountPath: string;
  /** Path parameters as they came, not decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Arguments;
  /** Empty for `GET` and `DELETE`. */
  readonly body: RequestBody;
}

/** Answers one method of one path. */
export type Endpoint = (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;

/** The methods of one path. */
export type Endpoints = Readonly<Partial<Record<AdminMethod, Endpoint>>>;

/** What a path takes beyond the usual. */
export interface PathOptions {
  /** Also takes YAML, and bodies that are not a JSON object. */
  readonly rawBodies?: boolean;
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
