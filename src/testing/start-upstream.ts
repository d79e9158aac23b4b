import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { wrongArgument } from "../errors/check-argument.js";
import { thrownText } from "../util/thrown.js";

/** What an upstream saw of one request, and what it answers as JSON unless it has a handler. */
export interface RecordedRequest {
  readonly method: string;
  /** The request target as it arrived: path and query. */
  readonly url: string;
  /** Lower-case names in order of arrival; a header that came more than once is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

/**
 * Answers a request that was read whole and recorded.
 *
 * What it throws, or rejects with, becomes a 500 with the message as its body.
 */
export type UpstreamHandler = (
  recorded: RecordedRequest,
  response: ServerResponse,
  request: IncomingMessage,
) => void | Promise<void>;

/** What {@link startUpstream} takes beside the handler. */
export interface UpstreamOptions {
  /** Default 0: any free port. */
  readonly port?: number;
}

/** An upstream that {@link startUpstream} started. */
export interface RunningUpstream extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port`, for the `url` of a service. */
  readonly url: string;
  /** All requests so far, oldest first. Empty it to start anew. */
  readonly requests: RecordedRequest[];
  /** Stops it and cuts its connections. */
  close(): Promise<void>;
}

/**
 * Starts an upstream on 127.0.0.1 that records its requests. Without a handler it answers 200 with what it was asked, as JSON.
 *
 * @param handler - answers in place of the echo
 * @throws OptionsError for a handler that is no function, the error of `net.Server` when the port cannot be had (rejects)
 * @example
 * ```ts
 * await using upstream = await startUpstream();
 * await using gateway = await startGateway({
 *   _format_version: "3.0",
 *   services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
 * });
 * await gateway.fetch("/hello");
 * expect(upstream.requests[0]?.url).toBe("/hello");
 * ```
 */
export async function startUpstream(
  handler: UpstreamHandler = echo,
  { port = 0 }: UpstreamOptions = {},
): Promise<RunningUpstream> {
  if (typeof handler !== "function") throw wrongArgument("handler", "a function", handler);
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => response.destroy());
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const recorded = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: headersOf(request),
        body: Buffer.concat(chunks).toString("utf8"),
      };
      requests.push(recorded);
      void answer(handler, recorded, response, request);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: address.port, url: `http://127.0.0.1:${address.port}`, requests, close, [Symbol.asyncDispose]: close };
}

async function answer(
  handler: UpstreamHandler,
  recorded: RecordedRequest,
  response: ServerResponse,
  request: IncomingMessage,
): Promise<void> {
  try {
    await handler(recorded, response, request);
  } catch (error) {
    if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
    response.end(thrownText(error));
  }
}

function echo(recorded: RecordedRequest, response: ServerResponse): void {
  const text = JSON.stringify(recorded);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) }).end(text);
}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const value = rawHeaders[at + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : [before, value].flat());
  }
  // Not by assignment, where "__proto__" would set the prototype in place of a header.
  return Object.fromEntries(headers);
}
