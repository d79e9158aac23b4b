import type { IncomingMessage, ServerResponse } from "node:http";
import type { AdminAnswer } from "./answer.js";
import type { AdminContext } from "./context.js";

/**
 * Sends an answer with the headers that all answers have. Texts and bytes are sent as they are, everything else as JSON.
 *
 * @param started - when the request came, on the clock of `performance.now`
 */
export function sendAnswer(
  context: AdminContext,
  req: IncomingMessage,
  res: ServerResponse,
  given: AdminAnswer,
  started: number,
): void {
  if (res.destroyed || res.headersSent) return;
  const content = contentOf(given.body);
  res.statusCode = given.status;
  if (content.length > 0 && !Buffer.isBuffer(content)) res.setHeader("Content-Type", "application/json; charset=utf-8");
  setCommonHeaders(context, req, res, started);
  for (const [name, value] of Object.entries(given.headers ?? {})) res.setHeader(name, value);
  // These two never have a body (RFC 9110 section 8.6): 204 must not announce a length, and that of 304 is of the 200 it stands for.
  const hasNoLength = given.status === 204 || given.status === 304;
  if (!hasNoLength) res.setHeader("Content-Length", Buffer.byteLength(content));
  res.end(req.method === "HEAD" || hasNoLength ? undefined : content);
}

function contentOf(body: unknown): string | Buffer {
  if (body === undefined) return "";
  return typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

function setCommonHeaders(context: AdminContext, req: IncomingMessage, res: ServerResponse, started: number): void {
  const { headers, product, guiOrigins = [] } = context;
  if (headers?.server !== false) res.setHeader("Server", product);
  if (headers?.latency !== false) res.setHeader("X-Kong-Admin-Latency", Math.floor(performance.now() - started));
  const { origin } = req.headers;
  const [firstGui] = guiOrigins;
  if (firstGui === undefined) {
    res.setHeader("Access-Control-Allow-Origin", origin ?? "*");
    return;
  }
  res.setHeader("Access-Control-Allow-Origin", origin !== undefined && guiOrigins.includes(origin) ? origin : firstGui);
  res.setHeader("Access-Control-Allow-Credentials", "true");
}
