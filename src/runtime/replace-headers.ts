import type { ServerResponse } from "node:http";

/**
 * Puts headers on a response on which the host has set some already (Express its `X-Powered-By`); ours win over those of the same
 * name. `writeHead` would do, but when headers were set before, it keeps only the last of repeated ones (Node 20).
 *
 * @param headers - names and values in turn
 */
export function replaceHeaders(response: ServerResponse, headers: readonly string[]): void {
  for (let i = 0; i < headers.length; i += 2) response.removeHeader(headers[i] as string);
  for (let i = 0; i < headers.length; i += 2) response.appendHeader(headers[i] as string, headers[i + 1] as string);
}
