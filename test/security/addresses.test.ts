import { describe, expect, it } from "vitest";
import { type ProxyTest, proxyTest } from "../gateway/support.js";

/** Headers by which some proxy or other tells the client's address. */
const tellers = [
  "X-Forwarded-For",
  "X_Forwarded_For",
  "X-Real-IP",
  "X_Real_IP",
  "Forwarded",
  "Client-IP",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "True-Client-IP",
  "CF-Connecting-IP",
  "Fastly-Client-IP",
  "X-Originating-IP",
  "Via",
];

const trustedIps = ["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48"];
const behindProxies = { trustedIps, realIpHeader: "X-Forwarded-For", realIpRecursive: true } as const;

function setup(plugins: readonly object[], options: object): Promise<ProxyTest> {
  return proxyTest({ document: { plugins }, options });
}

async function statusOf(t: ProxyTest, headers: readonly (readonly [string, string])[]): Promise<number> {
  return (await t.gateway.request({ headers: [["host", "x"], ...headers] })).status;
}

describe("a client that nobody vouches for", () => {
  const restrictions = [
    { name: "ip-restriction", config: { deny: ["127.0.0.1"] } },
    { name: "ip-restriction", config: { allow: ["6.6.6.6"] } },
  ];

  it.each([{}, { realIpHeader: "X-Forwarded-For" }, { ...behindProxies, trustedIps: ["10.0.0.0/8", "::1"] }])(
    "cannot choose its address: %j",
    async (options) => {
      for (const restriction of restrictions) {
        await using t = await setup([restriction], options);
        for (const name of tellers) {
          for (const value of ["6.6.6.6", "for=6.6.6.6", "6.6.6.6, 10.0.0.1", "127.0.0.2"]) {
            expect([name, await statusOf(t, [[name, value]])]).toEqual([name, 403]);
          }
        }
        expect(t.upstream.requests).toEqual([]);
      }
    },
  );

  it("is counted as one, whatever addresses it makes up", async () => {
    await using t = await setup([{ name: "rate-limiting", config: { hour: 3, policy: "local", limit_by: "ip" } }], {});
    const statuses: number[] = [];
    for (const [i, name] of tellers.entries()) statuses.push(await statusOf(t, [[name, `10.1.2.${i}`]]));
    expect(statuses).toEqual(tellers.map((_, i) => (i < 3 ? 200 : 429)));
  });
});

describe("behind proxies that are trusted, the client's address", () => {
  it.each([
    ["is the last one that no trusted proxy has", "6.6.6.6, 10.0.0.1", "6.6.6.6"],
    ["is not what the client wrote before it", "1.1.1.1, 6.6.6.6, 10.0.0.1, 10.2.0.1", "6.6.6.6"],
    ["is not a trusted one that the client wrote before it", "127.0.0.1, 10.0.0.1, 6.6.6.6", "6.6.6.6"],
    ["is the first when all are trusted", "10.0.0.9, 10.0.0.1", "10.0.0.9"],
    ["is found behind a trusted one in IPv6 form", "6.6.6.6, ::ffff:10.0.0.1", "6.6.6.6"],
    ["is found behind one in full IPv6 form", "6.6.6.6, 2001:DB8:0001:0:0:0:0:5", "6.6.6.6"],
    ["may come with a port", "6.6.6.6:80, 10.0.0.1:99", "6.6.6.6"],
    ["may come in brackets", "[2001:db8::6]:80, [2001:db8:1::1]:9", "2001:db8::6"],
    ["has one form: short", "2001:0DB8:0::0006, 10.0.0.1", "2001:db8::6"],
    ["has one form: IPv4", "::ffff:606:606", "6.6.6.6"],
    ["has one form: IPv4 at the end", "0:0:0:0:0:FFFF:6.6.6.6", "6.6.6.6"],
    ["is the peer's when the last word is none", "6.6.6.6, unknown", "127.0.0.1"],
    ["is the peer's when the last word is empty", "6.6.6.6, ", "127.0.0.1"],
    ["is the one before a word that is none", "6.6.6.6, _hidden, 10.0.0.1", "10.0.0.1"],
    ["is no number", "0x06060606", "127.0.0.1"],
    ["is no part of an address", "6.6", "127.0.0.1"],
    ["has no leading zeros", "010.0.0.1", "127.0.0.1"],
    ["has no impossible port", "6.6.6.6:99999", "127.0.0.1"],
    ["has no second port", "6.6.6.6:80:80", "127.0.0.1"],
    ["is no name", "localhost", "127.0.0.1"],
    ["is no template", "{vault://env/x}", "127.0.0.1"],
    ["may have a zone, which is nobody's interface", "6.6.6.6, fe80::1%nowhere", "fe80::1%nowhere"],
  ])("%s: %s", async (_what, chain, address) => {
    await using t = await setup([], behindProxies);
    expect(await statusOf(t, [["X-Forwarded-For", chain]])).toBe(200);
    expect(t.upstream.requests[0]?.headers["x-real-ip"]).toBe(address);
    expect(t.upstream.requests[0]?.headers["x-forwarded-for"]).toBe(`${chain.trim()}, 127.0.0.1`);
  });

  it("is found in several lines as in one", async () => {
    await using t = await setup([], behindProxies);
    await statusOf(t, [
      ["X-Forwarded-For", "1.1.1.1"],
      ["x-forwarded-for", "6.6.6.6"],
      ["X-FORWARDED-FOR", "10.0.0.1"],
    ]);
    expect(t.upstream.requests[0]?.headers["x-real-ip"]).toBe("6.6.6.6");
  });

  it("is restricted and counted in one form, however it is written", async () => {
    const spellings = ["2001:db8::6", "2001:DB8::6", "2001:db8:0:0:0:0:0:6", "[2001:db8::0006]:80", "2001:0db8::0.0.0.6"];
    await using restricted = await setup([{ name: "ip-restriction", config: { deny: ["2001:db8::/64"] } }], behindProxies);
    for (const spelling of spellings) expect(await statusOf(restricted, [["X-Forwarded-For", spelling]])).toBe(403);
    const limit = { name: "rate-limiting", config: { hour: 1, policy: "local", limit_by: "ip" } };
    await using limited = await setup([limit], behindProxies);
    const statuses: number[] = [];
    for (const spelling of spellings) statuses.push(await statusOf(limited, [["X-Forwarded-For", spelling]]));
    expect(statuses).toEqual([200, 429, 429, 429, 429]);
  });

  it("is not taken from another header than the one that was named", async () => {
    await using t = await setup([], behindProxies);
    await statusOf(t, [
      ["X-Real-IP", "6.6.6.6"],
      ["X_Forwarded_For", "6.6.6.6"],
      ["Forwarded", "for=6.6.6.6"],
    ]);
    expect(t.upstream.requests[0]?.headers["x-real-ip"]).toBe("127.0.0.1");
  });
});
