import type { DeclarativeDocument, GatewayOptions } from "postern";
import { type RunningGateway, startGateway } from "../../src/testing/index.js";
import { type RawRequest, rawRequest } from "./raw-request.js";
import type { RawResponse } from "./raw-response.js";

/** A declarative document, as loosely typed as a user's file. */
export type Config = Readonly<Record<string, unknown>>;

/** What to start. */
export interface TestGatewayOptions {
  /** An object, or YAML or JSON text. Without it the gateway starts empty. */
  readonly config?: Config | string;
  /** Further options of `createGateway`. */
  readonly options?: GatewayOptions;
}

/** A gateway behind an HTTP server of its own. */
export interface TestGateway extends RunningGateway {
  /** Asks byte for byte, over a connection of its own. See {@link rawRequest}. */
  request(request: RawRequest | string | Uint8Array): Promise<RawResponse>;
}

/** Starts a gateway on a free port of 127.0.0.1. A refused document throws as `createGateway` does. */
export async function testGateway({ config, options }: TestGatewayOptions = {}): Promise<TestGateway> {
  const running = await startGateway({ ...options, ...declarative(config) });
  return { ...running, request: (request) => rawRequest({ port: running.port }, request) };
}

function declarative(config: Config | string | undefined): GatewayOptions {
  if (config === undefined) return {};
  return typeof config === "string" ? { declarativeConfigString: config } : { declarativeConfig: config as DeclarativeDocument };
}
