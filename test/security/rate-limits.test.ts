import { describe, expect, it } from "vitest";
import { keptLog, type ProxyTest, proxyTest } from "../gateway/support.js";

const HOUR = 3_600_000;
const START = Date.UTC(2024, 4, 6, 7, 8, 20);

interface Limited extends ProxyTest {
  /** Moves the gateway's clock. */
  pass(ms: number): void;
  status(headers?: Readonly<Record<string, string>>, path?: string): Promise<number>;
}

async function limited(config: object): Promise<Limited> {
  let now = START;
  const t = await proxyTest({
    document: { plugins: [{ name: "rate-limiting", config: { policy: "local", ...config } }] },
    options: { clock: () => now, logger: keptLog() },
  });
  return {
    ...t,
    pass: (ms) => {
      now += ms;
    },
    status: async (headers = {}, path = "/") => (await t.gateway.request({ path, headers: { host: "x", ...headers } })).status,
  };
}

const count = (statuses: readonly number[], status: number): number => statuses.filter((one) => one === status).length;

describe("a rate limit", () => {
  it("lets no request more pass when all come at once", async () => {
    await using t = await limited({ hour: 20, limit_by: "ip" });
    const statuses = await Promise.all(Array.from({ length: 120 }, () => t.status()));
    expect([count(statuses, 200), count(statuses, 429)]).toEqual([20, 100]);
    expect(t.upstream.requests).toHaveLength(20);
  });

  it("lets no request more pass when they come over one connection, over HEAD, or as upgrades", async () => {
    await using t = await limited({ hour: 2, limit_by: "ip" });
    const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "eA==", "sec-websocket-version": "13" };
    const statuses = [
      (await t.gateway.request({ method: "HEAD", headers: { host: "x" } })).status,
      await t.status(),
      (await t.gateway.request({ method: "OPTIONS", headers: { host: "x" } })).status,
      await t.status(upgrade),
      await t.status({ connection: "Upgrade", upgrade: "h2c" }),
      await t.status({}, "/%2e/x"),
      await t.status({}, "http://other/"),
    ];
    expect(statuses).toEqual([200, 200, 429, 429, 429, 429, 429]);
  });

  it("holds to the last millisecond of its window, and begins anew with the next", async () => {
    await using t = await limited({ hour: 1, limit_by: "ip" });
    expect(await t.status()).toBe(200);
    t.pass(HOUR - (START % HOUR) - 1);
    expect(await t.status()).toBe(429);
    t.pass(1);
    expect([await t.status(), await t.status()]).toEqual([200, 429]);
  });

  it.each([-HOUR * 24 * 400, -HOUR, -1_500, HOUR, HOUR * 24 * 400])(
    "goes on, with sensible headers, when the clock jumps by %d ms",
    async (jump) => {
      await using t = await limited({ second: 1_000, minute: 1_000, hour: 1_000, month: 1_000, year: 1_000, limit_by: "ip" });
      await t.status();
      t.pass(jump);
      for (let i = 0; i < 3; i += 1) {
        const { headers, status } = await t.gateway.request({ headers: { host: "x" } });
        expect(status).toBe(200);
        expect(Number(headers["ratelimit-reset"])).toBeGreaterThanOrEqual(1);
        expect(Number(headers["ratelimit-remaining"])).toBeLessThanOrEqual(1_000);
        expect(Number(headers["ratelimit-remaining"])).toBeGreaterThanOrEqual(995);
      }
    },
  );

  it("counts each value of a header by itself, whatever it looks like", async () => {
    await using t = await limited({ hour: 1, limit_by: "header", header_name: "x-tenant" });
    const tenants = [
      "__proto__",
      "constructor",
      "toString",
      "0",
      "null",
      "a",
      "A",
      "a:b",
      "a:",
      ":b",
      "x,y",
      "*",
      "x".repeat(4_000),
    ];
    for (const tenant of tenants) {
      expect([tenant, await t.status({ "x-tenant": tenant }), await t.status({ "x-tenant": tenant })]).toEqual([
        tenant,
        200,
        429,
      ]);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("counts a client without the header by its address, and takes no forged one for it", async () => {
    await using t = await limited({ hour: 1, limit_by: "header", header_name: "x-tenant" });
    expect([await t.status(), await t.status(), await t.status({ "x-forwarded-for": "6.6.6.6" })]).toEqual([200, 429, 429]);
  });

  it("counts a path however it is written", async () => {
    await using t = await limited({ hour: 1, limit_by: "path", path: "/login" });
    const spellings = ["/login", "//login", "/x/../login", "/%6cogin", "/./login?x", "http://x/login"];
    const statuses: number[] = [];
    for (const path of spellings) statuses.push(await t.status({}, path));
    expect(statuses).toEqual([200, 429, 429, 429, 429, 429]);
  });
});
