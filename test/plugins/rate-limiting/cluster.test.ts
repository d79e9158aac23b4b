import { createGateway } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../src/testing/index.js";
import { describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import { waitFor } from "../../support/wait-for.js";
import { flood, limitedDocument, otherGateway } from "./shared.js";

const NOW = Date.UTC(2024, 4, 6, 7, 8, 20, 500);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

async function statuses({ fetch }: { fetch(path: string): Promise<Response> }, times: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < times; i += 1) seen.push((await fetch("/")).status);
  return seen;
}

describe("rate-limiting in the gateway's own database", () => {
  it("counts what is let through, and nothing else", async () => {
    let now = NOW;
    await using t = await startGateway({
      database: "memory",
      clock: () => now,
      declarativeConfig: limitedDocument({ second: 1, hour: 3, policy: "cluster" }) as never,
    });
    expect(await statuses(t, 3)).toEqual([200, 429, 429]);
    now += 1_000;
    expect(await statuses(t, 2)).toEqual([200, 429]);
    const { headers } = await t.fetch("/");
    expect([headers.get("x-ratelimit-remaining-hour"), headers.get("retry-after")]).toEqual(["1", "1"]);
    const dao = t.gateway.db.ratelimiting_metrics;
    const rows = await waitFor(async () => {
      const { data } = await dao.page();
      const values = Object.fromEntries(data.map((row) => [`${row.period} ${row.period_date}`, row.value]));
      return values[`hour ${Date.UTC(2024, 4, 6, 7) / 1000}`] === 2 ? values : undefined;
    });
    expect(rows).toMatchObject({ [`second ${Math.floor(now / 1000)}`]: 1 });
    now += 1_000;
    expect(await statuses(t, 1)).toEqual([200]);
    now += 1_000;
    expect(await statuses(t, 2)).toEqual([429, 429]);
  });

  it("heeds a limit that was raised within the window", async () => {
    const document = (hour: number): never => limitedDocument({ hour, policy: "cluster" }) as never;
    await using t = await startGateway({ database: "memory", clock: () => NOW, declarativeConfig: document(1) });
    expect(await statuses(t, 3)).toEqual([200, 429, 429]);
    await t.gateway.loadConfig(document(2));
    expect(await statuses(t, 2)).toEqual([200, 429]);
  });
});

describePostgres("rate-limiting in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  async function database(config: object): Promise<object> {
    const options = { database: "postgres", ...(await server.database()) } as const;
    const gateway = createGateway({ ...options, logger: quiet });
    await gateway.migrations.bootstrap();
    await gateway.ready();
    await gateway.loadConfig(limitedDocument({ policy: "cluster", ...config }) as never);
    await gateway.close();
    return options;
  }

  it("shares counters between processes: not one request more than the limit", async () => {
    const options = await database({ year: 120 });
    await using one = await otherGateway(options);
    await using other = await otherGateway(options);
    const { statuses } = await flood([one.port, other.port], 300, 30);
    expect(statuses).toEqual({ 200: 120, 429: 180 });
  });

  it.each([
    [true, { 200: 300 }],
    [false, { 200: expect.any(Number), 500: expect.any(Number) }],
  ])("does as fault_tolerant (%s) says when PostgreSQL dies", async (fault_tolerant, expected) => {
    const own = await startPostgres();
    try {
      const options = { database: "postgres", ...(await own.database()) } as const;
      const gateway = createGateway({ ...options, logger: quiet });
      await gateway.migrations.bootstrap();
      await gateway.ready();
      await gateway.loadConfig(limitedDocument({ policy: "cluster", year: 1_000_000, fault_tolerant }) as never);
      await gateway.close();
      await using t = await startGateway({ ...options, logger: quiet });
      let killed: Promise<void> | undefined;
      const { statuses } = await flood([t.port], 300, 10, (done) => {
        if (done === 100) killed = own.kill();
      });
      await killed;
      expect(statuses).toEqual(expected);
    } finally {
      await own.stop();
    }
  });
});
