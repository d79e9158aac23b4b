import { STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";

/**
 * Writes a response head as it goes over the wire. The headers may come from plugins, and nothing else stands between them and the
 * socket here, so they are checked.
 *
 * @param headers - names and values in turn
 * @throws TypeError when a name or value has characters that would break the head
 */
export function formatHead(status: number, statusText: string, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${statusText || STATUS_CODES[status] || ""}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    validateHeaderName(name);
    validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
