import { BlockList, isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CidrTable } from "../../../src/plugins/ip-restriction/cidr-table.js";

// Few different values, so that addresses do fall into ranges.
const octet = fc.constantFrom(0, 1, 10, 127, 128, 255);
const group = fc.constantFrom("0", "1", "fe80", "ffff", "abcd");
const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));
const v6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
  fc
    .tuple(fc.array(group, { maxLength: 3 }), fc.array(group, { maxLength: 3 }))
    .map(([a, b]) => `${a.join(":")}::${b.join(":")}`),
);
// Written in IPv6 form, IPv4 addresses are judged as such here and not by node.
const plainV6 = v6.filter((address) => !/^(?:0:){0,5}:?:?(?:0:)*ffff:/.test(address));
const range = fc.oneof(
  v4,
  plainV6,
  fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`),
  fc.tuple(plainV6, fc.integer({ min: 0, max: 128 })).map(([address, prefix]) => `${address}/${prefix}`),
);

describe("a table of addresses", () => {
  it("finds what node's own list finds", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), fc.oneof(v4, plainV6), (ranges, address) => {
        const isOfThisKind = (entry: string): boolean => isIPv4(entry.split("/")[0] ?? "") === isIPv4(address);
        const list = new BlockList();
        // Node counts IPv4 addresses among those of IPv6, so that ::/0 has them; Kong and we do not.
        for (const entry of ranges.filter(isOfThisKind)) {
          const [start = "", prefix] = entry.split("/");
          const family = isIPv4(start) ? "ipv4" : "ipv6";
          if (prefix === undefined) list.addAddress(start, family);
          else list.addSubnet(start, Number(prefix), family);
        }
        expect(new CidrTable(ranges).has(address)).toBe(list.check(address, isIPv4(address) ? "ipv4" : "ipv6"));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "11.1.2.3", false],
    ["[fe80::1]", "fe80::1%eth0", true],
    ["10.0.0.1", "not an address", false],
    ["10.0.0.1", "", false],
  ])("%s and %s: %j", (entry, address, expected) => {
    expect(new CidrTable([entry]).has(address)).toBe(expected);
  });
});
