import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import { type TestGateway, testGateway } from "../../support/test-gateway.js";

const document = (config: object, url: string) => ({
  _format_version: "3.0",
  services: [{ name: "echo", url, routes: [{ paths: ["/"] }], plugins: [{ name: "bot-detection", config }] }],
});

/** The statuses that user agents get, one after the other. */
async function statuses(config: object, agents: readonly string[]): Promise<number[]> {
  await using upstream = await echoUpstream();
  await using gateway = await testGateway({ config: document(config, upstream.url) });
  const found: number[] = [];
  for (const agent of agents) found.push(await statusOf(gateway, agent));
  return found;
}

async function statusOf(gateway: TestGateway, agent: string): Promise<number> {
  return (await gateway.request({ headers: { host: "x", "user-agent": agent } })).status;
}

async function faultsOf(config: object, more: object = {}): Promise<Record<string, unknown>> {
  try {
    const plugins = [{ name: "bot-detection", config, ...more }];
    await createGateway({ _format_version: "3.0", consumers: [{ username: "alice" }], plugins } as never).close();
    return {};
  } catch (error) {
    return (error as { fields: { plugins: Record<string, unknown>[] } }).fields.plugins[0] ?? {};
  }
}

describe("bot-detection, configuration", () => {
  it("takes none", async () => {
    expect(await faultsOf({})).toEqual({});
    expect(await faultsOf({ allow: null, deny: null })).toEqual({});
  });

  it.each(["allow", "deny"])("%s takes regular expressions only", async (list) => {
    expect(await faultsOf({ [list]: ["good", "bad(", "[a"] })).toEqual({
      config: { [list]: [null, "not a valid regex: bad(", "not a valid regex: [a"] },
    });
  });

  it("cannot be set on a consumer", async () => {
    expect(await faultsOf({}, { consumer: "alice" })).toEqual({ consumer: "value must be null" });
  });
});

const bots = [
  "Googlebot/2.1 (+http://www.google.com/bot.html)",
  "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
  "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
  "Twitterbot/1.0",
  "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
  "Mozilla/5.0 (X11) Chrome/60 PTST/180622.145227",
  "Mozilla/5.0 Google (+https://developers.google.com/+/web/snippet/)",
  "Boto3/1.9.0",
  "aws-sdk-nodejs/2.1.0",
  "aws-sdk-dotnet-core/3.3.0",
  "/Ant-Nutch-1.0",
  "x/ExampleBot 2",
  "Grub/1.0",
  "Y!J-BRI/0.0",
  "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; MSIECrawler)",
  "axios/1.6.0",
  "okhttp/4.9",
  "Go-http-client/1.1",
  "Python-urllib/3.10",
  "unirest-java/1.3",
  "msnbot-media /1.1",
  "Mozilla/5.0 (compatible; YandexImages/3.0)",
  "Yahoo! Slurp",
  "My favicon fetcher",
  "NING/1.0",
  "Zao/0.1",
  "Something Indexer/2",
  "example scraper 1.0",
  "the SPIDER",
  "Scrapefish",
];

const others = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
  "curl/8.4.0",
  "Wget/1.21",
  "python-requests/2.31",
  "not ZaoX at the start",
  "googlebot in small letters",
  "CUBOT NOTE 7",
  "1008/1.0",
];

describe("bot-detection", () => {
  it("keeps known bots out", async () => {
    const found = await statuses({}, bots);
    expect(bots.filter((_, i) => found[i] !== 403)).toEqual([]);
  });

  it("lets others through", async () => {
    const found = await statuses({}, others);
    expect(others.filter((_, i) => found[i] !== 200)).toEqual([]);
  });

  it("answers in the error form", async () => {
    await using gateway = await testGateway({ config: document({}, "http://127.0.0.1:9") });
    const response = await gateway.request({ headers: { host: "x", "user-agent": "Googlebot" } });
    expect(JSON.parse(response.text)).toEqual({ message: "Forbidden", request_id: expect.any(String) });
  });

  it("lets requests without a user agent through", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({ config: document({ deny: [".*"] }, upstream.url) });
    expect((await gateway.request({ headers: { host: "x" } })).status).toBe(200);
  });

  it("takes one user agent only", async () => {
    await using gateway = await testGateway({ config: document({}, "http://127.0.0.1:9") });
    const headers = [
      ["host", "x"],
      ["User-Agent", "curl/8"],
      ["user-agent", "Googlebot"],
    ] as const;
    const response = await gateway.request({ headers });
    expect([response.status, JSON.parse(response.text)]).toMatchObject([400, { message: "Only one User-Agent header allowed" }]);
  });

  it("allows before it denies, and denies before it looks at the known bots", async () => {
    const config = { allow: ["^good", "Googlebot"], deny: ["curl", "good"] };
    expect(await statuses(config, ["good curl", "Googlebot/2.1", "curl/8", "very good", "bingbot", "Mozilla/5.0"])).toEqual([
      200, 200, 403, 403, 403, 200,
    ]);
  });

  it("minds the case, and blanks at the ends not at all", async () => {
    expect(await statuses({ deny: ["^Curl$"] }, ["curl", "Curl", "  Curl\t"])).toEqual([200, 403, 403]);
  });

  it("reads patterns as PCRE", async () => {
    expect(await statuses({ deny: ["(?i)^EVIL", "^[[:digit:]]+$"] }, ["Evil/1", "1234", "12a"])).toEqual([403, 403, 200]);
  });

  it("follows a change of the configuration at once", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({ config: document({}, upstream.url) });
    expect(await statusOf(gateway, "curl/8")).toBe(200);
    await gateway.gateway.loadConfig(document({ deny: ["curl"] }, upstream.url) as never);
    expect(await statusOf(gateway, "curl/8")).toBe(403);
  });
});

describe("bot-detection, attacks", () => {
  it.each([
    ["(a+)+$", 2_000],
    ["^(a|aa)+$", 2_000],
    ["(a*)*b", 2_000],
    ["(a?){40}a{40}$", 2_000],
    ["^(a.*)*c$", 2_000],
    ["(.*).*(.*)x$", 2_000],
    // Short enough for patterns that repeat once, but for those with alternatives in the repetition.
    ["^(a|a)+$", 100],
    ["^(\\w|a)*$", 100],
    ["^(?:a|[a-z])*$", 100],
  ])(
    "goes on when a pattern is slow on what a client sends: %s",
    async (pattern, length) => {
      const warnings: string[] = [];
      const logger = { debug() {}, info() {}, warn: (text: string) => warnings.push(text), error() {} };
      await using upstream = await echoUpstream();
      const plugins = document({ deny: [pattern, "^evil"] }, upstream.url);
      await using gateway = await testGateway({ config: plugins, options: { logger } });
      expect(await statusOf(gateway, `${"a".repeat(length)}!`)).toBe(200);
      expect(warnings.join()).toContain(`the pattern '${pattern}' takes too long`);
      expect(await statusOf(gateway, "evil")).toBe(403);
    },
    30_000,
  );

  it.each([
    "a",
    "/",
    "/a",
    "/Bot",
    "/Spider",
    "Google /+",
    "archive",
    "archive.",
    "Microsoft ",
    "MSIE 6.0;",
    "MSIE 6.0",
    "IP2a",
    "Accoona-A",
    "Xerka A",
    " PTST/1",
    " PTST/1.",
    "facebookexternalhit/1",
    "Crawl",
    "aws-sdk-",
    "WeSEE:",
  ])("has no pattern of its own that %j makes slow", async (piece) => {
    const agent = piece.repeat(14_000 / piece.length);
    const [status] = await statuses({}, [agent]);
    expect([200, 403]).toContain(status);
  });

  it("judges long user agents by all of their length", async () => {
    expect(
      await statuses({ deny: ["evil$"] }, [`${"x".repeat(8_000)} evil`, `${"x ".repeat(4_000)}Googlebot`, "x".repeat(8_000)]),
    ).toEqual([403, 403, 200]);
  });
});
