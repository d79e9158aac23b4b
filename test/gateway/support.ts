import type { AnyPlugin, GatewayOptions, Logger, PluginPhases } from "postern";
import { definePlugin } from "postern";
import { type EchoOptions, type EchoRecord, type EchoUpstream, echoUpstream } from "../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../support/test-gateway.js";

/** A logger that prints nothing and keeps what it was told. */
export interface KeptLog extends Logger {
  readonly warnings: string[];
  readonly errors: string[];
}

export function keptLog(): KeptLog {
  const warnings: string[] = [];
  const errors: string[] = [];
  return {
    warnings,
    errors,
    debug() {},
    info() {},
    warn: (message) => void warnings.push(message),
    error: (message) => void errors.push(message),
  };
}

/** A plugin without configuration, to be written in one line. */
export function probe(name: string, phases: PluginPhases<never, never>, priority = 500): AnyPlugin {
  return definePlugin({ name, version: "1.0.0", priority, config: {}, ...phases }) as AnyPlugin;
}

/** What to put in front of one echo upstream. */
export interface ProxySetup extends EchoOptions {
  /** Fields of the service beyond its URL. */
  readonly service?: object;
  /** Added to the upstream's URL. */
  readonly servicePath?: string;
  /** Fields of the route; default: all paths. */
  readonly route?: object;
  /** Each becomes a global instance. */
  readonly probes?: readonly AnyPlugin[];
  /** Top-level collections of the document. */
  readonly document?: Config;
  readonly options?: GatewayOptions;
}

/** A gateway in front of an echo upstream. */
export interface ProxyTest extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: EchoUpstream;
  readonly log: KeptLog;
  /** Asks, and tells what the upstream saw. */
  seen(path: string, init?: RequestInit): Promise<EchoRecord>;
}

/** Starts a gateway with one service and one route to an echo upstream. */
export async function proxyTest(setup: ProxySetup = {}): Promise<ProxyTest> {
  const { service, servicePath = "", route = { paths: ["/"] }, probes = [], document, options, ...echo } = setup;
  const upstream = await echoUpstream(echo);
  const log = keptLog();
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: `${upstream.url}${servicePath}`, routes: [{ name: "all", ...route }], ...service }],
      plugins: probes.map(({ name }) => ({ name })),
      ...document,
    },
    options: { logger: log, plugins: probes, ...options },
  });
  return {
    gateway,
    upstream,
    log,
    async seen(path, init) {
      const response = await gateway.fetch(path, init);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`answered ${response.status}: ${text}`);
      return JSON.parse(text) as EchoRecord;
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const upstream = await echoUpstream();
  await upstream.close();
  return upstream.port;
}
