import { type EchoUpstream, echoUpstream } from "../../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../../support/test-gateway.js";

export const NOW = Date.UTC(2024, 4, 6, 7, 8, 20, 500);

/** A gateway whose upstream says that was used what the request's `x-use` says. */
export interface UseGateway extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly upstream: EchoUpstream;
  readonly logged: string[];
  readonly document: Config;
  /** The gateway's clock, in milliseconds since the epoch; to be changed. */
  readonly time: { now: number };
  use(use: string | readonly string[], path?: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** @param config - of the plugin on the one service */
export async function useGateway(
  config: object,
  document?: (url: string) => Config,
  options: object = {},
  header = "x-kong-limit",
): Promise<UseGateway> {
  const upstream = await echoUpstream({
    answer(recorded, response) {
      const use = recorded.headers["x-use"];
      if (use !== undefined) response.setHeader(header, use);
      response.setHeader("x-upstream", "1");
      response.end("from the upstream");
    },
  });
  const logged: string[] = [];
  const time = { now: NOW };
  const plugin = { name: "response-ratelimiting", config };
  const whole: Config = {
    _format_version: "3.0",
    ...(document?.(upstream.url) ?? {
      services: [{ name: "echo", url: upstream.url, routes: [{ name: "all", paths: ["/"] }], plugins: [plugin] }],
    }),
  };
  const isShared = "database" in options && options.database === "postgres";
  const gateway = await testGateway({
    ...(isShared ? {} : { config: whole }),
    options: {
      clock: () => time.now,
      logger: { debug() {}, info() {}, warn() {}, error: (message: string) => void logged.push(message) },
      ...options,
    },
  });
  if (isShared) await gateway.gateway.loadConfig(whole as never);
  return {
    gateway,
    upstream,
    logged,
    time,
    document: whole,
    async use(use, path = "/", headers = {}) {
      const all = new Headers(headers);
      for (const one of [use].flat()) if (one !== "") all.append("x-use", one);
      return gateway.fetch(path, { headers: all });
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** The headers about limits, by the rest of their names. */
export function limitHeaders(response: Response): Record<string, string> {
  const own = [...response.headers].filter(([name]) => name.startsWith("x-ratelimit-"));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(12), value]));
}
