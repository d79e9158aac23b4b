import { TransportError, type TransportFailure } from "./transport.js";

const byCode: Readonly<Record<string, TransportFailure>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect-timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  UND_ERR_ABORTED: "aborted",
  UND_ERR_DESTROYED: "aborted",
  UND_ERR_CLOSED: "aborted",
  UND_ERR_HEADERS_OVERFLOW: "malformed",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ENODATA: "dns",
  ETIMEDOUT: "connect-timeout",
};

/** How far an exchange had come when it failed. */
export type Progress = "waiting" | "connected" | "answered";

/** A body that is not as long as its head said: also what undici makes of the length that a 304 may carry. */
export const LENGTH_MISMATCH = "UND_ERR_RES_CONTENT_LENGTH_MISMATCH";

/** Names what went wrong in undici's or Node's error. */
export function toTransportError(error: unknown, progress: Progress): TransportError {
  if (error instanceof TransportError) return error;
  const { code = "", name = "", message = String(error) } = error as { code?: string; name?: string; message?: string };
  const unreadable =
    name === "HTTPParserError" || code.startsWith("HPE_") || code === LENGTH_MISMATCH || /bad (?:response|upgrade)/.test(message);
  const kind = unreadable ? (progress === "answered" ? "reset" : "malformed") : failureOf(code, progress !== "waiting");
  return new TransportError(kind, message || code, { cause: error });
}

function failureOf(code: string, connected: boolean): TransportFailure {
  const known = Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  if (known === "connect-timeout" && connected) return "timeout";
  if (known !== undefined) return known;
  if (connected) return "reset";
  return isTlsFailure(code) ? "tls" : "connect";
}

function isTlsFailure(code: string): boolean {
  return /^(?:ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|CRL_|INVALID_CA|EPROTO)/.test(
    code,
  );
}
