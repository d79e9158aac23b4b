import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describeRedis, type RedisServer, startRedis } from "../../support/redis.js";
import { type TestGateway, testGateway } from "../../support/test-gateway.js";
import { waitFor } from "../../support/wait-for.js";
import { flood, limitedDocument, otherGateway } from "./shared.js";

const ROUTE = "5a0d2c4e-9d8e-4c25-8f1b-1f0c52a8d1e7";
const NONE = "00000000-0000-0000-0000-000000000000";
/** Far from any other window's border. */
const NOW = Date.UTC(2024, 4, 6, 7, 8, 20, 500);

interface Limited extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly logged: string[];
  statuses(times: number): Promise<number[]>;
}

async function limited(config: object, options: object = {}): Promise<Limited> {
  const logged: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void logged.push(message) };
  const gateway = await testGateway({
    config: limitedDocument({ policy: "redis", ...config }) as never,
    options: { clock: () => NOW, logger, ...options },
  });
  return {
    gateway,
    logged,
    async statuses(times) {
      const seen: number[] = [];
      for (let i = 0; i < times; i += 1) seen.push((await gateway.fetch("/")).status);
      return seen;
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  };
}

describeRedis("rate-limiting in Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(() => server.ask("FLUSHALL"));

  it("counts under Kong's keys, each with the length of its window to live, refused requests too", async () => {
    await using t = await limited({ second: 1, month: 5, redis: server.config() });
    expect(await t.statuses(3)).toEqual([200, 429, 429]);
    const prefix = `ratelimit:${ROUTE}:${NONE}:127.0.0.1`;
    const second = `${prefix}:${Date.UTC(2024, 4, 6, 7, 8, 20)}:second`;
    const month = `${prefix}:${Date.UTC(2024, 4, 1)}:month`;
    expect(await server.ask("GET", month)).toBe("3");
    expect(Number(await server.ask("TTL", month))).toBeGreaterThan(2_591_000);
    expect(Number(await server.ask("TTL", month))).toBeLessThanOrEqual(2_592_000);
    await waitFor(async () => (await server.ask("EXISTS", second)) === 0, { what: "the end of the counter of the second" });
  });

  it("tells clients what they are told with other policies", async () => {
    await using t = await limited({ minute: 2, hour: 9, redis: server.config() });
    const seen = [];
    for (let i = 0; i < 3; i += 1) {
      const { status, headers } = await t.gateway.fetch("/");
      seen.push([
        status,
        ...["ratelimit-limit", "ratelimit-remaining", "x-ratelimit-remaining-hour"].map((name) => headers.get(name)),
      ]);
    }
    expect(seen).toEqual([
      [200, "2", "1", "8"],
      [200, "2", "0", "7"],
      [429, "2", "0", "7"],
    ]);
  });

  it("keeps counters of different databases apart, and shares those of one", async () => {
    const redis = server.config();
    await using one = await limited({ hour: 1, redis });
    await using same = await limited({ hour: 1, redis });
    await using other = await limited({ hour: 1, redis: { ...redis, database: 3 } });
    expect([await one.statuses(1), await same.statuses(1), await other.statuses(1)]).toEqual([[200], [429], [200]]);
    const keys = `ratelimit:${ROUTE}:${NONE}:127.0.0.1:${Date.UTC(2024, 4, 6, 7)}:hour`;
    expect(await server.ask("GET", keys)).toBe("2");
  });

  it("authenticates, and takes a lack of permission for a failure of the store", async () => {
    await server.ask("ACL", "SETUSER", "teller", "on", ">pass", "~*", "+@all");
    await server.ask("ACL", "SETUSER", "reader", "on", ">pass", "~*", "+get", "+ping", "+info", "+select");
    const config = { hour: 1, fault_tolerant: false };
    await using teller = await limited({ ...config, redis: server.config({ username: "teller", password: "pass" }) });
    await using reader = await limited({ ...config, redis: server.config({ username: "reader", password: "pass" }) });
    await using wrong = await limited({ ...config, redis: server.config({ username: "teller", password: "no" }) });
    expect([await teller.statuses(2), await reader.statuses(1), await wrong.statuses(1)]).toEqual([[200, 429], [500], [500]]);
  });

  it("speaks TLS, and verifies the server when told to", async () => {
    const secure = await startRedis({ tls: true });
    try {
      const config = { hour: 1, fault_tolerant: false };
      await using trusting = await limited({ ...config, redis: secure.config({ server_name: "redis.test" }) });
      await using wary = await limited({ ...config, redis: secure.config({ ssl_verify: true }) });
      expect([await trusting.statuses(2), await wary.statuses(1)]).toEqual([[200, 429], [500]]);
    } finally {
      await secure.stop();
    }
  });

  it("shares counters between processes: not one request more than the limit", async () => {
    const options = { declarativeConfig: limitedDocument({ year: 400, policy: "redis", redis: server.config() }) };
    await using one = await otherGateway(options);
    await using other = await otherGateway(options);
    const { statuses } = await flood([one.port, other.port], 900, 40);
    expect(statuses).toEqual({ 200: 400, 429: 500 });
  });

  it("goes on when Redis dies, if failures are tolerated", async () => {
    const own = await startRedis();
    try {
      await using t = await limited({ year: 1_000_000, redis: own.config() }, { clock: Date.now });
      let killed: Promise<void> | undefined;
      const { statuses } = await flood([t.gateway.port], 600, 20, (done) => {
        if (done === 200) killed = own.kill();
      });
      await killed;
      expect(statuses).toEqual({ 200: 600 });
      expect((await t.gateway.fetch("/")).headers.get("ratelimit-limit")).toBeNull();
      expect(t.logged.join()).toContain("failed to get usage");
      await own.start();
      await waitFor(async () => (await t.gateway.fetch("/")).headers.get("ratelimit-limit") === "1000000", {
        what: "limits that are counted again",
      });
    } finally {
      await own.stop();
    }
  });

  it("answers 500 when Redis dies, if failures are not tolerated", async () => {
    const own = await startRedis();
    try {
      await using t = await limited({ year: 1_000_000, fault_tolerant: false, redis: own.config() }, { clock: Date.now });
      let killed: Promise<void> | undefined;
      const { statuses } = await flood([t.gateway.port], 600, 20, (done) => {
        if (done === 200) killed = own.kill();
      });
      await killed;
      expect(Object.keys(statuses)).toEqual(["200", "500"]);
      expect((statuses[200] ?? 0) + (statuses[500] ?? 0)).toBe(600);
      expect(statuses[200]).toBeGreaterThanOrEqual(200);
      const response = await t.gateway.fetch("/");
      expect([response.status, await response.json()]).toEqual([
        500,
        { message: "An unexpected error occurred", request_id: expect.any(String) },
      ]);
      expect([...response.headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
    } finally {
      await own.stop();
    }
  });

  describe("with sync_rate", () => {
    const year = `ratelimit:${ROUTE}:${NONE}:127.0.0.1:${Date.UTC(new Date().getUTCFullYear(), 0)}:year`;
    const stored = async (): Promise<number> => Number(await server.ask("GET", year));

    it("asks Redis once, counts here, and tells Redis in time", async () => {
      await using t = await limited({ year: 10, sync_rate: 0.05, redis: server.config() }, { clock: Date.now });
      expect(await t.statuses(12)).toEqual([...Array<number>(10).fill(200), 429, 429]);
      await waitFor(async () => (await stored()) === 10, { what: "the count of accepted requests in Redis" });
      expect(Number(await server.ask("TTL", year))).toBeGreaterThan(0);
    });

    it("reads afresh after each exchange", async () => {
      await using t = await limited({ year: 10, sync_rate: 0.05, redis: server.config() }, { clock: Date.now });
      expect(await t.statuses(1)).toEqual([200]);
      await server.ask("INCRBY", year, "50");
      await waitFor(async () => (await t.statuses(1))[0] === 429, { what: "what others have counted" });
      await waitFor(async () => (await stored()) >= 51 && (await stored()) <= 61, { what: "a count without refused requests" });
    });

    it("gives Redis what is left when the gateway closes", async () => {
      const t = await limited({ year: 10, sync_rate: 600, redis: server.config() }, { clock: Date.now });
      expect(await t.statuses(7)).toEqual(Array<number>(7).fill(200));
      expect(await stored()).toBe(1);
      await t.gateway.close();
      expect(await stored()).toBe(7);
    });

    it("counts each of many first requests once", async () => {
      await using t = await limited({ year: 20, sync_rate: 600, redis: server.config() }, { clock: Date.now });
      expect((await flood([t.gateway.port], 60, 30)).statuses).toEqual({ 200: 20, 429: 40 });
    });

    it("makes no counter anew whose time was over", async () => {
      await server.ask("SET", year, "1");
      const t = await limited({ year: 1, sync_rate: 600, redis: server.config() }, { clock: Date.now });
      // Redis has counted the request, from which it is to be taken off again.
      expect(await t.statuses(1)).toEqual([429]);
      await server.ask("FLUSHALL");
      await t.gateway.close();
      expect(await server.ask("EXISTS", year)).toBe(0);
    });

    it("takes refused requests off again", async () => {
      await server.ask("SET", year, "1");
      const t = await limited({ year: 1, sync_rate: 600, redis: server.config() }, { clock: Date.now });
      expect(await t.statuses(3)).toEqual([429, 429, 429]);
      await t.gateway.close();
      expect(await stored()).toBe(1);
    });

    it("goes on without Redis, and says so", async () => {
      const own = await startRedis();
      try {
        await using t = await limited({ year: 10, sync_rate: 0.02, redis: own.config() }, { clock: Date.now });
        expect(await t.statuses(1)).toEqual([200]);
        await own.kill();
        await waitFor(async () => (await t.gateway.fetch("/")).headers.get("ratelimit-limit") === null, {
          what: "answers without limits",
        });
        expect(t.logged.length).toBeGreaterThan(0);
        await own.start();
        await waitFor(async () => (await t.gateway.fetch("/")).headers.get("ratelimit-limit") === "10", {
          what: "limits that are counted again",
        });
      } finally {
        await own.stop();
      }
    });
  });
});
