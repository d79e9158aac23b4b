import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import type { ConsumerInput } from "../entities/consumers.js";
import { isPlainObject, kindOfValue } from "../errors/check-argument.js";
import { PluginLoadError } from "../errors/gateway-error.js";
import type { DeclarativeDocument, GatewayOptions } from "../options.js";
import type { Logger } from "../pdk/node-context.js";
import type { Pdk } from "../pdk/pdk.js";
import type { Credential } from "../pdk/request-context.js";
import type { AnyPlugin, PluginPhases } from "../plugin-runner/define-plugin.js";
import type { Fields, InferFieldsInput } from "../schema/field.js";
import type { StandardSchema } from "../schema/other-schemas.js";
import { startGateway } from "./start-gateway.js";
import { type RecordedRequest, startUpstream, type UpstreamHandler } from "./start-upstream.js";

/** The configuration of a plugin as a document gives it. */
export type PluginConfigInput<C> =
  C extends StandardSchema<infer Input, unknown>
    ? Input
    : C extends { readonly static: infer T }
      ? T
      : C extends { readonly type: string }
        ? Readonly<Record<string, unknown>>
        : C extends Fields
          ? InferFieldsInput<C>
          : never;

/** A request to a plugin under test. */
export interface TestRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** With the `/` at its start, and the query. Default `/`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Objects are sent as JSON. */
  readonly body?: string | Uint8Array | object;
}

/** What the upstream answers. */
export interface TestAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Objects are sent as JSON. */
  readonly body?: string | Uint8Array | object;
}

/** The phases that {@link runPlugin} may be told to run. */
export type TestPhase = Exclude<keyof PluginPhases<never, never>, "initWorker" | "configure" | "certificate" | "filtersBody">;

/** What {@link runPlugin} takes beside the plugin. */
export interface RunPluginOptions<C = Fields> {
  /** Default: the plugin's own defaults. */
  readonly config?: PluginConfigInput<C>;
  readonly request?: TestRequest;
  /** What the upstream answers, or a function that does. Default: what it was asked, as JSON. */
  readonly upstream?: TestAnswer | UpstreamHandler;
  /** Who calls: already known when the plugin's `access` runs, as if an authentication plugin had been before it. */
  readonly consumer?: ConsumerInput;
  /** By which the consumer was known. Default: none. */
  readonly credential?: Credential;
  /** The phases that are run, of those that the plugin has. Default: all. */
  readonly phases?: readonly TestPhase[];
  /** Further parts of the document: consumers, entities of the plugin, other plugins. */
  readonly document?: Readonly<Record<string, unknown>>;
  /** Further options of `createGateway`. */
  readonly options?: Omit<GatewayOptions, "plugins" | "declarativeConfig" | "declarativeConfigString" | "logger">;
}

/** The options of any plugin. */
type AnyRunOptions = Omit<RunPluginOptions, "config"> & { readonly config?: unknown };

/** A line that was written to the log. */
export interface LoggedLine {
  readonly level: keyof Logger;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What became of a request. */
export interface PluginRun {
  /** Of the answer to the client. */
  readonly status: number;
  /** Likewise, by lower-case name; a header that came more than once is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Likewise, as text. */
  readonly body: string;
  /**
   * The body, parsed.
   *
   * @throws SyntaxError when it is no JSON
   */
  json(): unknown;
  /** What the upstream was asked; `undefined`: nothing, the plugin has answered. */
  readonly upstream: RecordedRequest | undefined;
  /** What the plugin and the gateway have logged, `debug` included. */
  readonly logs: readonly LoggedLine[];
}

const phases: readonly TestPhase[] = ["rewrite", "access", "response", "headerFilter", "bodyFilter", "log"];

/**
 * Runs one plugin against one request: through a gateway of its own, over HTTP on 127.0.0.1, to an upstream that answers what it is told.
 * When the promise resolves, the `log` phase is over, queues are sent, and everything is closed again.
 *
 * @throws DeclarativeConfigError (rejects) when the configuration is refused; as `createGateway` does otherwise
 * @throws Error (rejects) when a filter has failed, which leaves the client without its answer; the message says which, and why
 * @example
 * ```ts
 * const { status, upstream } = await runPlugin(hello, { config: { name: "world" }, request: { path: "/greet" } });
 * expect(status).toBe(200);
 * expect(upstream?.headers["x-hello"]).toBe("world");
 * ```
 */
export async function runPlugin<const P extends AnyPlugin>(
  plugin: P,
  options: RunPluginOptions<P["config"]> = {},
): Promise<PluginRun> {
  if (!isPlainObject(plugin))
    throw new PluginLoadError("?", `runPlugin takes what definePlugin makes, not ${kindOfValue(plugin)}`);
  const logs: LoggedLine[] = [];
  await using upstream = await startUpstream(handlerOf(options.upstream));
  await using gateway = await startGateway({
    ...options.options,
    logger: recorder(logs),
    plugins: ["bundled", limited(plugin, options.phases), caller(options)],
    declarativeConfig: documentOf(plugin.name, upstream.url, options),
  });
  const { answer, body } = await send(gateway.port, options.request ?? {}).catch((error: unknown) => {
    throw withReason(error, logs);
  });
  // Ends what goes on behind the answer.
  await gateway.gateway.close();
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(Object.entries(answer.headersDistinct).map(([name, values = []]) => [name, single(values)])),
    body,
    json: () => JSON.parse(body) as unknown,
    upstream: upstream.requests[0],
    logs,
  };
}

/** What the client sees is a connection that has ended; why it has is in the log. */
function withReason(error: unknown, logs: readonly LoggedLine[]): unknown {
  const told = logs.findLast(({ level }) => level === "error");
  return told === undefined ? error : new Error(`the answer was broken off: ${told.message}`, { cause: error });
}

function single(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? (values[0] as string) : values;
}

function recorder(logs: LoggedLine[]): Logger {
  const write =
    (level: keyof Logger) =>
    (message: string, details: object = {}): void => {
      logs.push({ level, message, details: { ...details } });
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** The plugin without the phases that are not asked for. */
function limited(plugin: AnyPlugin, wanted: readonly TestPhase[] = phases): AnyPlugin {
  const others = new Set<string>(phases.filter((phase) => !wanted.includes(phase)));
  return Object.fromEntries(Object.entries(plugin).filter(([name]) => !others.has(name))) as unknown as AnyPlugin;
}

const CALLER = "postern-testing-caller";

/** Makes the consumer known, before all others. */
function caller({ consumer, credential }: AnyRunOptions): AnyPlugin {
  return {
    name: CALLER,
    version: "1.0.0",
    priority: Number.MAX_SAFE_INTEGER,
    protocols: ["grpc", "grpcs", "http", "https"],
    scopes: [],
    config: {},
    async access(pdk: Pdk) {
      const field = typeof consumer?.username === "string" ? "username" : "custom_id";
      const found = consumer && (await pdk.db.consumers.selectBy(field, String(consumer[field])));
      pdk.client.authenticate(found ?? null, credential ?? null);
    },
  };
}

function documentOf(name: string, url: string, { config, consumer, credential, document }: AnyRunOptions): DeclarativeDocument {
  const more = (part: string): readonly unknown[] => (document?.[part] as readonly unknown[] | undefined) ?? [];
  const isKnown = consumer !== undefined || credential !== undefined;
  return {
    _format_version: "3.0",
    ...document,
    services: [{ name: "upstream", url, retries: 0, routes: [{ name: "route", paths: ["/"] }] }, ...more("services")],
    consumers: [...(consumer ? [consumer] : []), ...more("consumers")],
    plugins: [{ name, ...(config === undefined ? {} : { config }) }, ...(isKnown ? [{ name: CALLER }] : []), ...more("plugins")],
  };
}

function handlerOf(answer: TestAnswer | UpstreamHandler | undefined): UpstreamHandler | undefined {
  if (answer === undefined || typeof answer === "function") return answer;
  const { bytes, type } = encoded(answer.body);
  return (_recorded, response) => {
    response.writeHead(answer.status ?? 200, { ...type, ...answer.headers } as OutgoingHttpHeaders);
    response.end(bytes);
  };
}

function encoded(body: TestRequest["body"]): { readonly bytes: Buffer; readonly type?: OutgoingHttpHeaders } {
  if (body === undefined) return { bytes: Buffer.alloc(0) };
  if (typeof body === "string") return { bytes: Buffer.from(body) };
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body) };
  return { bytes: Buffer.from(JSON.stringify(body)), type: { "content-type": "application/json" } };
}

/** As it is given: `fetch` would refuse some headers, and add others. */
async function send(
  port: number,
  { method = "GET", path = "/", headers = {}, body }: TestRequest,
): Promise<{ readonly answer: IncomingMessage; readonly body: string }> {
  const { bytes, type } = encoded(body);
  const length = body === undefined ? {} : { "content-length": bytes.length };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = { host: "127.0.0.1", port, method, path, agent: false } as const;
    httpRequest({ ...outgoing, headers: { ...type, ...length, ...headers } as OutgoingHttpHeaders }, resolve)
      .on("error", reject)
      .end(bytes);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { answer, body: Buffer.concat(chunks).toString("utf8") };
}
