import type { Pdk } from "../pdk/pdk.js";
import type { RequestContext } from "../pdk/request-context.js";
import { editHeaders } from "../pdk/response.js";
import type { LatePhases } from "../plugin-runner/plan.js";
import { runHeaderFilters } from "../plugin-runner/run.js";
import { getHeader } from "../util/header-list.js";
import type { RuntimeSettings } from "./settings.js";

/** When things happened, in milliseconds since the epoch. */
export interface ExchangeTimes {
  /** The last choice of a peer was made; 0 when there was none. */
  readonly balanced: number;
  /** The head of the upstream's answer was there; 0 when it never was. */
  readonly answered: number;
}

/**
 * Puts on a head what plugins want on it: what they set before it was there, then what their header filters do.
 *
 * @returns `false` when a header filter gave an answer of its own, which then is the head
 * @throws PluginError when a header filter throws
 */
export function filterHead(context: RequestContext, pdk: () => Pdk, late: LatePhases): boolean {
  const headers = context.headers as string[];
  if (context.early !== null) {
    for (const { action, name, values } of context.early) editHeaders(headers, action, name, values);
    context.early = null;
  }
  if (late.headerFilter === null) return true;
  context.phase = "header_filter";
  const before = context.exit;
  runHeaderFilters(late.headerFilter, pdk(), context);
  if (context.exit === null || context.exit === before) return true;
  context.status = context.exit.status;
  context.headers = [...context.exit.headers];
  return false;
}

/** Adds the gateway's own headers to the head of a proxied answer (proxying, section 5.2). */
export function addProxiedHeaders(
  headers: string[],
  context: RequestContext,
  { tokens, product, node }: RuntimeSettings,
  times: ExchangeTimes,
  head: { readonly via: string | undefined; readonly hasServer: boolean },
): void {
  if (tokens.via) headers.push("Via", head.via === undefined ? `1.1 ${product}` : `${head.via}, 1.1 ${product}`);
  else if (head.via !== undefined) headers.push("Via", head.via);
  if (tokens.server && !head.hasServer) headers.push("Server", product);
  if (tokens.upstreamLatency) headers.push("X-Kong-Upstream-Latency", String((times.answered || node.now()) - times.balanced));
  if (tokens.proxyLatency) headers.push("X-Kong-Proxy-Latency", String(times.balanced - context.startTime));
  if (tokens.requestId) headers.push("X-Kong-Request-Id", context.requestId);
}

/** Adds the gateway's own headers to the head of an answer that it makes itself. */
export function addOwnHeaders(headers: string[], context: RequestContext, settings: RuntimeSettings, times: ExchangeTimes): void {
  const { tokens, product, node } = settings;
  // What a cache had stored stands for an upstream's answer that took no time (Kong's latency headers on hits of proxy-cache).
  if (context.shared?.proxy_cache_hit !== undefined) {
    const now = node.now();
    const hasServer = getHeader(headers, "server") !== undefined;
    addProxiedHeaders(headers, context, settings, { balanced: now, answered: now }, { via: undefined, hasServer });
    return;
  }
  editHeaders(headers, "clear", "server", []);
  if (context.proxied) {
    if (tokens.server) headers.push("Server", product);
    addProxiedHeaders(headers, context, settings, times, { via: undefined, hasServer: true });
    return;
  }
  if (tokens.server) headers.push("Server", product);
  if (tokens.responseLatency) headers.push("X-Kong-Response-Latency", String(node.now() - context.startTime));
  if (tokens.requestId) headers.push("X-Kong-Request-Id", context.requestId);
}
