import {
  request as ask,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";

/** A request to the Admin API, with all of its body. */
export interface AdminCall {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What a worker answered. */
export interface AdminResult {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What {@link AdminRelay} needs of the workers. */
export interface AdminWorkers {
  /** The sockets of all workers that serve, in order. */
  sockets(): readonly string[];
  /** Runs one after the other what changes workers. */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  /** A configuration has been put in force by this request; workers that come later need it too. */
  configured(call: AdminCall): void;
}

/** What else {@link AdminRelay} takes. */
export interface AdminRelayOptions {
  /** The processes share a database. */
  readonly isShared: boolean;
  /** Of a request that changes something, in bytes. */
  readonly maxBodyBytes: number;
}

/** What changes one process only, even when all share a database. */
const ofOneProcess = /^\/(?:cache|upstreams\/[^/]+\/targets\/.+\/(?:un)?healthy|debug\/)/;

/**
 * The Admin API of several processes as if they were one. Whatever reads is answered by one of them. Whatever changes is asked of one and,
 * once that has accepted it, of all others; the answer is that of the first. With a database, which all of them share, one is enough.
 */
export class AdminRelay {
  readonly server: Server;
  readonly #workers: AdminWorkers;
  readonly #options: AdminRelayOptions;

  constructor(workers: AdminWorkers, options: AdminRelayOptions) {
    this.#workers = workers;
    this.#options = options;
    this.server = createServer((request, response) => {
      this.#handle(request, response).catch(() => {
        if (!response.headersSent) respond(response, answerOf("An unexpected error occurred", 500));
        else response.destroy();
      });
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const first = this.#workers.sockets()[0];
    if (first === undefined) respond(response, answerOf("no worker serves", 503));
    else if (!this.#isForAll(method, url)) pass(request, response, first);
    else {
      const body = await bodyOf(request, this.#options.maxBodyBytes);
      const call = body && { method, url, headers: request.headers, body };
      respond(response, call ? await this.#workers.exclusively(() => this.#askAll(call)) : tooLarge);
    }
  }

  #isForAll(method: string, url: string): boolean {
    if (method === "GET" || method === "HEAD" || method === "OPTIONS") return false;
    return !this.#options.isShared || ofOneProcess.test(url);
  }

  async #askAll(call: AdminCall): Promise<AdminResult> {
    const [first, ...others] = this.#workers.sockets();
    if (first === undefined) return answerOf("no worker serves", 503);
    const result = await askWorker(first, call);
    if (result.status >= 300) return result;
    if (isConfig(call)) this.#workers.configured(call);
    const outcomes = await Promise.allSettled(others.map((socket) => askWorker(socket, call)));
    // A worker that is gone is replaced by one that gets the configuration before it serves.
    const refused = outcomes.find((outcome) => outcome.status === "fulfilled" && outcome.value.status >= 300);
    return refused?.status === "fulfilled" ? refused.value : result;
  }
}

function isConfig({ method, url }: AdminCall): boolean {
  return method === "POST" && /^\/config\/?(?:\?|$)/.test(url);
}

/** Asks one worker. */
export function askWorker(socketPath: string, { method, url, headers, body }: AdminCall): Promise<AdminResult> {
  return new Promise((resolve, reject) => {
    const { "transfer-encoding": _, ...kept } = headers;
    const options = {
      socketPath,
      method,
      path: url,
      headers: { ...kept, "content-length": String(body.length), connection: "close" },
    };
    ask(options, (answer) => {
      bodyOf(answer).then(
        (content) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: content ?? noBody }),
        reject,
      );
    })
      .on("error", reject)
      .end(body);
  });
}

function pass(request: IncomingMessage, response: ServerResponse, socketPath: string): void {
  const { method, url: path, headers } = request;
  const asking: ClientRequest = ask({ socketPath, method, path, headers: { ...headers, connection: "close" } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers));
    answer.pipe(response).on("error", () => answer.destroy());
    answer.on("error", () => response.destroy());
  });
  asking.on("error", () => {
    if (response.headersSent) response.destroy();
    else respond(response, answerOf("the worker that was asked is gone", 503));
  });
  response.on("close", () => asking.destroy());
  request.pipe(asking);
}

/** @returns `undefined` when it is larger than that */
async function bodyOf(message: IncomingMessage, maxBytes = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) chunks.length = 0;
    else chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks);
}

function withoutConnection(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...kept } = headers;
  return kept;
}

function respond(response: ServerResponse, { status, headers, body }: AdminResult): void {
  response.writeHead(status, withoutConnection(headers)).end(body);
}

function answerOf(message: string, status: number): AdminResult {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

const noBody = Buffer.alloc(0);
const tooLarge = answerOf("Payload too large", 413);
