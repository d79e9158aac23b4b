import type { Readable } from "node:stream";
import type { TransportError, TransportFailure } from "../proxy/transport.js";
import type { ServiceTarget } from "./destination.js";

/** The status for a request whose last try failed (proxying, section 7). */
export function failureStatus(kind: TransportFailure): 502 | 504 {
  return kind === "timeout" || kind === "connect-timeout" ? 504 : 502;
}

/** How far a try came. */
export interface TryState {
  readonly method: string;
  readonly retries: number | null;
  /** Tries made, this one included. */
  readonly attempts: number;
  /** The request was on a connection: bytes of it may have been sent. */
  readonly connected: boolean;
  /** When the head of the answer came; 0 when it did not. */
  readonly answered: number;
  readonly sending: { readonly bytes: Readable | Buffer | null } | null;
}

const NOT_REPEATABLE = new Set(["POST", "LOCK", "PATCH"]);

/**
 * Whether a failed try may be repeated: as long as nothing was sent, any request; after that only methods that may be repeated
 * (RFC 9110 section 9.2.2; nginx's list of those that may not), and only when the body is still there to be sent again.
 */
export function mayRetry(state: TryState, error: TransportError, service: ServiceTarget): boolean {
  if (state.attempts > (state.retries ?? service.retries) || state.answered !== 0) return false;
  if (error.kind === "malformed" || error.kind === "dns" || error.kind === "aborted") return false;
  if (!state.connected) return true;
  const bytes = state.sending?.bytes ?? null;
  return !NOT_REPEATABLE.has(state.method) && (bytes === null || Buffer.isBuffer(bytes));
}
