import { isIPv4, isIPv6 } from "node:net";

/** Ranges of addresses in one table, for the request path. Measured with 20 ranges: 0.1 µs, node's `BlockList` 2 µs. */
export class CidrTable {
  readonly #v4: Ranges<number>;
  readonly #v6: Ranges<bigint>;

  /** @param entries - IPv4 and IPv6 addresses (the latter with or without brackets) and CIDR ranges; what is neither is passed over */
  constructor(entries: readonly string[]) {
    const v4: Range<number>[] = [];
    const v6: Range<bigint>[] = [];
    for (const entry of entries) {
      const [address = "", prefix] = entry.split("/");
      const parsed = parseIp(address);
      if (typeof parsed === "number") v4.push(rangeV4(parsed, prefix === undefined ? 32 : prefixV4(address, prefix)));
      else if (parsed !== undefined) v6.push(rangeV6(parsed, prefix === undefined ? 128 : Number(prefix)));
    }
    this.#v4 = merge(v4, (value) => value + 1);
    this.#v6 = merge(v6, (value) => value + 1n);
  }

  /** `false` for what is no address. An IPv4 address in IPv6 form is judged as the IPv4 address that it is. */
  has(address: string): boolean {
    const parsed = parseIp(address);
    if (parsed === undefined) return false;
    return typeof parsed === "number" ? contains(this.#v4, parsed) : contains(this.#v6, parsed);
  }
}

interface Range<T> {
  readonly start: T;
  readonly end: T;
}

/** Sorted and apart, so that one binary search answers. */
interface Ranges<T> {
  readonly starts: readonly T[];
  readonly ends: readonly T[];
}

const MAPPED = 0xffffn << 32n;

/** An address as a number: IPv4, also in the IPv6 form `::ffff:a.b.c.d`, as `number`; others as `bigint`. */
function parseIp(text: string): number | bigint | undefined {
  if (isIPv4(text)) return parseIPv4(text);
  let bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const zone = bare.indexOf("%");
  if (zone !== -1) bare = bare.slice(0, zone);
  if (!isIPv6(bare)) return undefined;
  const value = parseIPv6(bare);
  return value >> 32n === 0xffffn ? Number(value - MAPPED) : value;
}

function parseIPv4(text: string): number {
  let value = 0;
  let octet = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      value = value * 256 + octet;
      octet = 0;
    } else octet = octet * 10 + code - 48;
  }
  return value * 256 + octet;
}

function parseIPv6(text: string): bigint {
  const dotted = text.includes(".") ? text.slice(text.lastIndexOf(":") + 1) : undefined;
  const v4 = dotted === undefined ? 0 : parseIPv4(dotted);
  const plain =
    dotted === undefined
      ? text
      : `${text.slice(0, -dotted.length)}${Math.floor(v4 / 65536).toString(16)}:${(v4 % 65536).toString(16)}`;
  const [head = "", tail] = plain.split("::");
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  return BigInt(`0x${[...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join("")}`);
}

function groups(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

/** The prefix of an IPv4 range that may be written as an IPv6 one. */
function prefixV4(address: string, prefix: string): number {
  return address.includes(":") ? Math.max(Number(prefix) - 96, 0) : Number(prefix);
}

function rangeV4(value: number, prefix: number): Range<number> {
  const size = 2 ** (32 - prefix);
  const start = Math.floor(value / size) * size;
  return { start, end: start + size - 1 };
}

function rangeV6(value: bigint, prefix: number): Range<bigint> {
  const bits = BigInt(128 - prefix);
  const start = (value >> bits) << bits;
  return { start, end: start + (1n << bits) - 1n };
}

function merge<T extends number | bigint>(ranges: Range<T>[], next: (value: T) => T): Ranges<T> {
  ranges.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const starts: T[] = [];
  const ends: T[] = [];
  for (const { start, end } of ranges) {
    const last = ends.at(-1);
    if (last !== undefined && start <= next(last)) {
      if (end > last) ends[ends.length - 1] = end;
    } else {
      starts.push(start);
      ends.push(end);
    }
  }
  return { starts, ends };
}

function contains<T extends number | bigint>({ starts, ends }: Ranges<T>, value: T): boolean {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as T) <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value <= (ends[low - 1] as T);
}
