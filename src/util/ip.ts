import { BlockList, isIP } from "node:net";
import { OptionsError } from "../errors/gateway-error.js";

/** Removes the IPv6 coat that a dual-stack socket puts on IPv4 addresses (RFC 4291 section 2.5.5.2). */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** A set of addresses and ranges, asked on the request path. */
export interface IpSet {
  has(address: string): boolean;
}

const nothing: IpSet = { has: () => false };
const everything: IpSet = { has: () => true };

/**
 * Compiles addresses and CIDR ranges.
 *
 * @param entries - IPv4 or IPv6 addresses or CIDR ranges; `unix:` stands for connections without an address
 * @param option - the option's name, for the error
 * @throws OptionsError when an entry is neither
 */
export function compileIpSet(entries: readonly string[], option: string): IpSet {
  if (entries.length === 0) return nothing;
  if (entries.includes("0.0.0.0/0") && entries.includes("::/0")) return everything;
  const list = new BlockList();
  for (const entry of entries) {
    if (entry === "unix:") continue;
    const [address = "", prefix] = entry.split("/");
    const family = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    if (family === 0 || (bits !== undefined && (!/^\d{1,3}$/.test(prefix ?? "") || bits > (family === 4 ? 32 : 128)))) {
      throw new OptionsError(option, `'${entry}' is neither an IP address nor a CIDR range`);
    }
    const type = family === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, bits, type);
  }
  return {
    has(address) {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
    },
  };
}

/** An address with the port that came with it, as found in `X-Forwarded-For` and `X-Real-IP`. */
export interface AddressWithPort {
  readonly address: string;
  readonly port: number | undefined;
}

/** Reads `ip`, `ip:port`, `[ip6]` or `[ip6]:port`. The address comes in the one form in which it is also compared and counted. */
export function parseAddressWithPort(text: string): AddressWithPort | undefined {
  const value = text.trim();
  if (isIP(value) !== 0) return { address: usualForm(value), port: undefined };
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(value);
  const address = match?.[1] ?? match?.[2];
  if (address === undefined || isIP(address) === 0) return undefined;
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && port > 65535) return undefined;
  return { address: usualForm(address), port };
}

/** An IPv6 address has many spellings: this is the one of RFC 5952, without the coat of an IPv4 address. */
function usualForm(address: string): string {
  if (!address.includes(":")) return address;
  const [bare = "", zone] = address.split("%");
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return zone === undefined ? short : `${short}%${zone}`;
  const bytes = [high, low].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  return bytes.join(".");
}
