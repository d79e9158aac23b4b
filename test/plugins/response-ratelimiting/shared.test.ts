import { createGateway } from "postern";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { describeRedis, type RedisServer, startRedis } from "../../support/redis.js";
import { waitFor } from "../../support/wait-for.js";
import { limitHeaders, NOW, type UseGateway, useGateway } from "./support.js";

const ROUTE = "5a0d2c4e-9d8e-4c25-8f1b-1f0c52a8d1e7";
const NONE = "00000000-0000-0000-0000-000000000000";

const document = (config: object) => (url: string) => ({
  services: [{ url, routes: [{ id: ROUTE, paths: ["/"], plugins: [{ name: "response-ratelimiting", config }] }] }],
});

/** Waits until the counters say that so much is left: they are written behind the answer. */
async function left(t: UseGateway, remaining: string): Promise<void> {
  await waitFor(async () => limitHeaders(await t.use(""))["remaining-video-minute"] === remaining, { what: `${remaining} left` });
}

describeRedis("response-ratelimiting in Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(() => server.ask("FLUSHALL"));

  it("counts under Kong's keys, in all periods, each with the length of its window to live", async () => {
    await using t = await useGateway({}, document({ limits: { video: { minute: 6 } }, policy: "redis", redis: server.config() }));
    await t.use("video=2");
    await left(t, "4");
    await t.use("video=1");
    await left(t, "3");
    const prefix = `response-ratelimit:${ROUTE}:${NONE}:127.0.0.1`;
    const keys = {
      minute: Date.UTC(2024, 4, 6, 7, 8),
      hour: Date.UTC(2024, 4, 6, 7),
      day: Date.UTC(2024, 4, 6),
      month: Date.UTC(2024, 4),
      year: Date.UTC(2024, 0),
    };
    for (const [period, start] of Object.entries(keys)) {
      expect(await server.ask("GET", `${prefix}:${start}:video:${period}`)).toBe("3");
    }
    expect(Number(await server.ask("TTL", `${prefix}:${keys.minute}:video:minute`))).toBeLessThanOrEqual(60);
    expect(Number(await server.ask("TTL", `${prefix}:${keys.hour}:video:hour`))).toBeGreaterThan(3_500);
  });

  it("shares counters between gateways", async () => {
    const config = { limits: { video: { minute: 3 } }, policy: "redis", redis: server.config() };
    await using one = await useGateway({}, document(config));
    await using other = await useGateway({}, document(config));
    await one.use("video=3");
    await left(other, "0");
    expect((await other.use("video=1")).status).toBe(429);
  });

  it("goes on when Redis dies, and comes back with it", async () => {
    const own = await startRedis();
    try {
      await using t = await useGateway({}, document({ limits: { video: { minute: 3 } }, policy: "redis", redis: own.config() }));
      await t.use("video=1");
      await left(t, "2");
      await own.kill();
      expect((await t.use("video=9")).status).toBe(200);
      await own.start();
      await left(t, "3");
    } finally {
      await own.stop();
    }
  });
});

describe("response-ratelimiting in the gateway's own database", () => {
  it("counts in all periods", async () => {
    await using t = await useGateway({}, document({ limits: { video: { minute: 6 } }, policy: "cluster" }), {
      database: "memory",
    });
    await t.use("video=2");
    await left(t, "4");
    const db = t.gateway.gateway.db as unknown as Record<string, { page(): Promise<{ data: Record<string, unknown>[] }> }>;
    const { data = [] } = (await db.response_ratelimiting_metrics?.page()) ?? {};
    expect(data.map(({ period }) => period).sort()).toEqual(
      ["day", "hour", "minute", "month", "second", "year"].map((period) => `video_${period}`),
    );
    expect(data).toContainEqual(
      expect.objectContaining({
        identifier: "127.0.0.1",
        period: "video_minute",
        period_date: Math.floor(NOW / 60_000) * 60,
        route_id: ROUTE,
        service_id: NONE,
        value: 2,
      }),
    );
  });
});

describePostgres("response-ratelimiting in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  it("shares counters between gateways", async () => {
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const options = { database: "postgres", ...(await server.database()) } as const;
    const first = createGateway({ ...options, logger: quiet });
    await first.migrations.bootstrap();
    await first.close();
    const made = document({ limits: { video: { minute: 3 } }, policy: "cluster" });
    await using one = await useGateway({}, made, options);
    await using other = await useGateway({}, made, options);
    await one.use("video=3");
    await left(other, "0");
    expect((await other.use("video=1")).status).toBe(429);
  });
});
