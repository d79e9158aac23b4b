/** The validators of text fields that are too long for a pattern. Each answers Kong's message, or `undefined` for good text. */

import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { isIP, isIPv4, isIPv6 } from "node:net";
import { INVALID_PORT, isAddressFault, parseAddress } from "../util/address.js";
import { isToken } from "../util/header-list.js";
import { pcreFault } from "../util/regex.js";
import { splitUrl } from "../util/split-url.js";
import { thrownText } from "../util/thrown.js";
import { normalizePath } from "../util/uri.js";

type TextFault = (value: string) => string | undefined;

/** Big documents name the same few hosts over and over. */
function remembered(faultOf: TextFault): TextFault {
  const good = new Set<string>();
  return (value) => {
    if (good.has(value)) return undefined;
    const fault = faultOf(value);
    if (fault !== undefined || value.length > longestKept) return fault;
    if (good.size === mostKept) good.clear();
    good.add(value);
    return undefined;
  };
}

const mostKept = 512;
const longestKept = 255;

/** A host without a port. */
export const hostFault = remembered((value) => {
  const address = parseAddress(value);
  if (isAddressFault(address)) return address.error === INVALID_PORT ? "must not have a port" : `invalid value: ${value}`;
  return address.port === undefined ? undefined : "must not have a port";
});

/** A host with or without a port. */
export function hostPortFault(value: string): string | undefined {
  const address = parseAddress(value);
  return isAddressFault(address) ? address.error : undefined;
}

/** A name without a port. */
export function sniFault(value: string, shown = value): string | undefined {
  const address = parseAddress(value);
  if (isAddressFault(address)) return address.error === INVALID_PORT ? "must not have a port" : `invalid value: ${shown}`;
  if (address.kind !== "name") return "must not be an IP";
  return address.port === undefined ? undefined : "must not have a port";
}

/** A name with at most one wildcard, at one of its ends. */
export function wildcardHostFault(value: string): string | undefined {
  const at = value.indexOf("*");
  if (at === -1) return sniFault(value);
  if (at !== 0 && at !== value.length - 1) return "wildcard must be leftmost or rightmost character";
  if (value.indexOf("*", at + 1) !== -1) return "only one wildcard must be specified";
  return sniFault(value.replace("*", "wildcard"), value);
}

/** A host of a route: an address or a name, maybe with a port, maybe with a wildcard label. */
export const routeHostFault = remembered((value) => {
  const at = value.indexOf("*");
  if (at === -1) return hostPortFault(value);
  if (value.indexOf("*", at + 1) !== -1) return "invalid wildcard: must have at most one wildcard";
  if (!value.startsWith("*.") && !value.endsWith(".*")) return "invalid wildcard: must be placed at leftmost or rightmost label";
  return hostPortFault(value.replace("*", "wildcard"))?.replace("wildcard", "*");
});

/** IPv4 or IPv6, the latter with or without brackets. */
export function ipFault(value: string): string | undefined {
  return isPlainIp(value) ? undefined : `not an ip address: ${value}`;
}

/** An address or a range. */
export function ipOrCidrFault(value: string): string | undefined {
  const [address = "", prefix, ...more] = value.split("/");
  const bits = isIPv4(address) ? 32 : 128;
  const good = isPlainIp(address) && more.length === 0 && (prefix === undefined || isPrefix(prefix, bits));
  return good ? undefined : `invalid ip or cidr range: '${value}'`;
}

/** An IPv4 address or range. */
export function cidrV4Fault(value: string): string | undefined {
  const [address = "", prefix, ...more] = value.split("/");
  const good = isIPv4(address) && more.length === 0 && (prefix === undefined || isPrefix(prefix, 32));
  return good ? undefined : `invalid ipv4 cidr range: '${value}'`;
}

function isPlainIp(value: string): boolean {
  if (value.includes("%")) return false;
  const bare = /^\[(.*)\]$/.exec(value)?.[1];
  return bare === undefined ? isIP(value) !== 0 : isIPv6(bare);
}

function isPrefix(text: string, max: number): boolean {
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= max;
}

const reservedOrUnreserved = /^[A-Za-z0-9.\-_~/%:@!$&'()*+,;=]*$/;

function badTriplet(path: string): string | undefined {
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(path);
  return bad ? `invalid url-encoded value: '${bad[0]}'` : undefined;
}

/** The characters and the encoding of a path. */
export function pathFault(value: string): string | undefined {
  if (!reservedOrUnreserved.test(value)) {
    return `invalid path: '${value}' (characters outside of the reserved list of RFC 3986 found)`;
  }
  return badTriplet(value);
}

/** A route's path: a prefix in its normal form, or a regex behind a tilde. */
export function routerPathFault(value: string): string | undefined {
  if (value.startsWith("~/")) {
    const source = value.slice(1);
    const reason = pcreFault(source);
    return reason === undefined ? undefined : `invalid regex: '${source}' (PCRE returned: ${reason})`;
  }
  if (!value.startsWith("/")) return "should start with: / (fixed path) or ~/ (regex path)";
  const encoding = reservedOrUnreserved.test(value) ? badTriplet(value) : undefined;
  if (encoding !== undefined) return encoding;
  const normal = normalizePath(value);
  return normal === value ? undefined : `non-normalized path, consider use '${normal}' instead`;
}

/** A URL with a scheme and a host; nothing else is looked at. */
export function urlFault(value: string): string | undefined {
  const parts = splitUrl(value);
  if (parts.host === undefined) return "missing host in url";
  return parts.scheme === undefined ? "missing scheme in url" : undefined;
}

/** Position of a lone surrogate, which has no UTF-8 form, as a byte index from 1. */
function utf8Fault(value: string): string | undefined {
  const at = value.search(/\p{Surrogate}/u);
  if (at === -1) return undefined;
  return `invalid utf-8 character sequence detected at position ${Buffer.byteLength(value.slice(0, at)) + 1}`;
}

/** A name in any script, whose ASCII part is limited. */
export function utf8NameFault(value: string): string | undefined {
  // Most are ASCII, and patterns that know Unicode are slow.
  if (/^[A-Za-z0-9.\-_~]*$/.test(value)) return undefined;
  return (
    utf8Fault(value) ??
    (/^(?:[A-Za-z0-9.\-_~]|\P{ASCII})*$/u.test(value)
      ? undefined
      : `invalid value '${value}': the only accepted ascii characters are alphanumerics or ., -, _, and ~`)
  );
}

/** A name in ASCII. */
export function nameFault(value: string): string | undefined {
  return /^[A-Za-z0-9.\-_~]*$/.test(value)
    ? undefined
    : `invalid value '${value}': it must only contain alphanumeric and '., -, _, ~' characters`;
}

/** A tag. */
export function tagFault(value: string): string | undefined {
  if (/^[ -+\-.0-~]*$/.test(value)) return undefined;
  return (
    utf8Fault(value) ??
    (/^(?:[ -+\-.0-~]|\P{ASCII})*$/u.test(value)
      ? undefined
      : `invalid tag '${value}': expected printable ascii (except \`,\` and \`/\`) or valid utf-8 sequences`)
  );
}

/** The name of an HTTP header, as Kong allows it (RFC 9110 would allow more). */
export function headerNameFault(value: string): string | undefined {
  return /^[A-Za-z0-9_-]*$/.test(value)
    ? undefined
    : `bad header name '${value}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`;
}

/** The name of a cookie: a token of RFC 2616. */
export function cookieNameFault(value: string): string | undefined {
  return value === "" || isToken(value)
    ? undefined
    : 'contains one or more invalid characters. ASCII control characters (0-31;127), space, tab and the characters ()<>@,;:\\"/?={}[] are not allowed.';
}

/** An X.509 certificate; of a chain, the first. */
export function certificateFault(value: string): string | undefined {
  return reasonOf(() => new X509Certificate(value), "invalid certificate");
}

/** A private or public key. */
export function keyFault(value: string): string | undefined {
  return reasonOf(() => (/PUBLIC KEY-----/.test(value) ? createPublicKey(value) : createPrivateKey(value)), "invalid key");
}

function reasonOf(load: () => unknown, prefix: string): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    return `${prefix}: ${thrownText(error)}`;
  }
}
