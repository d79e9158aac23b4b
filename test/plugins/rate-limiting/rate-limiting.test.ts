import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../../support/test-gateway.js";

const START = Date.UTC(2024, 4, 6, 7, 8, 20);

interface Setup extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly logged: string[];
  /** Milliseconds to move the gateway's clock by. */
  pass(ms: number): void;
}

async function setup(document: (url: string) => Config, options: object = {}): Promise<Setup> {
  const upstream = await echoUpstream();
  const logged: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void logged.push(message) };
  let now = START;
  const gateway = await testGateway({
    config: { _format_version: "3.0", ...document(upstream.url) },
    options: { clock: () => now, logger, ...options },
  });
  return {
    gateway,
    logged,
    pass(ms) {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

/** One service with one route, and the plugin on the service. */
function limited(config: object): (url: string) => Config {
  return (url) => ({
    services: [{ name: "echo", url, routes: [{ paths: ["/"] }], plugins: [{ name: "rate-limiting", config }] }],
  });
}

async function ask(t: Setup, path = "/", headers: Record<string, string> = {}): Promise<Response> {
  const response = await t.gateway.fetch(path, { headers });
  await response.arrayBuffer();
  return response;
}

async function statuses(t: Setup, times: number, path = "/", headers: Record<string, string> = {}): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i += 1) seen.push((await ask(t, path, headers)).status);
  return seen;
}

describe("rate-limiting", () => {
  it("lets as many requests pass as the limit says, and tells how many are left", async () => {
    await using t = await setup(limited({ minute: 6 }));
    const seen: unknown[] = [];
    for (let i = 0; i < 7; i += 1) {
      const { status, headers } = await ask(t);
      expect(headers.get("x-ratelimit-limit-minute")).toBe("6");
      expect(headers.get("ratelimit-limit")).toBe("6");
      expect(headers.get("ratelimit-reset")).toBe("40");
      expect(headers.get("retry-after")).toBe(status === 429 ? "40" : null);
      expect(headers.get("ratelimit-remaining")).toBe(headers.get("x-ratelimit-remaining-minute"));
      seen.push([status, headers.get("x-ratelimit-remaining-minute")]);
    }
    expect(seen).toEqual([
      [200, "5"],
      [200, "4"],
      [200, "3"],
      [200, "2"],
      [200, "1"],
      [200, "0"],
      [429, "0"],
    ]);
  });

  it("refuses in the form that the client prefers", async () => {
    await using t = await setup(limited({ minute: 1 }));
    await ask(t);
    const response = await t.gateway.fetch("/");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.json()).toMatchObject({ message: "API rate limit exceeded", request_id: expect.any(String) });
  });

  it("begins anew with the next window", async () => {
    await using t = await setup(limited({ second: 1 }));
    expect(await statuses(t, 2)).toEqual([200, 429]);
    t.pass(1_000);
    expect(await statuses(t, 2)).toEqual([200, 429]);
  });

  it("does not count refused requests", async () => {
    await using t = await setup(limited({ second: 1, minute: 2 }));
    expect(await statuses(t, 5)).toEqual([200, 429, 429, 429, 429]);
    t.pass(1_000);
    expect((await ask(t)).status).toBe(200);
  });

  it("reports the tightest of several limits", async () => {
    await using t = await setup(limited({ minute: 6, hour: 99_999 }));
    const { headers } = await ask(t);
    expect(headers.get("ratelimit-limit")).toBe("6");
    expect(headers.get("x-ratelimit-limit-hour")).toBe("99999");
    expect(headers.get("x-ratelimit-remaining-hour")).toBe("99998");
  });

  it("says nothing to clients when told not to", async () => {
    await using t = await setup(limited({ minute: 1, hide_client_headers: true }));
    for (const status of [200, 429]) {
      const response = await ask(t);
      expect(response.status).toBe(status);
      expect([...response.headers.keys()].filter((name) => /ratelimit|retry-after/.test(name))).toEqual([]);
    }
  });

  it("refuses with its own status and message", async () => {
    await using t = await setup(limited({ minute: 1, error_code: 404, error_message: "Fake Not Found" }));
    await ask(t);
    const response = await t.gateway.fetch("/");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: "Fake Not Found" });
  });

  it("fails on a status that is no error", async () => {
    await using t = await setup(limited({ minute: 1, error_code: 200 }));
    expect(await statuses(t, 2)).toEqual([200, 500]);
  });

  it("keeps its counters over a reload of the configuration", async () => {
    await using upstream = await echoUpstream();
    const document = { _format_version: "3.0", ...limited({ minute: 2 })(upstream.url) };
    await using t = await setup(() => document);
    expect(await statuses(t, 2)).toEqual([200, 200]);
    await t.gateway.gateway.loadConfig(document);
    expect(await statuses(t, 1)).toEqual([429]);
  });
});

describe("rate-limiting, who is counted", () => {
  const consumers = ["alice", "bob"].map((username) => ({ username, keyauth_credentials: [{ key: username }] }));

  it("each consumer by itself", async () => {
    await using t = await setup((url) => ({
      services: [{ name: "echo", url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "key-auth" }, { name: "rate-limiting", config: { minute: 1 } }],
      consumers,
    }));
    expect(await statuses(t, 2, "/", { apikey: "alice" })).toEqual([200, 429]);
    expect(await statuses(t, 2, "/", { apikey: "bob" })).toEqual([200, 429]);
  });

  it("a consumer over all routes, when its own instance is global", async () => {
    await using t = await setup((url) => ({
      services: [{ name: "echo", url, routes: [{ paths: ["/a"] }, { paths: ["/b"] }] }],
      plugins: [
        { name: "key-auth" },
        { name: "rate-limiting", config: { minute: 9 } },
        { name: "rate-limiting", consumer: "alice", config: { minute: 2 } },
      ],
      consumers,
    }));
    expect(await statuses(t, 1, "/a", { apikey: "alice" })).toEqual([200]);
    expect(await statuses(t, 2, "/b", { apikey: "alice" })).toEqual([200, 429]);
    expect(await statuses(t, 3, "/b", { apikey: "bob" })).toEqual([200, 200, 200]);
  });

  it("all routes together for a global instance, each by itself for its own", async () => {
    await using t = await setup((url) => ({
      services: [
        {
          name: "echo",
          url,
          routes: [
            { name: "a", paths: ["/a"] },
            { name: "b", paths: ["/b"] },
            { name: "c", paths: ["/c"], plugins: [{ name: "rate-limiting", config: { minute: 1 } }] },
          ],
        },
      ],
      plugins: [{ name: "rate-limiting", config: { minute: 2 } }],
    }));
    expect(await statuses(t, 1, "/a")).toEqual([200]);
    expect(await statuses(t, 2, "/b")).toEqual([200, 429]);
    expect(await statuses(t, 2, "/c")).toEqual([200, 429]);
  });

  it("each service by itself", async () => {
    await using t = await setup((url) => ({
      services: [
        { name: "a", url, routes: [{ paths: ["/a"] }] },
        { name: "b", url, routes: [{ paths: ["/b"] }] },
      ],
      plugins: [{ name: "rate-limiting", config: { minute: 1, limit_by: "service" } }],
    }));
    expect(await statuses(t, 2, "/a")).toEqual([200, 429]);
    expect(await statuses(t, 2, "/b")).toEqual([200, 429]);
  });

  it("each value of a header, and the address of those without", async () => {
    await using t = await setup(limited({ minute: 1, limit_by: "header", header_name: "X-Tenant" }));
    expect(await statuses(t, 2, "/", { "x-tenant": "a" })).toEqual([200, 429]);
    expect(await statuses(t, 2, "/", { "x-tenant": "b" })).toEqual([200, 429]);
    expect(await statuses(t, 2)).toEqual([200, 429]);
  });

  it("one path, and the address for all others", async () => {
    await using t = await setup(limited({ minute: 1, limit_by: "path", path: "/status" }));
    expect(await statuses(t, 2, "/status?x=1")).toEqual([200, 429]);
    expect(await statuses(t, 1, "/status/more")).toEqual([200]);
    expect(await statuses(t, 1, "/other")).toEqual([429]);
  });

  it("each address, as trusted proxies report it", async () => {
    await using t = await setup(limited({ minute: 1, limit_by: "ip" }), { trustedIps: ["127.0.0.1"] });
    expect(await statuses(t, 2, "/", { "x-real-ip": "10.0.0.1" })).toEqual([200, 429]);
    expect(await statuses(t, 2, "/", { "x-real-ip": "10.0.0.2" })).toEqual([200, 429]);
  });

  it("no address that a stranger makes up", async () => {
    for (const limit_by of ["ip", "consumer"]) {
      await using t = await setup(limited({ minute: 1, limit_by }), { trustedIps: ["10.0.0.0/8"] });
      expect(await statuses(t, 1, "/", { "x-forwarded-for": "10.0.0.1", "x-real-ip": "10.0.0.1" })).toEqual([200]);
      const forged = ["x-forwarded-for", "x-real-ip", "forwarded", "client-ip", "true-client-ip"];
      for (const name of forged) expect(await statuses(t, 1, "/", { [name]: "10.0.0.2" })).toEqual([429]);
    }
  });

  it("the address that the nearest trusted proxy saw, whatever the client put before it", async () => {
    const options = { trustedIps: ["127.0.0.1"], realIpHeader: "X-Forwarded-For" };
    await using t = await setup(limited({ minute: 1, limit_by: "ip" }), options);
    expect(await statuses(t, 1, "/", { "x-forwarded-for": "1.1.1.1, 9.9.9.9" })).toEqual([200]);
    expect(await statuses(t, 1, "/", { "x-forwarded-for": "2.2.2.2, 9.9.9.9" })).toEqual([429]);
  });

  it("each credential by itself", async () => {
    await using t = await setup((url) => ({
      services: [{ name: "echo", url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "key-auth" }, { name: "rate-limiting", config: { minute: 1, limit_by: "credential" } }],
      consumers: [{ username: "alice", keyauth_credentials: [{ key: "one" }, { key: "two" }] }],
    }));
    expect(await statuses(t, 2, "/", { apikey: "one" })).toEqual([200, 429]);
    expect(await statuses(t, 2, "/", { apikey: "two" })).toEqual([200, 429]);
  });
});

describe("rate-limiting, who is counted where there is nobody of the kind", () => {
  /** Stands in for an authentication plugin that knows credentials and no consumers. */
  const external = definePlugin({
    name: "external",
    version: "1.0.0",
    priority: 1000,
    config: {},
    access(pdk) {
      const id = pdk.request.getHeader("x-credential");
      if (id !== undefined) pdk.client.authenticate(null, { id });
    },
  });
  const withExternal = (config: object) => (url: string) => ({
    services: [
      {
        url,
        routes: [{ paths: ["/"] }],
        plugins: [{ name: "external" }, { name: "rate-limiting", config }],
      },
    ],
  });

  it.each(["consumer", "credential"])("%s: the credential, or else the address", async (limit_by) => {
    await using t = await setup(withExternal({ minute: 1, limit_by }), { plugins: [external] });
    expect(await statuses(t, 2, "/", { "x-credential": "one" })).toEqual([200, 429]);
    expect(await statuses(t, 2, "/", { "x-credential": "two" })).toEqual([200, 429]);
    expect(await statuses(t, 2)).toEqual([200, 429]);
  });

  it("service: the address", async () => {
    const plugins = [
      { name: "request-termination", config: { status_code: 200 } },
      { name: "rate-limiting", config: { minute: 1, limit_by: "service" } },
    ];
    await using t = await setup(() => ({ routes: [{ paths: ["/"], plugins }] }), { trustedIps: ["127.0.0.1"] });
    expect(await statuses(t, 2, "/", { "x-real-ip": "10.0.0.1" })).toEqual([200, 429]);
    expect(await statuses(t, 1, "/", { "x-real-ip": "10.0.0.2" })).toEqual([200]);
  });

  it("header: its first value", async () => {
    await using t = await setup(limited({ minute: 1, limit_by: "header", header_name: "X-Tenant" }));
    const ask = async (...tenants: string[]): Promise<number> =>
      (await t.gateway.request({ headers: { host: "x", "x-tenant": tenants } })).status;
    expect([await ask("a", "b"), await ask("a", "c"), await ask("b", "a")]).toEqual([200, 429, 200]);
  });
});

describe("rate-limiting, with a store that is not there", () => {
  const config = { minute: 1, policy: "redis", redis: { host: "127.0.0.1", port: 1 } };

  it("lets requests pass without limit headers, and says so once", async () => {
    await using t = await setup(limited(config));
    const response = await ask(t);
    expect(response.headers.get("ratelimit-limit")).toBeNull();
    expect(await statuses(t, 2)).toEqual([200, 200]);
    expect(t.logged).toEqual([expect.stringContaining("failed to get usage: redis 127.0.0.1:1 cannot be reached")]);
  });

  it("refuses all requests when it may not tolerate failures", async () => {
    await using t = await setup(limited({ ...config, fault_tolerant: false }));
    const response = await t.gateway.fetch("/");
    expect(response.status).toBe(500);
    expect(response.headers.get("ratelimit-limit")).toBeNull();
    expect(await response.json()).toMatchObject({ message: "An unexpected error occurred" });
  });
});

describe("rate-limiting, schema", () => {
  it.each([
    [
      "no limit",
      {},
      "at least one of these fields must be non-empty: 'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'",
    ],
    ["a limit of zero", { second: 0 }, "value must be greater than 0"],
    [
      "a longer period that allows less",
      { second: 20, hour: 10 },
      "The limit for hour(10.0) cannot be lower than the limit for second(20.0)",
    ],
    ["an odd header name", { second: 1, limit_by: "header", header_name: "a b" }, "bad header name 'a b'"],
    ["a path that is none", { second: 1, limit_by: "path", path: "status" }, "should start with: /"],
    ["a path with an empty part", { second: 1, limit_by: "path", path: "/a//b" }, "must not have empty segments"],
    ["a status that is none", { second: 1, error_code: 0 }, "value must be greater than 0"],
    ["a header without a name", { second: 1, limit_by: "header" }, "required field missing"],
    ["a path without a path", { second: 1, limit_by: "path" }, "required field missing"],
    ["redis without a host", { second: 1, policy: "redis" }, "required field missing"],
    ["policy cluster without a database", { second: 1, policy: "cluster" }, "expected one of: local, redis"],
    ["sync_rate without redis", { second: 1, sync_rate: 1 }, "sync_rate can only be used with the redis policy"],
    [
      "a sync_rate that is too short",
      { second: 1, policy: "redis", redis: { host: "redis.test" }, sync_rate: 0.01 },
      "sync_rate must be greater than 0.02, or -1 to disable",
    ],
    [
      "an old and a new name with different values",
      { second: 1, policy: "redis", redis: { host: "a.test" }, redis_host: "b.test" },
      "both deprecated and new field are used but their values mismatch: redis_host = b.test vs redis.host = a.test",
    ],
  ])("refuses %s", async (_case, config, message) => {
    await expect(setup(limited(config))).rejects.toThrow(message);
  });

  it("takes the old names of the Redis settings and stores the new ones", async () => {
    await using t = await setup(limited({ second: 1, policy: "redis", redis_host: "redis.test", redis_port: 6380 }));
    for await (const { config } of t.gateway.gateway.db.plugins.each()) {
      expect(config).toMatchObject({ redis: { host: "redis.test", port: 6380, timeout: 2_000 } });
      expect(config).not.toHaveProperty("redis_host");
    }
    expect.assertions(2);
  });
});
