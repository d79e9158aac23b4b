import type { IncomingMessage, ServerResponse } from "node:http";
import { GatewayError } from "../errors/gateway-error.js";
import type { EntityDefinition } from "../schema/entity.js";
import { type Arguments, forEachArgument, parseArguments } from "../util/query.js";
import { splitTarget } from "../util/uri.js";
import { type AdminAnswer, AnswerError, answer, message, methodNotAllowed, notFound } from "./answer.js";
import { bodyType, checkArgumentCount, emptyBody, readRequestBody } from "./body.js";
import type { AdminContext } from "./context.js";
import { comesFromForeignPage } from "./cross-site.js";
import { type AdminMethod, type AdminPath, allowedMethods, type Endpoint, type Endpoints } from "./endpoint.js";
import { type PathMatch, PathTable } from "./path-table.js";
import { adminPaths } from "./paths.js";
import { sendAnswer } from "./send.js";

/** Handles a request for the Admin API. */
export type AdminHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;

const bodyMethods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * The Admin API of a gateway as a request handler. It has no authentication of its own: mount it where only administrators get.
 *
 * Unknown paths go on to `next` where there is one, and are answered with 404 otherwise. Failures of the gateway are logged and
 * answered with a 500 that tells nothing about them.
 */
export function createAdminHandler(context: AdminContext): AdminHandler {
  const tableFor = pathTables();
  return (req, res, next) => {
    const started = performance.now();
    const { path, query } = splitTarget(req.url ?? "/");
    const match = tableFor(context.definitions()).find(path);
    if (!match && next) {
      next();
      return;
    }
    respond(context, req, query.slice(1), match)
      .catch((error: unknown) => failure(context, req, error))
      .then((given) => sendAnswer(context, req, res, given, started))
      .catch((error: unknown) => {
        context.logger.error("an answer of the Admin API could not be sent", { error });
        res.destroy();
      });
  };
}

/** The table of paths, made anew when the entities are others. */
function pathTables(): (definitions: readonly EntityDefinition[]) => PathTable {
  let known: readonly EntityDefinition[] | undefined;
  let table = new PathTable([]);
  return (definitions) => {
    if (definitions !== known) {
      table = new PathTable(adminPaths(definitions));
      known = definitions;
    }
    return table;
  };
}

/** The checks in Kong's order: type of the body, path, method, form of the body; then the endpoint. */
async function respond(
  context: AdminContext,
  req: IncomingMessage,
  query: string,
  match: PathMatch | undefined,
): Promise<AdminAnswer> {
  const method = req.method ?? "GET";
  const path = match?.path;
  const type = bodyMethods.has(method) ? bodyType(req, path?.rawBodies === true) : "none";
  if (!match || !path) return notFound;
  if (method === "OPTIONS") return preflight(req, path);
  const endpoint = endpointOf(path.endpoints, method);
  if (!endpoint) return method === "HEAD" ? answer(200) : methodNotAllowed;
  if (method !== "GET" && method !== "HEAD" && comesFromForeignPage(req, context)) {
    return message(403, "changes from other web sites are refused");
  }
  const args = queryArguments(query);
  const body = type === "none" ? emptyBody : await readRequestBody(req, type, path.rawBodies === true);
  const mountPath = mountPathOf(req);
  return endpoint({ context, mountPath, params: match.params, query: args, body });
}

function endpointOf(endpoints: Endpoints, method: string): Endpoint | undefined {
  if (method === "HEAD") return endpoints.GET;
  return Object.hasOwn(endpoints, method) ? endpoints[method as AdminMethod] : undefined;
}

function preflight(req: IncomingMessage, { endpoints }: AdminPath): AdminAnswer {
  const methods = allowedMethods(endpoints);
  return {
    status: 204,
    headers: {
      Allow: methods,
      "Access-Control-Allow-Methods": methods,
      "Access-Control-Allow-Headers": String(req.headers["access-control-request-headers"] ?? "Content-Type"),
    },
  };
}

function queryArguments(query: string): Arguments {
  let count = 0;
  forEachArgument(query, () => {
    count += 1;
  });
  checkArgumentCount(count);
  return parseArguments(query, count);
}

/** What a host application has cut off the path, as Connect and Express leave it in `originalUrl`. */
function mountPathOf(req: IncomingMessage & { readonly originalUrl?: unknown }): string {
  const { originalUrl, url = "/" } = req;
  if (typeof originalUrl !== "string" || originalUrl === url || !originalUrl.endsWith(url)) return "";
  return originalUrl.slice(0, -url.length);
}

function failure({ logger }: AdminContext, req: IncomingMessage, error: unknown): AdminAnswer {
  if (error instanceof AnswerError) return error.answer;
  // The client went away in the middle of its request: nobody reads the answer, and nothing is wrong here.
  if (req.destroyed && !req.complete) return answer(400);
  if (error instanceof GatewayError && error.status < 500) return answer(error.status, error.toJSON());
  logger.error("a request to the Admin API failed", { error });
  const status = error instanceof GatewayError ? error.status : 500;
  return message(status, "An unexpected error occurred");
}
