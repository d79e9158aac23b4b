import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, isAddressFault, parseAddress } from "../../src/util/address.js";

const one = "0000:0000:0000:0000:0000:0000:0000:0001";

describe("parseAddress", () => {
  it.each([
    ["a.com", { kind: "name", host: "a.com", port: undefined }],
    ["a.:1", { kind: "name", host: "a.", port: 1 }],
    ["-a_b", { kind: "name", host: "-a_b", port: undefined }],
    ["010.0.0.01:80", { kind: "ipv4", host: "10.0.0.1", port: 80 }],
    ["::1", { kind: "ipv6", host: one, port: undefined }],
    ["[::1]:80", { kind: "ipv6", host: one, port: 80 }],
    ["[::1]", { kind: "ipv6", host: one, port: undefined }],
    ["2001:DB8::", { kind: "ipv6", host: "2001:0db8:0000:0000:0000:0000:0000:0000", port: undefined }],
    ["1:2:3:4:5:6:7::", { kind: "ipv6", host: "0001:0002:0003:0004:0005:0006:0007:0000", port: undefined }],
  ])("reads %s", (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each([
    ["1.2.3", "invalid ipv4 address: 1.2.3"],
    ["12345", "invalid ipv4 address: 12345"],
    ["300.1.1.1", "invalid ipv4 address: 300.1.1.1"],
    ["1.2.3.4:99999", "invalid port number"],
    [".a", "invalid hostname: .a"],
    ["a..b", "invalid hostname: a..b"],
    ["a-.b", "invalid hostname: a-.b"],
    ["a b", "invalid hostname: a b"],
    ["", "invalid hostname: "],
    ["a:99999", "invalid port number"],
    ["1::2::3", "invalid ipv6 address: 1::2::3"],
    ["::ffff:1.2.3.4", "invalid ipv6 address: ::ffff:1.2.3.4"],
    ["fe80::1%eth0", "invalid ipv6 address: fe80::1%eth0"],
    ["[::1]:99999", "invalid port number"],
  ])("refuses %s", (text, error) => {
    expect(parseAddress(text)).toEqual({ error });
  });

  it("keeps its own normal form", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        const first = parseAddress(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
        if (isAddressFault(first)) return;
        const text = formatAddress(first, 1);
        expect(parseAddress(text)).toEqual(first);
      }),
    );
  });
});
