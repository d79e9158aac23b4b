import { createSecureContext, type SecureContext } from "node:tls";
import type { ServerOptions } from "http-proxy-3";
import { TransportError, type UpstreamRequest, type UpstreamTls } from "../transport.js";
import type { Agents, PoolKey } from "./agents.js";

interface PreparedTls {
  readonly id: number;
  readonly context: SecureContext;
}

let lastTlsId = 0;
const prepared = new WeakMap<UpstreamTls, PreparedTls>();

function prepareTls(tls: UpstreamTls): PreparedTls {
  let known = prepared.get(tls);
  if (known === undefined) {
    known = { id: ++lastTlsId, context: contextOf(tls) };
    prepared.set(tls, known);
  }
  return known;
}

function contextOf({ ca, cert, key }: UpstreamTls): SecureContext {
  try {
    return createSecureContext({
      ...(ca === null ? undefined : { ca: [...ca] }),
      ...(cert === null ? undefined : { cert }),
      ...(key === null ? undefined : { key }),
    });
  } catch (cause) {
    throw new TransportError("tls", `the upstream TLS settings cannot be used: ${(cause as Error).message}`, { cause });
  }
}

/** What is the same for all requests to one origin. */
interface Origin {
  readonly target: { readonly protocol: string; readonly host: string; readonly port: number };
  readonly poolKey: string;
  readonly verify: boolean;
  /** `null` for plain HTTP. */
  readonly tls: { readonly servername: string; readonly secureContext: SecureContext } | null;
}

const origins = new WeakMap<object, Origin>();
const UNCHECKED: UpstreamTls = { servername: null, verify: false, ca: null, cert: null, key: null };

function originOf(request: UpstreamRequest): Origin {
  if (request.origin === undefined) return makeOrigin(request);
  let known = origins.get(request.origin);
  if (known === undefined) {
    known = makeOrigin(request);
    origins.set(request.origin, known);
  }
  const servername = request.tls?.servername ?? "";
  if (known.tls === null || known.tls.servername === servername) return known;
  // Connections made under one server name do not serve another.
  return { ...known, poolKey: `${known.poolKey} ${servername}`, tls: { ...known.tls, servername } };
}

function makeOrigin({ scheme, host, port, tls: settings }: UpstreamRequest): Origin {
  const target = { protocol: `${scheme}:`, host, port };
  if (scheme === "http") return { target, poolKey: `${host} ${port}`, verify: false, tls: null };
  const { servername, verify } = settings ?? UNCHECKED;
  const { id, context } = prepareTls(settings ?? UNCHECKED);
  // An empty name keeps node:https from deriving one: nothing is sent for an IP literal.
  return { target, poolKey: `${host} ${port} ${id}`, verify, tls: { servername: servername ?? "", secureContext: context } };
}

/**
 * http-proxy-3 takes `options.ssl` as the object to complete and pass to `http.request`. It would put an object of headers there (one
 * line per name, order lost) and a path that went through `new URL` (`/a/../b` becomes `/b`). Accessors that ignore what is
 * assigned keep ours: node:http writes a header array as it stands.
 */
function outgoingBase(headers: string[], path: string, { poolKey, tls }: Origin): PoolKey {
  const base = {
    get headers() {
      return headers;
    },
    set headers(_replaced: string[]) {},
    get path() {
      return path;
    },
    set path(_replaced: string) {},
    poolKey,
  };
  return tls === null ? base : Object.assign(base, tls);
}

/**
 * The options of one `web()` or `ws()` call.
 *
 * @param headers - the complete header list
 * @throws TransportError (`tls`) when a certificate or key cannot be used
 */
export function proxyOptions(request: UpstreamRequest, headers: string[], agents: Agents): ServerOptions {
  const origin = originOf(request);
  return {
    target: origin.target,
    agent: origin.tls === null ? agents.http : agents.https,
    ssl: outgoingBase(headers, request.path, origin),
    method: request.method,
    secure: origin.verify,
    selfHandleResponse: true,
    prependPath: false,
    ignorePath: true,
    toProxy: true,
  };
}
