import { describe, expect, it } from "vitest";
import { isKnownBot } from "../../../src/plugins/bot-detection/rules.js";

// Kong's rules, family by family; the way through a gateway is the other file's.

const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

const families: Readonly<Record<string, readonly string[]>> = {
  monitors: ["Pingdom.com_bot_version_1.4", "Mozilla/5.0 PTST/1.2", "x PTST/180622.145227"],
  social: ["facebookexternalhit/1.1", "Twitterbot/1.0", "Mozilla Google (+https://developers.google.com/+/web/snippet/)"],
  "clients of storage services": [
    ...words("Boto Boto3 JetS3t aws-cli s3fs").map((name) => `${name}/1.2`),
    ...words("cpp go java nodejs ruby ruby2 dotnet-35 dotnet-core").map((name) => `x aws-sdk-${name}/1.2`),
  ],
  "a name behind a slash": [
    ...words("Nutch Ant-Nutch SomeBot Somebot SomeSpider Somespider Axtaris fetchurl Isara ShopSalad Tailsweep"),
  ].flatMap((name) => [`x/${name} 1`, `x/${name}-1.0`]),
  "a name with a version": words(
    "008 Altresium Argus BaiduMobaider BoardReader DNSGroup DataparkSearch EDI Goodzer Grub INGRID Infohelfer LinkedInBot LOOQ Nutch OgScrper PathDefender Peew PostPost Steeler Twitterbot VSE WebCrunch WebZIP Y!J-BRI Y!J-BRZ YahooSeeker envolk sproose wminer",
  ).map((name) => `${name}/1.0`),
  "Internet Explorer as a crawler": ["Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; MSIECrawler)"],
  "HTTP libraries": [
    ...words("Google-HTTP-Java-Client Apache-HttpClient Go-http-client scalaj-http http%20client Python-urllib HttpMonitor"),
    ...words("TLSProber WinHTTP JNLP okhttp aihttp reqwest axios"),
    ...words("java python ruby nodejs php net").map((name) => `unirest-${name}`),
  ].flatMap((name) => [name, `${name}/1.2`]),
  "named crawlers": [
    ...words("bingbot BingPreview Googlebot AdsBot-Google Mediapartners-Google AppEngine-Google Baiduspider Baiduspider-image"),
    ...words("YandexBot YandexImages YahooSeeker Slurp msnbot MJ12bot SemrushBot LinkedInBot Slackbot-LinkExpanding"),
    ...words("Slack-ImgProxy WhatsApp Scrapy heritrix ia_archiver archive.org_bot altavista masscan WhatWeb WordPress"),
    ...words("Qwantify Netvibes Feedbin SimplePie lycos scooter Catchpoint somefavicon NING vortex voyager Zao"),
    "Yahoo! Slurp",
  ],
  "general names": words("MyArchiver Myarchiver MyIndexer Myindexer MyScraper Myscraper MyBot Mybot MySpider MyCrawler Mycrawl")
    // A slash or a blank, and a number.
    .flatMap((name) => [`${name}/1`, `${name} 1`]),
  "what they say they do": ["the spider", "some CRAWL", "Scrape", "a scrape/1", "Spider", "my the crawl 2"],
};

const others: readonly string[] = [
  "curl/8.4.0",
  "Wget/1.21",
  "python-requests/2.31",
  "PostmanRuntime/7.36",
  "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
  "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
  "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
  "x NING",
  "x Zao",
  "x vortex",
  "x voyager",
  "Twitterbo/1",
  "MyBot",
  "/SomeBo 1",
  "PTST/1.2 x",
  "aws-sdk-perl/1.2",
  "unirest-perl/1",
  "",
];

describe.each(Object.entries(families))("known bots: %s", (_family, agents) => {
  it.each(agents)("%s", (agent) => {
    expect(isKnownBot(agent)).toBe(true);
  });
});

describe("not known as bots", () => {
  it.each(others)("%j", (agent) => {
    expect(isKnownBot(agent)).toBe(false);
  });
});
