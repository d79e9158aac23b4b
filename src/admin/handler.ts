import type { IncomingMessage, ServerResponse } from "node:http";
import { GatewayError } from "../errors/gateway-error.js";
import type { EntityDefinition } from "../schema/entity.js";
import { type Arguments, forEachArgument, parseArguments } from "../util/query.js";
import { splitTarget } from "../util/uri.js";
import { type AdminProtection, type Admission, adminProtection } from "./access.js";
import { type AdminAnswer, AnswerError, answer, message, methodNotAllowed, notFound } from "./answer.js";
import { type AdminRequestEvent, auditEvent } from "./audit.js";
import { bodyType, checkArgumentCount, emptyBody, readRequestBody } from "./body.js";
import type { AdminContext } from "./context.js";
import { comesFromForeignPage } from "./cross-site.js";
import { type AdminPath, allowedMethods, endpointFor } from "./endpoint.js";
import { type PathMatch, PathTable } from "./path-table.js";
import { adminPaths, statusPaths } from "./paths.js";
import { sendAnswer } from "./send.js";

/** Handles a request for the Admin API or the Status API. */
export type AdminHandler = (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;

const bodyMethods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
const unprotected = adminProtection({});

/**
 * The Admin API of a gateway as a request handler. Who may use it is for `context.protection` to say, and for the host that mounts it.
 *
 * Unknown paths go on to `next` where there is one, and are answered with 404 otherwise. Failures of the gateway are logged and
 * answered with a 500 that tells nothing about them.
 *
 * @param protection - in place of that of the context
 */
export function createAdminHandler(context: AdminContext, protection = context.protection ?? unprotected): AdminHandler {
  return createHandler(context, { pathsOf: adminPaths, protection, audit: (event) => context.audit?.(event) });
}

/** The Status API: what a probe or a scraper asks for. It shows no configuration, changes none, and asks for no token. */
export function createStatusHandler(context: AdminContext): AdminHandler {
  return createHandler(context, { pathsOf: statusPaths, protection: unprotected, audit: () => undefined });
}

/** What the two interfaces do differently. */
interface Interface {
  readonly pathsOf: (context: AdminContext) => readonly AdminPath[];
  readonly protection: AdminProtection;
  readonly audit: (event: AdminRequestEvent) => void;
}

function createHandler(context: AdminContext, { pathsOf, protection, audit }: Interface): AdminHandler {
  const tableFor = pathTables(context, pathsOf);
  return (req, res, next) => {
    const started = performance.now();
    const at = context.now();
    const { path, query } = splitTarget(req.url ?? "/");
    const match = tableFor(context.definitions()).find(path);
    if (!match && next) {
      next();
      return;
    }
    const admission = protection(req);
    respond(context, req, { path, query: query.slice(1), match, admission })
      .catch((error: unknown) => failure(context, req, error))
      .then((given) => {
        sendAnswer(context, req, res, given, started);
        const request = { method: req.method ?? "GET", at };
        const answered = { status: given.status, durationMs: performance.now() - started };
        audit(auditEvent(request, match, admission.administrator, answered));
      })
      .catch((error: unknown) => {
        context.logger.error("an answer of the Admin API could not be sent", { error });
        res.destroy();
      });
  };
}

/** The table of paths, made anew when the entities are others. */
function pathTables(
  context: AdminContext,
  pathsOf: (context: AdminContext) => readonly AdminPath[],
): (definitions: readonly EntityDefinition[]) => PathTable {
  let known: readonly EntityDefinition[] | undefined;
  let table = new PathTable([]);
  return (definitions) => {
    if (definitions !== known) {
      table = new PathTable(pathsOf(context));
      known = definitions;
    }
    return table;
  };
}

/** A request, as far as it has been looked at. */
interface Asked {
  readonly path: string;
  readonly query: string;
  readonly match: PathMatch | undefined;
  readonly admission: Admission;
}

/** The checks in Kong's order: type of the body, path, method, form of the body; then the endpoint. Who asks comes before them all. */
async function respond(
  context: AdminContext,
  req: IncomingMessage,
  { path: text, query, match, admission }: Asked,
): Promise<AdminAnswer> {
  if (admission.refusal) return admission.refusal;
  // The web server in front of Kong refuses these. No name has such a character, and PostgreSQL has no text with one.
  if (text.includes("%00")) return message(400, "Null characters are not allowed in paths");
  const method = req.method ?? "GET";
  const path = match?.path;
  const type = bodyMethods.has(method) ? bodyType(req, path?.rawBodies === true) : "none";
  if (!match || !path) return notFound;
  if (method === "OPTIONS") return preflight(req, path);
  const endpoint = endpointFor(path.endpoints, method);
  if (!endpoint) return method === "HEAD" ? answer(200) : notAllowed(path);
  if (method !== "GET" && method !== "HEAD" && comesFromForeignPage(req, context)) {
    return message(403, "changes from other web sites are refused");
  }
  const args = queryArguments(query);
  const body = type === "none" ? emptyBody : await readRequestBody(req, type, path.rawBodies === true, context.maxBodyBytes);
  const mountPath = mountPathOf(req);
  return endpoint.run({ context, path: text, mountPath, params: match.params, query: args, headers: req.headers, body });
}

/** Kong leaves out `Allow`, which RFC 9110 section 15.5.6 demands. */
function notAllowed({ endpoints }: AdminPath): AdminAnswer {
  return { ...methodNotAllowed, headers: { Allow: allowedMethods(endpoints) } };
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
