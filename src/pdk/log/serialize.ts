import type { TLSSocket } from "node:tls";
import { hasBody } from "../../util/parsed-body.js";
import { parseArguments } from "../../util/query.js";
import { allHeaders, askedHost, connectionScheme, forwardedClient, hostName } from "../request.js";
import type { RequestContext } from "../request-context.js";
import { answerSource, headersObject } from "../response.js";
import type { LogEntry, LoggedTry } from "./log-entry.js";
import { putSerializeValue } from "./serialize-values.js";

/** Headers and arguments that an entry shows, at most. */
const most = 100;

/**
 * Describes a request that is over, in Kong's log format (plugin runtime, "log serializer"). A new object each time.
 *
 * @throws Error with Kong's text for a value of a plugin that cannot be logged
 */
export function serialize(context: RequestContext): LogEntry {
  const { consumer, node, service } = context;
  const entry = requestEntry(context);
  if (context.route !== null) entry.route = { ...setFields(context.route, node.workspace.id) };
  if (service !== null) entry.service = { ...setFields(service, node.workspace.id) };
  if (consumer !== null) entry.consumer = { ...setFields(consumer) };
  for (const value of context.serializeValues ?? []) putSerializeValue(entry, value);
  return entry as unknown as LogEntry;
}

/**
 * The text of {@link serialize} as JSON. Faster than `JSON.stringify`: the entities of a configuration are written down once.
 *
 * @throws Error as {@link serialize}
 */
export function serializeText(context: RequestContext): string {
  // What plugins put there may go into the entities, too.
  if (context.serializeValues !== null) return JSON.stringify(serialize(context));
  const { consumer, node, route, service } = context;
  let text = JSON.stringify(requestEntry(context)).slice(0, -1);
  if (route !== null) text += `,"route":${entityText(route, node.workspace.id)}`;
  if (service !== null) text += `,"service":${entityText(service, node.workspace.id)}`;
  if (consumer !== null) text += `,"consumer":${entityText(consumer)}`;
  return `${text}}`;
}

/** What is an entry's own: all but the entities. */
function requestEntry(context: RequestContext): Record<string, unknown> {
  const { credential, node, proxied, service } = context;
  const entry: Record<string, unknown> = {
    request: requestPart(context),
    upstream_uri: proxied && service !== null ? `${context.upstreamPath ?? "/"}${context.query}` : "",
    upstream_status: upstreamStatus(context),
    response: {
      status: context.status,
      headers: headersObject(context.headers ?? [], most),
      size: responseSize(context),
    },
    latencies: latencies(context),
    client_ip: forwardedClient(context).address,
    started_at: context.startTime,
    source: logSource(context),
    workspace: node.workspace.id,
    workspace_name: node.workspace.name,
  };
  if (context.route !== null) entry.tries = tries(context);
  if (credential !== null) {
    const { id, consumer_id } = credential;
    entry.authenticated_entity = typeof consumer_id === "string" ? { id, consumer_id } : { id };
  }
  return entry;
}

/** What of a log entry is numbers. */
export interface Measurements {
  readonly status: number;
  /** `upstream`: the answer came from there. */
  readonly source: "upstream" | "kong";
  readonly latencies: LogEntry["latencies"];
  /** Bytes of line, headers and body. */
  readonly requestSize: number;
  /** Bytes of head and body. */
  readonly responseSize: number;
}

/** Measures a request that is over. Far cheaper than {@link serialize}. */
export function measure(context: RequestContext): Measurements {
  return {
    status: context.status,
    source: logSource(context),
    latencies: latencies(context),
    requestSize: requestSize(context),
    responseSize: responseSize(context),
  };
}

function logSource(context: RequestContext): "upstream" | "kong" {
  return answerSource(context) === "service" ? "upstream" : "kong";
}

function requestPart(context: RequestContext): LogEntry["request"] {
  const { incoming, target } = context;
  const scheme = connectionScheme(context);
  context.parsedQuery ??= parseArguments(context.query.slice(1));
  const headers = allHeaders(context, most);
  for (const name of ["authorization", "proxy-authorization"]) if (headers[name] !== undefined) headers[name] = "REDACTED";
  return {
    id: context.requestId,
    uri: target,
    url: `${scheme}://${hostName(askedHost(incoming))}:${context.socket.localPort ?? 0}${target}`,
    querystring: context.parsedQuery,
    method: context.method,
    headers,
    size: requestSize(context),
    ...(scheme === "https" ? { tls: tlsPart(context) } : {}),
  };
}

function tlsPart(context: RequestContext): NonNullable<LogEntry["request"]["tls"]> {
  const { clientVerify } = context;
  const socket = context.socket as TLSSocket;
  return {
    version: socket.getProtocol?.() ?? null,
    cipher: socket.getCipher?.()?.name ?? "",
    client_verify: clientVerify ?? verified(socket),
  };
}

function verified(socket: TLSSocket): string {
  if (socket.authorized) return "SUCCESS";
  const certificate = socket.getPeerCertificate?.();
  if (certificate === undefined || certificate === null || Object.keys(certificate).length === 0) return "NONE";
  return `FAILED:${String(socket.authorizationError)}`;
}

function latencies(context: RequestContext): LogEntry["latencies"] {
  const { startTime, balanced, answered, received, headAt, proxied } = context;
  const now = context.node.now();
  const head = answered || headAt || now;
  return {
    kong: proxied ? balanced - startTime : headAt === 0 ? 0 : headAt - startTime,
    proxy: proxied ? head - balanced : -1,
    request: now - startTime,
    receive: proxied ? Math.max(0, (received || now) - head) : 0,
  };
}

function upstreamStatus({ buffered, proxied, serviceStatus, tries: made }: RequestContext): string | number {
  if (!proxied) return "";
  if (buffered) return serviceStatus;
  const failed = (made ?? []).flatMap(({ code }) => (code === undefined ? [] : [code]));
  return [...failed, ...(serviceStatus === 0 ? [] : [serviceStatus])].join(", ");
}

/** The last try counts as failed when there was no other to come, and the upstream's answer is an error. */
function tries({ tries: made, retries, service, serviceStatus }: RequestContext): readonly LoggedTry[] {
  if (made === null) return [];
  if (serviceStatus < 500 || made.length <= (retries ?? service?.retries ?? 5)) return made;
  return [...made.slice(0, -1), { ...(made.at(-1) as LoggedTry), state: "failed", code: serviceStatus }];
}

/** Line, headers and body; a chunked body that no plugin has read counts as nothing, since nobody has counted it. */
function requestSize({ incoming, requestBytes, target }: RequestContext): number {
  let size = `${incoming.method} ${target} HTTP/1.1\r\n\r\n`.length;
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
    size += (incoming.rawHeaders[i] as string).length + (incoming.rawHeaders[i + 1] as string).length + 4;
  }
  if (!hasBody(incoming)) return size;
  return size + (Number(incoming.headers["content-length"]) || requestBytes?.length || 0);
}

/** What has gone over the connection since just before the head. */
function responseSize({ socket, bytesBefore }: RequestContext): number {
  return bytesBefore === -1 ? 0 : Math.max(0, (socket.bytesWritten ?? 0) - bytesBefore);
}

const shown = new WeakMap<object, Readonly<Record<string, unknown>>>();

/**
 * An entity without its unset fields. Worked out once, since the entities of a configuration do not change; a plain copy of the result
 * costs a fraction of building it.
 */
function setFields(entity: object, workspaceId?: string): Readonly<Record<string, unknown>> {
  let fields = shown.get(entity);
  if (fields === undefined) {
    const set = Object.entries(entity).filter(([, value]) => value !== null && value !== undefined);
    fields = Object.fromEntries(workspaceId === undefined ? set : [...set, ["ws_id", workspaceId]]);
    shown.set(entity, fields);
  }
  return fields;
}

const written = new WeakMap<object, string>();

function entityText(entity: object, workspaceId?: string): string {
  let text = written.get(entity);
  if (text === undefined) {
    text = JSON.stringify(setFields(entity, workspaceId));
    written.set(entity, text);
  }
  return text;
}
