import type { EchoRecord } from "../../support/echo-upstream.js";
import { echoUpstream } from "../../support/echo-upstream.js";
import type { RawRequest } from "../../support/raw-request.js";
import type { RawResponse } from "../../support/raw-response.js";
import { testGateway } from "../../support/test-gateway.js";

export interface Transformed {
  readonly response: RawResponse;
  /** What arrived upstream; `undefined`: nothing did. */
  readonly arrived: EchoRecord | undefined;
}

export interface Setting {
  readonly config: object;
  /** Default: all paths. */
  readonly route?: object;
  readonly options?: object;
}

/** Sends one request through a gateway whose only plugin is request-transformer. */
export async function transform({ config, route, options }: Setting, request: RawRequest = {}): Promise<Transformed> {
  await using upstream = await echoUpstream();
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"], ...route }] }],
      plugins: [{ name: "request-transformer", config }],
    },
    options: { logger: silent, ...options },
  });
  const response = await gateway.request({ ...request, headers: { host: "client.test", ...request.headers } });
  return { response, arrived: upstream.requests[0] };
}

/** A request with a body. */
export function withBody(type: string, body: string | Buffer, method = "POST"): RawRequest {
  return { method, body, headers: { "content-type": type, "content-length": String(Buffer.byteLength(body)) } };
}

export const silent = { debug() {}, info() {}, warn() {}, error() {} };
