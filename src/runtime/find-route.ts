import { connectionScheme } from "../pdk/request.js";
import { forwardedPrefix, upstreamPath } from "../router/upstream-path.js";
import type { Destination } from "./destination.js";
import type { GatewayExchange } from "./exchange.js";
import { protocolAnswer } from "./protocol-check.js";

/** Finds the request's route, and goes on with it: to its plugins, to the host, or to the answer that the gateway itself has to give. */
export function findRoute(exchange: GatewayExchange): void {
  const { incoming } = exchange;
  const { socket } = incoming;
  const scheme = connectionScheme(exchange);
  const match = exchange.snapshot.router.match({
    method: exchange.method,
    target: exchange.target,
    host: incoming.headers.host ?? (incoming.headers[":authority"] as string | undefined),
    headers: incoming.headers,
    scheme,
    sni: scheme === "https" ? (socket as { servername?: string | false }).servername || undefined : undefined,
    port: socket.localPort ?? 0,
  });
  if (match === undefined) {
    if (exchange.next !== null) {
      exchange.next();
      return;
    }
    exchange.take();
    exchange.query = exchange.queryOfTarget();
    exchange.answerError(404, "no Route matched with those values");
    return;
  }
  const destination = exchange.snapshot.destinations[match.value] as Destination;
  exchange.take();
  if (exchange.done) return;
  // Not handed to the host either: routes that plugins protect must not lie open when the gateway is gone.
  if (exchange.owner.closing) {
    exchange.answerError(503, "the gateway is closed", ["Connection", "close"]);
    return;
  }
  exchange.destination = destination;
  exchange.route = destination.route;
  exchange.service = destination.service?.service ?? null;
  exchange.path = match.path;
  exchange.query = match.query;
  exchange.captures = match.captures;
  exchange.forwardedPrefix = forwardedPrefix(match, destination.route.strip_path);
  if (destination.service !== null) {
    exchange.upstreamPath = upstreamPath(match, destination.service.service.path, destination.route.strip_path);
  }
  const answer = protocolAnswer(exchange, destination);
  if (answer === undefined) exchange.access(destination);
  else if (answer.message !== null) exchange.answerError(answer.status, answer.message, answer.headers);
  else {
    exchange.exit = { status: answer.status, body: answer.body ?? null, headers: answer.headers };
    exchange.answer();
  }
}
