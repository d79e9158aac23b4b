import { isIPv6 } from "node:net";

/** A host as Kong's fields accept it: in services, SNIs, targets and upstream names. */
export interface Address {
  readonly kind: "ipv4" | "ipv6" | "name";
  /** In normal form: IPv4 without leading zeros, IPv6 as eight groups of four digits (no brackets), names as written. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Why a text is no address. */
export interface AddressFault {
  readonly error: string;
}

/** Whether parsing failed only because of the port. */
export const INVALID_PORT = "invalid port number";

const ipv4Pattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::(\d+))?$/;
const namePattern = /^([A-Za-z0-9._-]+)(?::(\d+))?$/;

/**
 * Reads a host with an optional port by Kong's rules: more than one colon means IPv6, digits and dots alone mean IPv4,
 * everything else is a name. The three kinds are not tried in turn, so `1.2.3` is a bad IPv4 address and not a name.
 */
export function parseAddress(text: string): Address | AddressFault {
  const firstColon = text.indexOf(":");
  if (firstColon !== -1 && text.indexOf(":", firstColon + 1) !== -1) return parseIpv6(text);
  return /^[\d.:]+$/.test(text) ? parseIpv4(text) : parseName(text);
}

/** Type guard for the result of {@link parseAddress}. */
export function isAddressFault(result: Address | AddressFault): result is AddressFault {
  return "error" in result;
}

/** `host:port`, with brackets around IPv6. */
export function formatAddress(address: Address, defaultPort: number): string {
  const port = address.port ?? defaultPort;
  return address.kind === "ipv6" ? `[${address.host}]:${port}` : `${address.host}:${port}`;
}

function parseIpv4(text: string): Address | AddressFault {
  const match = ipv4Pattern.exec(text);
  const groups = match?.slice(1, 5).map(Number);
  if (!groups || groups.some((group) => group > 255)) return { error: `invalid ipv4 address: ${text}` };
  return withPort("ipv4", groups.join("."), match?.[5]);
}

function parseIpv6(text: string): Address | AddressFault {
  const match = /^\[([^\]]*)\](?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? text;
  // No zone ids and no embedded IPv4, which node would accept.
  if (!/^[0-9A-Fa-f:]+$/.test(host) || !isIPv6(host)) return { error: `invalid ipv6 address: ${text}` };
  return withPort("ipv6", expandIpv6(host), match?.[2]);
}

function expandIpv6(host: string): string {
  const [head = "", tail] = host.toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].map((group) => group.padStart(4, "0")).join(":");
}

function parseName(text: string): Address | AddressFault {
  const match = namePattern.exec(text);
  const name = match?.[1] ?? "";
  const labels = (name.endsWith(".") ? name.slice(0, -1) : name).split(".");
  if (labels.some((label) => label === "" || label.endsWith("-"))) return { error: `invalid hostname: ${text}` };
  return withPort("name", name, match?.[2]);
}

function withPort(kind: Address["kind"], host: string, digits: string | undefined): Address | AddressFault {
  const port = digits === undefined ? undefined : Number(digits);
  return port !== undefined && port > 65535 ? { error: INVALID_PORT } : { kind, host, port };
}
