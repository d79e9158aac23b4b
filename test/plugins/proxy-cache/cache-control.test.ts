import { describe, expect, it } from "vitest";
import { lifetime, parseDirectives, secondsOf } from "../../../src/plugins/proxy-cache/directives.js";
import { cacheGateway } from "./support.js";

const control = (value: string) => ({ headers: { "cache-control": value } });
const heeding = { cache_control: true };

describe("proxy-cache with cache_control", () => {
  it.each(["s-maxage=60", "max-age=60", "public, max-age=60", "max-age=0, s-maxage=60", 'max-age="60"', "MAX-AGE=60"])(
    "stores answers with Cache-Control: %s",
    async (value) => {
      await using t = await cacheGateway(heeding, { headers: { "cache-control": value } });
      expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
      t.time.now += 60_000;
      expect(await t.paths("/")).toEqual(["Miss"]);
    },
  );

  it.each([
    "max-age=0",
    "s-maxage=0, max-age=60",
    "private, max-age=60",
    "no-store, max-age=60",
    "no-cache, max-age=60",
    "max-age=nonsense",
    "max-age=-1",
    "max-age=60, max-age=0",
    "public",
    "",
  ])("does not store answers with Cache-Control: %s", async (value) => {
    await using t = await cacheGateway(heeding, value === "" ? {} : { headers: { "cache-control": value } });
    expect(await t.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
  });

  it("stores by Expires where there is nothing else", async () => {
    const at = (ms: number) => new Date(Date.UTC(2024, 0, 1) + ms).toUTCString();
    await using t = await cacheGateway(heeding, { headers: { expires: at(30_000) } });
    expect(await t.paths("/", "/")).toEqual(["Miss", "Hit"]);
    t.time.now += 30_000;
    expect(await t.paths("/")).toEqual(["Bypass"]);
    await using past = await cacheGateway(heeding, { headers: { expires: at(-1_000) } });
    expect(await past.paths("/", "/")).toEqual(["Bypass", "Bypass"]);
    await using never = await cacheGateway(heeding, { headers: { expires: "0" } });
    expect(await never.paths("/")).toEqual(["Bypass"]);
  });

  it.each(["no-store", "no-cache", "max-age=5, no-cache"])("passes requests by with Cache-Control: %s", async (value) => {
    await using t = await cacheGateway(heeding, { headers: { "cache-control": "max-age=60" } });
    expect(await t.statuses({}, control(value), {})).toEqual(["Miss", "Bypass", "Hit"]);
  });

  it("answers 504 for what is asked only-if-cached and not there", async () => {
    await using t = await cacheGateway(heeding, { headers: { "cache-control": "max-age=60" } });
    const refused = await t.ask(control("only-if-cached"));
    expect([refused.status, refused.text]).toEqual([504, ""]);
    expect(t.upstream.requests).toEqual([]);
    await t.ask();
    expect(await t.statuses(control("only-if-cached"))).toEqual(["Hit"]);
  });

  it("takes max-age, max-stale and min-fresh of a request for what they say", async () => {
    await using t = await cacheGateway({ ...heeding, storage_ttl: 100 }, { headers: { "cache-control": "max-age=10" } });
    const status = async (value: string, age: number): Promise<unknown> => {
      await t.gateway.gateway.loadConfig(t.document as never);
      t.time.now += 1_000_000;
      await t.ask();
      t.time.now += age * 1_000;
      return (await t.statuses(control(value)))[0];
    };
    expect([await status("max-age=4", 4), await status("max-age=4", 5)]).toEqual(["Hit", "Refresh"]);
    expect([await status("max-stale=3", 13), await status("max-stale=3", 14)]).toEqual(["Hit", "Refresh"]);
    expect([await status("max-stale", 14), await status("max-stale=nonsense", 14)]).toEqual(["Hit", "Hit"]);
    expect([await status("min-fresh=3", 7), await status("min-fresh=3", 8)]).toEqual(["Hit", "Refresh"]);
    expect([await status("max-age=nonsense", 1), await status("", 99)]).toEqual(["Refresh", "Hit"]);
  });

  it("does not look at Cache-Control when it is not to", async () => {
    await using t = await cacheGateway({}, { headers: { "cache-control": "private, no-store" } });
    expect(await t.statuses({}, {}, control("no-store"), control("max-age=0, only-if-cached"))).toEqual([
      "Miss",
      "Hit",
      "Hit",
      "Hit",
    ]);
  });
});

describe("Cache-Control", () => {
  it("is read by names in any case, quoted or not, over several lines", () => {
    const read = parseDirectives(['Max-Age=5, private="set-cookie, x"', 'ext="a\\"b", S-MaxAge = 7 ,,']);
    expect(Object.fromEntries(read)).toEqual({ "max-age": "5", private: "set-cookie, x", ext: 'a\\"b', "s-maxage": "7" });
    expect(parseDirectives(undefined).size).toBe(0);
  });

  it("means the stricter of two values", () => {
    expect(secondsOf(parseDirectives(["max-age=9, max-age=3, max-age=5"]), "max-age", 0)).toBe(3);
    expect(secondsOf(parseDirectives(["max-age=9, max-age=x"]), "max-age", 0)).toBe(0);
    expect(secondsOf(parseDirectives(["max-age=x, max-age=9"]), "max-age", 0)).toBe(0);
  });

  it("gives no lifetime below zero", () => {
    expect(lifetime(parseDirectives([]), new Date(0).toUTCString(), 5_000)).toBe(0);
    expect(lifetime(parseDirectives([]), undefined, 5_000)).toBe(0);
  });
});
