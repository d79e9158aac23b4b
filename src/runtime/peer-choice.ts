import type { Peer } from "../balancer/balancer.js";
import { askedHost } from "../pdk/request.js";
import type { RequestContext } from "../pdk/request-context.js";
import type { UpstreamTls } from "../proxy/transport.js";
import { bracketed, isDefaultPort, type Origin, type ServiceTarget, schemeOf, tlsName } from "./destination.js";
import type { Snapshot } from "./snapshot.js";

/** Where one try goes. */
export interface PeerChoice {
  readonly peer: Peer;
  readonly origin: Origin;
  /** The `Host` header. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** As the origin's, but for the server name where the client's `Host` is preserved. */
  readonly tls: UpstreamTls | null;
}

/**
 * Chooses the peer for a try: what a plugin named, otherwise what the service's balancer says.
 *
 * @param failed - the peers that already failed this request
 * @returns `undefined` when there is none to be had
 */
export function choosePeer(
  context: RequestContext,
  snapshot: Snapshot,
  service: ServiceTarget,
  failed: readonly Peer[] | null,
): PeerChoice | undefined {
  const path = `${context.upstreamPath ?? "/"}${context.query}`;
  if (context.targetOverride !== null) return overridden(context, service, path);
  const target = context.upstreamName === null ? service : snapshot.serviceOver(service, context.upstreamName);
  const peer = target?.balancer.pick(failed);
  if (target === undefined || peer === undefined) return undefined;
  const { origin, hostHeader } = target.targetOf(peer);
  const clientHost = context.route?.preserve_host ? askedHost(context.incoming) : undefined;
  const host = clientHost ?? hostHeader;
  if (context.scheme === null && context.timeouts === null && context.tlsEdits === null && clientHost === undefined)
    return { peer, origin, host, path, tls: origin.tls };
  const adjusted = adjust(context, target, origin, hostHeader);
  return { peer, origin: adjusted, host, path, tls: clientHost === undefined ? adjusted.tls : named(adjusted.tls, clientHost) };
}

/** The client chooses the name: it must not choose the pool, or each new name would open one. */
function named(tls: UpstreamTls | null, host: string): UpstreamTls | null {
  return tls === null ? null : { ...tls, servername: tlsName(host) };
}

function overridden(context: RequestContext, service: ServiceTarget, path: string): PeerChoice {
  const { host, port } = context.targetOverride as { host: string; port: number };
  const scheme = context.scheme ?? schemeOf(service.service.protocol);
  const name = bracketed(host);
  const origin = service.originFor(host, port, scheme, host, context.timeouts?.connect, context.tlsEdits);
  return {
    peer: { target: `${name}:${port}`, host, port, weight: 100 },
    origin,
    host: isDefaultPort(scheme, port) ? name : `${name}:${port}`,
    path,
    tls: origin.tls,
  };
}

/** The origin when a plugin has changed the scheme, the connect timeout or TLS. */
function adjust(context: RequestContext, target: ServiceTarget, origin: Origin, host: string): Origin {
  const scheme = context.scheme ?? origin.scheme;
  if (context.timeouts === null && context.tlsEdits === null && scheme === origin.scheme) return origin;
  return target.originFor(origin.host, origin.port, scheme, host, context.timeouts?.connect, context.tlsEdits);
}
