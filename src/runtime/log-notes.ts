import type { Peer } from "../balancer/balancer.js";
import type { LoggedTry } from "../pdk/log/log-entry.js";
import type { RequestContext } from "../pdk/request-context.js";

const NANOSECONDS = 1_000_000;

/**
 * Keeps a try for the log.
 *
 * @param began - when the choice of the peer began, in milliseconds since the epoch
 */
export function noteTry(context: RequestContext, { host, port }: Peer, began: number): void {
  const latency = context.balanced - began;
  context.tries ??= [];
  context.tries.push({
    ip: host,
    port,
    balancer_start: began,
    balancer_start_ns: began * NANOSECONDS,
    balancer_latency: latency,
    balancer_latency_ns: latency * NANOSECONDS,
  });
}

/** The last try failed, and another one follows. */
export function noteFailedTry({ tries }: RequestContext, code: number): void {
  if (tries === null) return;
  tries.push({ ...(tries.pop() as LoggedTry), state: "failed", code });
}

/** The head is about to be sent: what the log will want to know of the connection, which may be gone by then. */
export function noteHead(context: RequestContext): void {
  const { socket } = context;
  context.bytesBefore = socket.bytesWritten;
  // Node remembers an address that somebody has asked for.
  void socket.remoteAddress;
}
