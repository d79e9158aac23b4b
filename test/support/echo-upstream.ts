import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the upstream saw of one request, and what it answers as JSON. */
export interface EchoRecord {
  readonly method: string;
  /** The request target as it arrived. */
  readonly url: string;
  /** Lower-case names in order of arrival; a header that came more than once is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/** An upstream that answers 200 with what it was asked, and remembers it. */
export interface EchoUpstream extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** All requests so far, oldest first. Empty it to start anew. */
  readonly requests: EchoRecord[];
  close(): Promise<void>;
}

/** How an echo upstream differs from the plain one. */
export interface EchoOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Called in place of the echo, after the request was recorded. */
  readonly answer?: (record: EchoRecord, res: ServerResponse, req: IncomingMessage) => void;
}

/** Starts an echo upstream on 127.0.0.1. */
export async function echoUpstream(options: EchoOptions = {}): Promise<EchoUpstream> {
  const requests: EchoRecord[] = [];
  const answer = options.answer ?? echo;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("error", () => res.destroy());
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const record = {
        method: req.method ?? "",
        url: req.url ?? "",
        headers: headersOf(req),
        body: Buffer.concat(chunks).toString("utf8"),
      };
      requests.push(record);
      answer(record, res, req);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://127.0.0.1:${port}`, requests, close, [Symbol.asyncDispose]: close };
}

function echo(record: EchoRecord, res: ServerResponse): void {
  const text = JSON.stringify(record);
  res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

function headersOf(req: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let at = 0; at < req.rawHeaders.length; at += 2) {
    const name = (req.rawHeaders[at] ?? "").toLowerCase();
    const value = req.rawHeaders[at + 1] ?? "";
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    // Assignment to "__proto__" would set the prototype in place of a header.
    Object.defineProperty(headers, name, {
      value: known === undefined ? value : [known, value].flat(),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return headers;
}
