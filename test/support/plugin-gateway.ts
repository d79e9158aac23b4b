import { expect } from "vitest";
import { type EchoRecord, type EchoUpstream, echoUpstream } from "./echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "./test-gateway.js";

/** A gateway with one route, which takes every request to an echo upstream. */
export interface PluginGateway extends AsyncDisposable {
  readonly upstream: EchoUpstream;
  readonly gateway: TestGateway;
  /** The document it was started with, to be loaded again with changes. */
  readonly document: Config;
}

/** A plugin of the service. */
export interface PluginUse {
  readonly name: string;
  readonly config?: object;
}

/**
 * Starts a gateway with plugins on its only service. Its log is not shown.
 *
 * @param plugins - on the service
 * @param more - further parts of the document
 * @param options - further options of `createGateway`
 */
export async function pluginGateway(
  plugins: readonly PluginUse[],
  more: Config = {},
  options: object = {},
): Promise<PluginGateway> {
  const upstream = await echoUpstream();
  const document: Config = {
    _format_version: "3.0",
    services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }], plugins }],
    ...more,
  };
  try {
    const gateway = await testGateway({
      config: document,
      options: { logger: { debug() {}, info() {}, warn() {}, error() {} }, ...options },
    });
    return {
      upstream,
      gateway,
      document,
      async [Symbol.asyncDispose]() {
        await gateway.close();
        await upstream.close();
      },
    };
  } catch (error) {
    await upstream.close();
    throw error;
  }
}

/** What the upstream saw of a request that got through. */
export async function seen(response: Response): Promise<EchoRecord> {
  expect(response.status).toBe(200);
  return (await response.json()) as EchoRecord;
}

/** The message of a request that did not get through. */
export async function refusal(response: Response, status = 401): Promise<string> {
  expect(response.status).toBe(status);
  return ((await response.json()) as { message: string }).message;
}
