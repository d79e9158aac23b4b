import type { IncomingMessage, Server } from "node:http";
import { isHeaderName } from "../util/header-list.js";

/** Header lines that Node's server reads of one request when the host says nothing (`server.maxHeadersCount`). */
const READ_BY_DEFAULT = 1_000;

/**
 * True when the request may have more header lines than Node has read: it drops the rest without a word. What the gateway would decide
 * from those that are left need not be what the client, or a proxy before it, meant.
 */
export function mayLackHeaders({ rawHeaders, socket }: IncomingMessage): boolean {
  const { server } = socket as { server?: Server };
  const most = server?.maxHeadersCount ?? READ_BY_DEFAULT;
  return most > 0 && rawHeaders.length >= 2 * most;
}

/**
 * True for more than one `Authorization`. Node reads the first and the upstream might read the last: who was authenticated here would be
 * somebody else there. Kong's web server refuses them as well.
 */
export function hasTwoAuthorizations({ headers, rawHeaders }: IncomingMessage): boolean {
  if (headers.authorization === undefined) return false;
  let lines = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (isHeaderName(rawHeaders[i] as string, "authorization")) lines += 1;
  return lines > 1;
}
