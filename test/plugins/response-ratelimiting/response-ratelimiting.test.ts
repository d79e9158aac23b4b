import { describe, expect, it } from "vitest";
import { rawServer } from "../../support/raw-server.js";
import { limitHeaders, type UseGateway, useGateway } from "./support.js";

const video = (limit: number) => ({ limits: { video: { minute: limit } } });

async function statuses(t: UseGateway, times: number, ...args: Parameters<UseGateway["use"]>): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i += 1) seen.push((await t.use(...args)).status);
  return seen;
}

describe("response-ratelimiting", () => {
  it("counts what the upstream says was used, and tells both sides what is left", async () => {
    await using t = await useGateway({ limits: { video: { minute: 6, hour: 10 } } });
    const first = await t.use("video=2");
    expect(limitHeaders(first)).toEqual({
      "limit-video-minute": "6",
      "remaining-video-minute": "4",
      "limit-video-hour": "10",
      "remaining-video-hour": "8",
    });
    expect(first.headers.get("x-kong-limit")).toBeNull();
    expect(await first.text()).toBe("from the upstream");
    expect(limitHeaders(await t.use("video=3"))).toMatchObject({ "remaining-video-minute": "1", "remaining-video-hour": "5" });
    expect(limitHeaders(await t.use(""))).toMatchObject({ "remaining-video-minute": "1" });
    expect(t.upstream.requests.map(({ headers }) => headers["x-ratelimit-remaining-video"])).toEqual(["6", "4", "1"]);
  });

  it("drops the answer for which nothing was left, and counts nothing", async () => {
    await using t = await useGateway(video(2));
    expect(await statuses(t, 2, "video=1")).toEqual([200, 200]);
    const refused = await t.use("video=1");
    expect([refused.status, await refused.text(), refused.headers.get("content-length")]).toEqual([429, "", "0"]);
    expect(limitHeaders(refused)).toEqual({ "limit-video-minute": "2", "remaining-video-minute": "0" });
    expect(refused.headers.get("x-upstream")).toBeNull();
    expect(t.upstream.requests).toHaveLength(3);
    expect(t.upstream.requests.at(-1)?.headers["x-ratelimit-remaining-video"]).toBe("0");
    // What uses nothing passes.
    expect((await t.use("")).status).toBe(200);
    t.time.now += 60_000;
    expect((await t.use("video=1")).status).toBe(200);
  });

  it("tells the upstream of less than nothing after a jump over the limit", async () => {
    await using t = await useGateway(video(2));
    expect(limitHeaders(await t.use("video=5"))).toMatchObject({ "remaining-video-minute": "0" });
    expect(await statuses(t, 1, "video=1")).toEqual([429]);
    expect(t.upstream.requests.at(-1)?.headers["x-ratelimit-remaining-video"]).toBe("-3");
  });

  it("refuses before the upstream is asked, with block_on_first_violation", async () => {
    await using t = await useGateway({ limits: { video: { minute: 2 }, image: { minute: 9 } }, block_on_first_violation: true });
    expect(await statuses(t, 2, "video=1")).toEqual([200, 200]);
    const refused = await t.use("image=1");
    expect([refused.status, await refused.json()]).toEqual([
      429,
      { message: "API rate limit exceeded for 'video'", request_id: expect.any(String) },
    ]);
    expect(t.upstream.requests).toHaveLength(2);
  });

  it("finds out about a jump over the limit late, with block_on_first_violation too", async () => {
    await using t = await useGateway({ ...video(2), block_on_first_violation: true });
    await t.use("video=5");
    const refused = await t.use("video=1");
    expect([refused.status, await refused.text()]).toEqual([429, ""]);
    expect(t.upstream.requests).toHaveLength(2);
  });

  it.each([
    ["video=1, test=99", { video: "9", image: "10" }],
    ["video=1,image = 2", { video: "9", image: "8" }],
    ["video", { video: "10", image: "10" }],
    ["video=", { video: "10", image: "10" }],
    ["video=x", { video: "10", image: "10" }],
    ["video=1.5", { video: "10", image: "10" }],
    ["video=1=2, image=3", { video: "10", image: "7" }],
    ["video=1, video=3", { video: "7", image: "10" }],
    ["Video=1", { video: "10", image: "10" }],
    ["__proto__=1, constructor=1, video=4", { video: "6", image: "10" }],
    ["video=99999999999999999999", { video: "10", image: "10" }],
    [",,=,=1", { video: "10", image: "10" }],
  ])("understands %s", async (use, left) => {
    await using t = await useGateway({ limits: { video: { minute: 10 }, image: { minute: 10 } } });
    expect(limitHeaders(await t.use(use))).toMatchObject({
      "remaining-video-minute": left.video,
      "remaining-image-minute": left.image,
    });
    await t.use("");
    expect(t.upstream.requests.at(-1)?.headers).toMatchObject({
      "x-ratelimit-remaining-video": left.video,
      "x-ratelimit-remaining-image": left.image,
    });
  });

  it("reads the first of several headers only", async () => {
    await using upstream = await rawServer({
      onRequest: ({ socket }) =>
        void socket.write("HTTP/1.1 200 OK\r\nX-Kong-Limit: video=1\r\nX-Kong-Limit: video=5\r\nContent-Length: 0\r\n\r\n"),
    });
    await using t = await useGateway({}, () => ({
      services: [
        {
          url: `http://127.0.0.1:${upstream.port}`,
          routes: [{ paths: ["/"] }],
          plugins: [{ name: "response-ratelimiting", config: video(10) }],
        },
      ],
    }));
    const response = await t.use("");
    expect(limitHeaders(response)).toMatchObject({ "remaining-video-minute": "9" });
    expect(response.headers.get("x-kong-limit")).toBeNull();
  });

  it("takes another header than the usual one", async () => {
    await using t = await useGateway({ ...video(5), header_name: "X-Used" }, undefined, {}, "x-used");
    const response = await t.use("video=2");
    expect([limitHeaders(response)["remaining-video-minute"], response.headers.get("x-used")]).toEqual(["3", null]);
  });

  it("tells clients nothing when it is not to, but the upstream", async () => {
    await using t = await useGateway({ ...video(1), hide_client_headers: true });
    for (const status of [200, 429]) {
      const response = await t.use("video=1");
      expect([response.status, limitHeaders(response), response.headers.get("x-kong-limit")]).toEqual([status, {}, null]);
    }
    expect(t.upstream.requests[0]?.headers["x-ratelimit-remaining-video"]).toBe("1");
  });

  it("shares its headers with rate-limiting, on refused answers too", async () => {
    await using t = await useGateway({}, (url) => ({
      services: [
        {
          url,
          routes: [{ paths: ["/"] }],
          plugins: [
            { name: "rate-limiting", config: { minute: 9 } },
            { name: "response-ratelimiting", config: video(1) },
          ],
        },
      ],
    }));
    for (const status of [200, 429]) {
      const response = await t.use("video=1");
      expect(response.status).toBe(status);
      expect(limitHeaders(response)).toMatchObject({ "limit-minute": "9", "limit-video-minute": "1" });
      expect(response.headers.get("ratelimit-limit")).toBe("9");
    }
  });

  it("counts a service over all of its routes, and each client by itself", async () => {
    await using t = await useGateway({}, (url) => ({
      services: [
        {
          url,
          routes: [{ paths: ["/a"] }, { paths: ["/b"] }],
          plugins: [{ name: "key-auth" }, { name: "response-ratelimiting", config: video(2) }],
        },
      ],
      consumers: ["alice", "bob"].map((username) => ({ username, keyauth_credentials: [{ key: username }] })),
    }));
    const as = (apikey: string) => ({ apikey });
    expect(await statuses(t, 1, "video=1", "/a", as("alice"))).toEqual([200]);
    expect(await statuses(t, 2, "video=1", "/b", as("alice"))).toEqual([200, 429]);
    expect(await statuses(t, 2, "video=1", "/a", as("bob"))).toEqual([200, 200]);
  });

  it("counts each credential by itself, or all of an address together", async () => {
    const document = (limit_by: string) => (url: string) => ({
      services: [
        {
          url,
          routes: [{ paths: ["/"] }],
          plugins: [{ name: "key-auth" }, { name: "response-ratelimiting", config: { ...video(1), limit_by } }],
        },
      ],
      consumers: [{ username: "alice", keyauth_credentials: [{ key: "one" }, { key: "two" }] }],
    });
    for (const [limit_by, expected] of [
      ["credential", [200, 200]],
      ["consumer", [200, 429]],
      ["ip", [200, 429]],
    ] as const) {
      await using t = await useGateway({}, document(limit_by));
      const seen = [await t.use("video=1", "/", { apikey: "one" }), await t.use("video=1", "/", { apikey: "two" })];
      expect([limit_by, seen.map(({ status }) => status)]).toEqual([limit_by, expected]);
    }
  });

  it("believes no forwarded address of strangers", async () => {
    await using t = await useGateway({ ...video(1), limit_by: "ip" });
    const from = (address: string) => ({ "x-forwarded-for": address, "x-real-ip": address });
    expect(await statuses(t, 1, "video=1", "/", from("10.0.0.1"))).toEqual([200]);
    expect(await statuses(t, 1, "video=1", "/", from("10.0.0.2"))).toEqual([429]);
  });

  it("keeps its counters over a reload, also for a period that is new", async () => {
    await using t = await useGateway({ limits: { video: { minute: 2 } } });
    await t.use("video=2");
    const text = JSON.stringify(t.document).replace('{"minute":2}', '{"minute":2,"hour":3}');
    await t.gateway.gateway.loadConfig(JSON.parse(text));
    expect(limitHeaders(await t.use(""))).toMatchObject({ "remaining-video-minute": "0", "remaining-video-hour": "1" });
  });
});

describe("response-ratelimiting, with a store that is not there", () => {
  const config = { ...video(1), policy: "redis", redis: { host: "127.0.0.1", port: 1 } };

  it("leaves the request alone, the upstream's header too, and says so once", async () => {
    await using t = await useGateway(config);
    for (let i = 0; i < 3; i += 1) {
      const response = await t.use("video=1");
      expect([response.status, limitHeaders(response), response.headers.get("x-kong-limit")]).toEqual([200, {}, "video=1"]);
    }
    expect(t.upstream.requests[0]?.headers).not.toHaveProperty("x-ratelimit-remaining-video");
    expect(t.logged).toEqual([expect.stringContaining("failed to get usage: redis 127.0.0.1:1 cannot be reached")]);
  });

  it("answers 500 when it may not tolerate failures", async () => {
    await using t = await useGateway({ ...config, fault_tolerant: false });
    const response = await t.use("video=1");
    expect([response.status, await response.json()]).toEqual([
      500,
      { message: "An unexpected error occurred", request_id: expect.any(String) },
    ]);
    expect(t.upstream.requests).toEqual([]);
  });
});

describe("response-ratelimiting, schema", () => {
  it.each([
    ["no limits", {}, "required field missing"],
    ["limits of null", { limits: null }, "required field missing"],
    ["an empty map", { limits: {} }, "length must be at least 1"],
    ["a limit that is no record", { limits: { video: 5 } }, "expected a record"],
    ["a limit without periods", { limits: { video: {} } }, "at least one of these fields must be non-empty"],
    ["a limit of zero", { limits: { video: { minute: 0 } } }, "value must be greater than 0"],
    [
      "a longer period that allows less",
      { limits: { video: { second: 2, minute: 1 } } },
      "the limit for minute(1.0) cannot be lower than the limit for second(2.0)",
    ],
    ["a limit that cannot be told in a header", { limits: { "a b": { minute: 1 } } }, "invalid value: a b"],
    ["redis without a host", { ...video(1), policy: "redis" }, "required field missing"],
    ["policy cluster without a database", { ...video(1), policy: "cluster" }, "expected one of: local, redis"],
    [
      "an old and a new name with different values",
      { ...video(1), policy: "redis", redis: { host: "a.test" }, redis_host: "b.test" },
      "both deprecated and new field are used but their values mismatch: redis_host = b.test vs redis.host = a.test",
    ],
  ])("refuses %s", async (_what, config, message) => {
    await expect(useGateway(config)).rejects.toThrow(message);
  });
});
