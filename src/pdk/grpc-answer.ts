import type { IncomingMessage } from "node:http";

/** gRPC's code for an HTTP status (proxying, section 10.3). */
const codes: Readonly<Record<number, number>> = {
  200: 0,
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 6,
  429: 8,
  499: 1,
  500: 13,
  501: 12,
  503: 14,
  504: 4,
};

const names = (
  "OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition " +
  "Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated"
).split(" ");

function codeOf(status: number): number {
  const code = codes[status];
  if (code !== undefined) return code;
  if (status >= 200 && status < 300) return 0;
  if (status >= 400 && status < 500) return 3;
  return status >= 500 ? 13 : 2;
}

/** The client speaks gRPC: it wants the outcome in headers, and no body. */
export function isGrpcRequest({ httpVersionMajor, headers }: IncomingMessage): boolean {
  return httpVersionMajor === 2 && headers["content-type"]?.startsWith("application/grpc") === true;
}

/**
 * The headers that tell a gRPC client how its request ended, names and values in turn.
 *
 * @param message - default: the name of the code
 */
export function grpcHeaders(status: number, message?: string): string[] {
  const code = codeOf(status);
  // The specification of gRPC over HTTP/2 percent-encodes what is no printable ASCII.
  const text = (message ?? (names[code] as string)).replace(/[^\x20-\x24\x26-\x7e]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
  return ["Content-Type", "application/grpc", "grpc-status", String(code), "grpc-message", text];
}
