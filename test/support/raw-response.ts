/** A response as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  /** As sent, in order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  /** Lower-case names; a header sent more than once is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Without the chunk framing. */
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
  /** Status codes of the interim (1xx) responses before this one. */
  readonly interim: readonly number[];
}

/**
 * Reads one response out of what a server sent.
 *
 * @returns `undefined` while it is incomplete
 */
export function parseRawResponse(bytes: Buffer, { head, ended }: { head: boolean; ended: boolean }): RawResponse | undefined {
  const interim: number[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n\r\n", start);
    if (end < 0) return undefined;
    const [statusLine = "", ...lines] = bytes.toString("latin1", start, end).split("\r\n");
    const [, code = "", reason = ""] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
    if (code === "") throw new Error(`not a status line: ${statusLine}`);
    const status = Number(code);
    start = end + 4;
    if (status >= 100 && status < 200 && status !== 101) {
      interim.push(status);
      continue;
    }

    const rawHeaders = lines.map(splitHeader);
    const headers = byName(rawHeaders);
    const bodiless = head || status === 101 || status === 204 || status === 304;
    const body = bodiless ? Buffer.alloc(0) : readBody(bytes.subarray(start), headers, ended);
    if (body === undefined) return undefined;
    return { status, reason, rawHeaders, headers, body, text: body.toString("utf8"), interim };
  }
}

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function byName(rawHeaders: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [rawName, value] of rawHeaders) {
    const name = rawName.toLowerCase();
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  return headers;
}

function readBody(bytes: Buffer, headers: Record<string, string | string[]>, ended: boolean): Buffer | undefined {
  if (headers["transfer-encoding"] !== undefined) return readChunks(bytes);
  const length = headers["content-length"];
  if (length === undefined) return ended ? bytes : undefined;
  return bytes.length < Number(length) ? undefined : bytes.subarray(0, Number(length));
}

function readChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    at = end + 2;
    if (size === 0) return bytes.indexOf("\r\n", at) < 0 ? undefined : Buffer.concat(chunks);
    if (bytes.length < at + size + 2) return undefined;
    chunks.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
}
