import type { IncomingMessage } from "node:http";
import type { AdminContext } from "./context.js";

/**
 * True for a change that a foreign web page asks for. Browsers send forms and multipart bodies to any address without asking first,
 * so any page could otherwise replace the configuration of a gateway on its visitor's machine. They say where a request comes from
 * (Fetch Metadata, `Sec-Fetch-Site`); other clients say nothing and pass.
 */
export function comesFromForeignPage(req: IncomingMessage, { guiOrigins = [] }: AdminContext): boolean {
  const site = req.headers["sec-fetch-site"];
  if (site !== "cross-site" && site !== "same-site") return false;
  const { origin } = req.headers;
  return origin === undefined || !guiOrigins.includes(origin);
}
