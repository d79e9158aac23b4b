import { TransportError, type TransportFailure } from "../transport.js";

/** How far a connection had come when something went wrong. */
export type ConnectionPhase = "connecting" | "handshaking" | "open";

/** Translates an error of `node:net`, `node:tls` or `node:http` into the transport's own. */
export function toTransportError(error: unknown, phase: ConnectionPhase): TransportError {
  if (error instanceof TransportError) return error;
  const { code, syscall, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const text = message || code || "the exchange failed";
  return new TransportError(classify(code ?? "", syscall, phase), text, { cause: error });
}

function classify(code: string, syscall: string | undefined, phase: ConnectionPhase): TransportFailure {
  if (phase === "connecting") {
    if (syscall === "getaddrinfo" || code === "ENOTFOUND" || code.startsWith("EAI_")) return "dns";
    return code === "ETIMEDOUT" ? "connect-timeout" : "connect";
  }
  // A peer that hangs up during the handshake refuses it as surely as one that sends an alert.
  if (phase === "handshaking") return "tls";
  if (code.startsWith("HPE_")) return "malformed";
  // With TLS 1.3 the refusal of a client certificate arrives only after the client's side of the handshake is done.
  if (code.startsWith("ERR_SSL_") || code === "EPROTO") return "tls";
  return code === "ETIMEDOUT" ? "timeout" : "reset";
}
