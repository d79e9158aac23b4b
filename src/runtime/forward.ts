import { defaultErrorMessage } from "../pdk/error-body.js";
import type { UpstreamRequest } from "../proxy/transport.js";
import type { ServiceTarget } from "./destination.js";
import type { GatewayExchange } from "./exchange.js";
import { noteTry } from "./log-notes.js";
import { choosePeer, type PeerChoice } from "./peer-choice.js";
import { requestHeaders } from "./request-headers.js";
import { openTunnel } from "./tunnel.js";
import { upstreamBody } from "./upstream-body.js";

/** Sends the request to the upstream; once more for each retry. Never throws: it runs in callbacks that nobody guards. */
export function forward(exchange: GatewayExchange, service: ServiceTarget): void {
  if (exchange.done) return;
  try {
    send(exchange, service);
  } catch (error) {
    exchange.crashed(error);
  }
}

function send(exchange: GatewayExchange, service: ServiceTarget): void {
  if (exchange.late.response !== null) exchange.buffered = exchange.tunnel === null;
  const logged = exchange.late.log !== null;
  const choosing = logged ? exchange.node.now() : 0;
  const choice = choosePeer(exchange, exchange.snapshot, service, exchange.failedPeers);
  if (choice === undefined) {
    exchange.answerError(
      503,
      exchange.attempts === 0 ? "failure to get a peer from the ring-balancer" : defaultErrorMessage(503),
    );
    return;
  }
  exchange.peer = choice.peer;
  exchange.proxied = true;
  exchange.sending ??= upstreamBody(exchange, (limit) => exchange.bodyTooLarge(limit)) ?? null;
  if (exchange.exit !== null) return;
  if (exchange.sending === null) {
    exchange.report(
      new Error("the request's body was read by another middleware and cannot be restored; mount the gateway before it"),
    );
    exchange.answerCoreError(500);
    return;
  }
  exchange.attempts += 1;
  exchange.connected = false;
  exchange.balanced = exchange.node.now();
  if (logged) noteTry(exchange, choice.peer, choosing);
  const { settings } = exchange.owner;
  const headers = requestHeaders(exchange, settings, choice.host, exchange.sending.shape, exchange.tunnel !== null);
  const request = upstreamRequest(exchange, service, choice, headers);
  if (exchange.tunnel !== null) {
    openTunnel(exchange, exchange.tunnel, request);
    return;
  }
  const attempt = exchange.attempts;
  const running = settings.transport.exchange(request, exchange);
  // A failure may have come, and the next try begun, before the transport returned.
  if (exchange.attempts === attempt) exchange.running = running;
}

function upstreamRequest(
  exchange: GatewayExchange,
  service: ServiceTarget,
  { origin, path, tls }: PeerChoice,
  headers: string[],
): UpstreamRequest {
  const { scheme, host, port, connectTimeout } = origin;
  return {
    origin,
    scheme,
    host,
    port,
    method: exchange.method,
    path,
    headers,
    body: exchange.sending?.bytes ?? null,
    connectTimeout,
    writeTimeout: exchange.timeouts?.write ?? service.writeTimeout,
    readTimeout: exchange.timeouts?.read ?? service.readTimeout,
    tls,
  };
}
