import { STATUS_CODES } from "node:http";
import { defaultErrorMessage } from "../pdk/error-body.js";
import { askedHost, connectionScheme, hostName, trustedHeader } from "../pdk/request.js";
import type { RequestContext } from "../pdk/request-context.js";
import type { Destination } from "./destination.js";
import { hasTwoAuthorizations, mayLackHeaders } from "./header-faults.js";

/** An answer that HTTP or the route's protocols call for, before any plugin's access phase (routing, section 9). */
export interface ProtocolAnswer {
  readonly status: number;
  /** For an error in the form that the client accepts. */
  readonly message: string | null;
  readonly headers: readonly string[];
  /** Without a message: the body as it is. */
  readonly body?: string;
}

/** `undefined` when the request may go on. */
export function protocolAnswer(context: RequestContext, destination: Destination): ProtocolAnswer | undefined {
  const { incoming } = context;
  if (mayLackHeaders(incoming)) return { status: 431, message: defaultErrorMessage(431), headers: [] };
  if (hasTwoAuthorizations(incoming)) return { status: 400, message: defaultErrorMessage(400), headers: [] };
  if (!destination.httpsOnly && !destination.grpc) return undefined;
  const secure = forwardedScheme(context) === "https";
  if (destination.httpsOnly && !secure) return httpsAnswer(context, destination.route.https_redirect_status_code);
  if (!destination.grpc) return undefined;
  const isGrpc = context.incoming.headers["content-type"]?.startsWith("application/grpc") === true;
  if (!isGrpc) return { status: 415, message: "Non-gRPC request matched gRPC route", headers: [] };
  if (context.incoming.httpVersionMajor < 2) {
    return { status: 426, message: "Please use HTTP2 protocol", headers: ["connection", "Upgrade", "upgrade", "HTTP/2"] };
  }
  if (!destination.grpcsOnly || secure) return undefined;
  return {
    status: 200,
    message: null,
    headers: ["content-type", "application/grpc", "grpc-status", "1", "grpc-message", "gRPC request matched gRPCs route"],
  };
}

function httpsAnswer(context: RequestContext, status: number): ProtocolAnswer {
  if (status === 426) {
    return { status, message: "Please use HTTPS protocol", headers: ["Connection", "Upgrade", "Upgrade", "TLS/1.2, HTTP/1.1"] };
  }
  const host = trustedHeader(context, "x-forwarded-host") ?? hostName(askedHost(context.incoming));
  const headers = ["Location", `https://${host}${context.target}`, "Content-Type", "text/html"];
  return { status, message: null, headers, body: redirectPage(status) };
}

/** The small page that Kong's web server sends with a redirect. */
function redirectPage(status: number): string {
  const title = `${status} ${STATUS_CODES[status]}`;
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<center><h1>${title}</h1></center>`,
    "</body>",
    "</html>",
    "",
  ];
  return lines.join("\r\n");
}

function forwardedScheme(context: RequestContext): string {
  return trustedHeader(context, "x-forwarded-proto") ?? connectionScheme(context);
}
