import type { UpstreamHandler } from "../../../src/testing/index.js";
import { type EchoUpstream, echoUpstream } from "../../support/echo-upstream.js";
import type { RawRequest } from "../../support/raw-request.js";
import type { RawResponse } from "../../support/raw-response.js";
import { type Config, type TestGateway, testGateway } from "../../support/test-gateway.js";

/** Answers each request with another number, as JSON, so that a stored answer can be told from a new one. */
export interface CacheGateway extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: EchoUpstream;
  /** What the gateway was started with. */
  readonly document: Config;
  /** The gateway's clock, in milliseconds since the epoch; to be changed. */
  readonly time: { now: number };
  /** Errors and warnings. */
  readonly logged: string[];
  ask(request?: RawRequest): Promise<RawResponse>;
  /** Asks once for each request, and answers what `X-Cache-Status` said. */
  statuses(...requests: readonly RawRequest[]): Promise<(string | undefined)[]>;
  /** The same for plain `GET`s. */
  paths(...paths: readonly string[]): Promise<(string | undefined)[]>;
}

/** What a cache gateway is made of. */
export interface CacheSetup {
  /** Headers of the upstream's answers, beside its `Content-Type: application/json`. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly answer?: UpstreamHandler;
  /** In place of the one service. */
  readonly document?: (url: string) => Config;
  readonly options?: object;
}

/** @param config - of the plugin, beside its strategy */
export async function cacheGateway(config: object = {}, setup: CacheSetup = {}): Promise<CacheGateway> {
  const { headers = {}, options, answer } = setup;
  let count = 0;
  const upstream = await echoUpstream({
    answer:
      answer ??
      ((_recorded, response) => {
        count += 1;
        response.setHeader("content-type", "application/json");
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string | string[]);
        response.end(`{"count":${count}}`);
      }),
  });
  const time = { now: Date.UTC(2024, 0, 1) };
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const plugin = { name: "proxy-cache", config: { strategy: "memory", ...config } };
  const document: Config = {
    _format_version: "3.0",
    ...(setup.document?.(upstream.url) ?? {
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }], plugins: [plugin] }],
    }),
  };
  const gateway = await testGateway({
    config: document,
    options: { clock: () => time.now, logger: { debug() {}, info() {}, warn: log, error: log }, ...options },
  });
  const ask = (request: RawRequest = {}): Promise<RawResponse> =>
    gateway.request({ ...request, headers: { host: "x", ...(request.headers as Record<string, string>) } });
  const statuses = async (...requests: readonly RawRequest[]): Promise<(string | undefined)[]> => {
    const seen: (string | undefined)[] = [];
    for (const request of requests) seen.push((await ask(request)).headers["x-cache-status"] as string | undefined);
    return seen;
  };
  return {
    gateway,
    upstream,
    document,
    time,
    logged,
    ask,
    statuses,
    paths: (...paths) => statuses(...paths.map((path) => ({ path }))),
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}
