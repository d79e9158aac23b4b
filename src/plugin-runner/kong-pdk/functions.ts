import { isIP } from "node:net";
import type { Consumer } from "../../entities/consumers.js";
import type { Deprecation } from "../../pdk/log/pdk-log.js";
import type { SerializeMode } from "../../pdk/log/serialize-values.js";
import type { Pdk } from "../../pdk/pdk.js";
import type { Credential } from "../../pdk/request-context.js";
import type { HeadersInput } from "../../pdk/response.js";
import type { ArgumentsInput } from "../../pdk/service.js";
import { nginxVariable } from "./nginx-variables.js";
import { bytesOf, exitBody, lists, texts, whole } from "./values.js";

/** A function of Kong's PDK, as what it does here. What it returns, or resolves with, is what the plugin gets. */
export type KongFunction = (pdk: Pdk, ...args: never[]) => unknown;

type HeaderInput = HeadersInput[string];

/** What only nginx's own context holds there: one object per request, seen by all plugins. */
const contexts = new WeakMap<object, Map<string, unknown>>();

function nginxContext({ ctx: { shared } }: Pdk): Map<string, unknown> {
  let context = contexts.get(shared);
  if (context === undefined) {
    context = new Map();
    contexts.set(shared, context);
  }
  return context;
}

/** Logs why there is no result: what is a second result in Lua never reaches a plugin of another language. */
async function orNothing<T>(pdk: Pdk, find: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await find();
  } catch (error) {
    pdk.log.warn((error as Error).message);
    return undefined;
  }
}

const client: Readonly<Record<string, KongFunction>> = {
  "client.authenticate": (pdk, consumer?: Consumer, credential?: Credential) =>
    pdk.client.authenticate(consumer ?? null, credential ?? null),
  "client.get_consumer": (pdk) => whole(pdk.client.getConsumer()),
  "client.get_credential": (pdk) => whole(pdk.client.getCredential()),
  "client.get_forwarded_ip": (pdk) => pdk.client.getForwardedIp(),
  "client.get_forwarded_port": (pdk) => pdk.client.getForwardedPort(),
  "client.get_ip": (pdk) => pdk.client.getIp(),
  "client.get_port": (pdk) => pdk.client.getPort(),
  "client.get_protocol": (pdk, allowTerminated?: boolean) => pdk.client.getProtocol(allowTerminated),
  "client.load_consumer": async (pdk, id: string, byUsername?: boolean) => whole(await pdk.client.loadConsumer(id, byUsername)),
  "client.tls.get_full_client_certificate_chain": (pdk) => pdk.client.tls.getFullClientCertificateChain(),
  "client.tls.set_client_verify": (pdk, result: string) => pdk.client.tls.setClientVerify(result),
};

const request: Readonly<Record<string, KongFunction>> = {
  "request.get_body": async (pdk, mimetype?: string, maxArgs?: number, maxSize?: number) => {
    const { body, error } = await pdk.request.getBody(mimetype, maxArgs, maxSize);
    if (error !== undefined) pdk.log.warn(error);
    return body;
  },
  "request.get_forwarded_host": (pdk) => pdk.request.getForwardedHost(),
  "request.get_forwarded_path": (pdk) => pdk.request.getForwardedPath(),
  "request.get_forwarded_port": (pdk) => pdk.request.getForwardedPort(),
  "request.get_forwarded_prefix": (pdk) => pdk.request.getForwardedPrefix(),
  "request.get_forwarded_scheme": (pdk) => pdk.request.getForwardedScheme(),
  "request.get_header": (pdk, name: string) => pdk.request.getHeader(name),
  "request.get_headers": (pdk, max?: number) => lists(pdk.request.getHeaders(max)),
  "request.get_host": (pdk) => pdk.request.getHost(),
  "request.get_http_version": (pdk) => pdk.request.getHttpVersion(),
  "request.get_method": (pdk) => pdk.request.getMethod(),
  "request.get_path": (pdk) => pdk.request.getPath(),
  "request.get_path_with_query": (pdk) => pdk.request.getPathWithQuery(),
  "request.get_port": (pdk) => pdk.request.getPort(),
  "request.get_query": (pdk, max?: number) => lists(pdk.request.getQuery(max)),
  "request.get_query_arg": (pdk, name: string) => pdk.request.getQueryArg(name),
  "request.get_raw_body": (pdk, maxSize?: number) => orNothing(pdk, () => pdk.request.getRawBody(maxSize)),
  "request.get_raw_path": (pdk) => pdk.request.getRawPath(),
  "request.get_raw_query": (pdk) => pdk.request.getRawQuery(),
  "request.get_scheme": (pdk) => pdk.request.getScheme(),
  "request.get_start_time": (pdk) => pdk.request.getStartTime(),
  "request.get_uri_captures": (pdk) => whole(pdk.request.getUriCaptures()),
};

const response: Readonly<Record<string, KongFunction>> = {
  "response.add_header": (pdk, name: string, value: HeaderInput) => {
    for (const one of Array.isArray(value) ? value : [value]) pdk.response.addHeader(name, one);
  },
  "response.clear_header": (pdk, name: string) => pdk.response.clearHeader(name),
  "response.error": (pdk, status: number, message?: string, headers?: HeadersInput) =>
    pdk.response.error(status, message, headers),
  "response.exit": (pdk, status: number, body?: unknown, headers?: HeadersInput) =>
    pdk.response.exit(status, exitBody(body), headers),
  "response.get_header": (pdk, name: string) => pdk.response.getHeader(name),
  "response.get_headers": (pdk, max?: number) => lists(pdk.response.getHeaders(max)),
  "response.get_source": (pdk) => pdk.response.getSource(),
  "response.get_status": (pdk) => pdk.response.getStatus(),
  "response.set_header": (pdk, name: string, value: HeaderInput) => pdk.response.setHeader(name, value),
  "response.set_headers": (pdk, headers: HeadersInput) => pdk.response.setHeaders(headers),
  "response.set_status": (pdk, status: number) => pdk.response.setStatus(status),
};

const service: Readonly<Record<string, KongFunction>> = {
  "service.set_retries": (pdk, retries: number) => pdk.service.setRetries(retries),
  "service.set_target": (pdk, host: string, port: number) => pdk.service.setTarget(host, port),
  "service.set_timeouts": (pdk, connect: number, write: number, read: number) => pdk.service.setTimeouts(connect, write, read),
  "service.set_tls_verify": (pdk, on: boolean) => {
    pdk.service.setTlsVerify(on);
    return true;
  },
  "service.set_upstream": (pdk, name: string) => pdk.service.setUpstream(name) || undefined,
  "service.request.add_header": (pdk, name: string, value: HeaderInput) => {
    for (const one of Array.isArray(value) ? value : [value]) pdk.service.request.addHeader(name, one);
  },
  "service.request.clear_header": (pdk, name: string) => pdk.service.request.clearHeader(name),
  "service.request.clear_query_arg": (pdk, name: string) => pdk.service.request.clearQueryArg(name),
  "service.request.enable_buffering": (pdk) => pdk.service.request.enableBuffering(),
  "service.request.set_body": (pdk, body: Readonly<Record<string, unknown>>, mimetype?: string) =>
    orNothing(pdk, async () => {
      await pdk.service.request.setBody(body, mimetype);
      return true;
    }),
  "service.request.set_header": (pdk, name: string, value: HeaderInput) => pdk.service.request.setHeader(name, value),
  "service.request.set_headers": (pdk, headers: HeadersInput) => pdk.service.request.setHeaders(headers),
  "service.request.set_method": (pdk, method: string) => pdk.service.request.setMethod(method),
  "service.request.set_path": (pdk, path: string) => pdk.service.request.setPath(path),
  "service.request.set_query": (pdk, args: ArgumentsInput) => pdk.service.request.setQuery(args),
  "service.request.set_raw_body": (pdk, body: unknown) => pdk.service.request.setRawBody(bytesOf(body)),
  "service.request.set_raw_query": (pdk, query: string) => pdk.service.request.setRawQuery(query),
  "service.request.set_scheme": (pdk, scheme: "http" | "https") => pdk.service.request.setScheme(scheme),
  "service.response.get_body": async (pdk, mimetype?: string, maxArgs?: number) => {
    const { body, error } = await pdk.service.response.getBody(mimetype, maxArgs);
    if (error !== undefined) pdk.log.warn(error);
    return body;
  },
  "service.response.get_header": (pdk, name: string) => pdk.service.response.getHeader(name),
  "service.response.get_headers": (pdk, max?: number) => lists(pdk.service.response.getHeaders(max)),
  "service.response.get_raw_body": (pdk) => pdk.service.response.getRawBody(),
  "service.response.get_status": (pdk) => pdk.service.response.getStatus(),
};

const log: Readonly<Record<string, KongFunction>> = {
  log: (pdk, ...args) => pdk.log.notice(texts(args)),
  "log.alert": (pdk, ...args) => pdk.log.alert(texts(args)),
  "log.crit": (pdk, ...args) => pdk.log.crit(texts(args)),
  "log.debug": (pdk, ...args) => pdk.log.debug(texts(args)),
  "log.deprecation": (pdk, ...args: unknown[]) => {
    const last = args.at(-1);
    const isMetadata = typeof last === "object" && last !== null;
    pdk.log.deprecation(texts(isMetadata ? args.slice(0, -1) : args), isMetadata ? (last as Deprecation) : {});
  },
  "log.err": (pdk, ...args) => pdk.log.err(texts(args)),
  "log.info": (pdk, ...args) => pdk.log.info(texts(args)),
  "log.notice": (pdk, ...args) => pdk.log.notice(texts(args)),
  // There it comes as a text too.
  "log.serialize": (pdk) => JSON.stringify(pdk.log.serialize()),
  "log.set_serialize_value": (pdk, key: string, value: unknown, options?: { readonly mode?: SerializeMode }) =>
    pdk.log.setSerializeValue(key, value, options?.mode),
  "log.warn": (pdk, ...args) => pdk.log.warn(texts(args)),
};

const others: Readonly<Record<string, KongFunction>> = {
  "cluster.get_id": (pdk) => pdk.cluster.getId(),
  "ctx.shared.get": (pdk, key: string) => pdk.ctx.shared[key],
  "ctx.shared.set": (pdk, key: string, value: unknown) => {
    pdk.ctx.shared[key] = value;
  },
  // An address that is none is trusted by nobody.
  "ip.is_trusted": (pdk, address: string) => isIP(address) !== 0 && pdk.ip.isTrusted(address),
  "nginx.get_ctx": (pdk, key: string) => nginxContext(pdk).get(key),
  "nginx.get_subsystem": () => "http",
  "nginx.get_tls1_version_str": (pdk) => nginxVariable(pdk, "ssl_protocol"),
  "nginx.get_var": (pdk, name: string) => nginxVariable(pdk, name),
  "nginx.req_start_time": (pdk) => pdk.request.getStartTime() / 1000,
  "nginx.set_ctx": (pdk, key: string, value: unknown) => void nginxContext(pdk).set(key, value),
  "nginx.shared.get": (pdk, key: string) => nginxContext(pdk).get(key),
  "nginx.shared.set": (pdk, key: string, value: unknown) => void nginxContext(pdk).set(key, value),
  "node.get_hostname": (pdk) => pdk.node.getHostname(),
  "node.get_id": (pdk) => pdk.node.getId(),
  "plugin.get_id": (pdk) => pdk.plugin.getId(),
  "router.get_route": (pdk) => whole(pdk.router.getRoute()),
  "router.get_service": (pdk) => whole(pdk.router.getService()),
  "vault.get": (pdk, reference: string) => orNothing(pdk, () => pdk.vault.get(reference)),
  "vault.is_reference": (pdk, value: unknown) => pdk.vault.isReference(value),
  "vault.parse_reference": (pdk, reference: string) => orNothing(pdk, () => pdk.vault.parseReference(reference)),
  "vault.update": (pdk, config: object) => pdk.vault.update(config),
};

/** What plugins may call, by Kong's name below `kong`. */
export const kongFunctions: ReadonlyMap<string, KongFunction> = new Map(
  Object.entries({ ...client, ...request, ...response, ...service, ...log, ...others }),
);

const noGroups = "there are no consumer groups in Kong's free edition";
const noLua = "there is no Lua here";

/** What `kong-pdk` declares and cannot be here, with the reason. */
export const missingFunctions: ReadonlyMap<string, string> = new Map([
  ["client.authenticate_consumer_group_by_consumer_id", noGroups],
  ["client.get_consumer_group", noGroups],
  ["client.get_consumer_groups", noGroups],
  ["client.set_authenticated_consumer_group", noGroups],
  ["client.set_authenticated_consumer_groups", noGroups],
  ["client.tls.disable_session_reuse", "the TLS server is the application's"],
  ["client.tls.request_client_certificate", "the TLS server is the application's"],
  ["enterprise_edition.jwe.decode", "it belongs to Kong Enterprise"],
  ["enterprise_edition.jwe.decrypt", "it belongs to Kong Enterprise"],
  ["enterprise_edition.jwe.encrypt", "it belongs to Kong Enterprise"],
  ["nginx.get_statistics", "there is no nginx here"],
  ["node.get_memory_stats", noLua],
  ["service.request.disable_tls", "choose the scheme with kong.service.request.set_scheme"],
  ["service.set_target_retry_callback", "functions cannot be handed over there either"],
  ["service.set_tls_verify_depth", "Node's TLS has no such limit"],
  ["telemetry.log", "there is no telemetry"],
  ["vault.flush", "secrets are kept for as long as their vault says"],
  ["vault.init_worker", "vaults are ready from the start"],
  ["vault.warmup", "vaults are ready from the start"],
]);
