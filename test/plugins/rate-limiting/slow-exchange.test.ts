import { afterAll, beforeAll, expect, it } from "vitest";
import { describeRedis, type RedisServer, startRedis } from "../../support/redis.js";
import { testGateway } from "../../support/test-gateway.js";
import { waitFor } from "../../support/wait-for.js";
import { limitedDocument } from "./shared.js";

describeRedis("an exchange that takes longer than sync_rate", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it("is not the last one", async () => {
    const config = { year: 1_000, policy: "redis", sync_rate: 0.02, redis: server.config() };
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const gateway = await testGateway({ config: limitedDocument(config) as never, options: { logger } });
    try {
      const statuses = async (): Promise<number> => (await gateway.fetch("/")).status;
      expect(await statuses()).toBe(200);
      server.freeze();
      // Counted here, while the exchange is under way.
      const until = Date.now() + 100;
      while (Date.now() < until) await statuses();
      server.thaw();
      const key = String(((await server.ask("KEYS", "ratelimit:*")) as string[])[0]);
      await waitFor(async () => Number(await server.ask("GET", key)) > 1, { what: "the end of the exchange" });
      // Read afresh, and known from now on until the next exchange.
      await statuses();
      await server.ask("INCRBY", key, "5000");
      await waitFor(async () => (await statuses()) === 429, { timeout: 3_000, what: "what others have counted" });
    } finally {
      await gateway.close();
    }
  });
});
