import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { compileIpSet, plainAddress } from "../util/ip.js";
import { type AdminAnswer, message } from "./answer.js";

/** Who asks. */
export interface Administrator {
  /** Address of the other end of the connection; empty on a Unix socket. */
  readonly address: string;
  /** Whom the token belongs to, where tokens have names. */
  readonly name: string | undefined;
}

/** The decision on one request: who asks, and the refusal if it is one. */
export interface Admission {
  readonly administrator: Administrator;
  readonly refusal: AdminAnswer | undefined;
}

/** Decides who may use the Admin API. */
export type AdminProtection = (request: IncomingMessage) => Admission;

/** What {@link adminProtection} takes. */
export interface ProtectionOptions {
  /** A token, or several by the names of those who have them. Absent: none is asked for. */
  readonly token?: string | Readonly<Record<string, string>> | undefined;
  /** Addresses and CIDR ranges of clients; `unix:` for Unix sockets. Absent: all. */
  readonly allow?: readonly string[] | undefined;
}

const forbidden = message(403, "Forbidden");
const foreignName = message(403, "Forbidden: this host name is not one of admin.hosts");
const unauthorized: AdminAnswer = { ...message(401, "Unauthorized"), headers: { "WWW-Authenticate": 'Bearer realm="admin"' } };

/**
 * Protects the Admin API by address and token. Both must fit where both are given. A browser asks with `OPTIONS` before it sends a
 * token, so these need none; they tell which methods a path has, and nothing else.
 *
 * @throws OptionsError for an entry of `allow` that is neither an address nor a range
 */
export function adminProtection({ token, allow }: ProtectionOptions): AdminProtection {
  const tokens = typeof token === "string" ? [[undefined, digest(token)] as const] : named(token);
  const addresses = allow === undefined ? undefined : compileIpSet(allow, "admin.allow");
  const overUnixSockets = allow?.includes("unix:") === true;
  const isAllowed = (address: string): boolean =>
    addresses === undefined || (address === "" ? overUnixSockets : addresses.has(address));
  return (request) => {
    const address = plainAddress(request.socket.remoteAddress);
    if (!isAllowed(address)) return { administrator: { address, name: undefined }, refusal: forbidden };
    if (tokens === undefined) return { administrator: { address, name: undefined }, refusal: undefined };
    const given = tokenOf(request);
    const known = given === undefined ? undefined : holderOf(tokens, digest(given));
    const refusal = known || request.method === "OPTIONS" ? undefined : unauthorized;
    return { administrator: { address, name: known?.[0] }, refusal };
  };
}

type Token = readonly [name: string | undefined, digest: Buffer];

function named(tokens: Readonly<Record<string, string>> | undefined): readonly Token[] | undefined {
  return tokens && Object.entries(tokens).map(([name, token]) => [name, digest(token)] as const);
}

/**
 * For a server on a loopback address that asks for no token: any web page that its visitor's browser shows can reach it under a name of its
 * own, which its owner's DNS resolves to 127.0.0.1 (DNS rebinding). Nobody but this machine decides on an address or `localhost`.
 *
 * @param hosts - further names that may be asked for
 */
export function localProtection(protection: AdminProtection, hosts: readonly string[]): AdminProtection {
  const known = new Set(hosts.map((host) => host.toLowerCase()));
  return (request) => {
    const admission = protection(request);
    const host = /^(\[[^\]]*\]|[^:]*)/.exec(request.headers.host ?? "")?.[1]?.toLowerCase() ?? "";
    const isOwn = host === "" || host === "localhost" || isIP(host.replace(/^\[|\]$/g, "")) !== 0 || known.has(host);
    return isOwn || admission.refusal ? admission : { ...admission, refusal: foreignName };
  };
}

/** Whether only this machine reaches a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Digests have one length, so that comparing them tells nothing about the length of a token either. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Looks at every token, so that the time does not tell which one came close. */
function holderOf(tokens: readonly Token[], given: Buffer): Token | undefined {
  let holder: Token | undefined;
  for (const token of tokens) if (timingSafeEqual(token[1], given)) holder = token;
  return holder;
}

/** From Kong's header, or as a bearer token (RFC 6750). */
function tokenOf({ headers }: IncomingMessage): string | undefined {
  const own = headers["kong-admin-token"];
  if (typeof own === "string") return own;
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}
