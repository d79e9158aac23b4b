import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { Migrations } from "../../../src/store/migrations/migrations.js";
import { ChangedKeys } from "../../../src/store/strategies/postgres/changed-keys.js";
import { Database } from "../../../src/store/strategies/postgres/database.js";
import { Mirror } from "../../../src/store/strategies/postgres/mirror.js";
import { MirroredStrategy } from "../../../src/store/strategies/postgres/mirrored-strategy.js";
import { PostgresStrategy } from "../../../src/store/strategies/postgres/postgres-strategy.js";
import { postgresSettings } from "../../../src/store/strategies/postgres/settings.js";
import { describePostgres, type PostgresServer, startPostgres } from "../../support/postgres.js";
import type { StrategyWorld } from "../conformance/world.js";
import { describeStrategy } from "../conformance.js";

describePostgres("the store in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server.stop());

  async function migrated({ definitions, now }: StrategyWorld) {
    const settings = postgresSettings(await server.database());
    await new Migrations(settings, () => definitions).bootstrap();
    const database = new Database(settings, { application: "postern test" });
    return { database, inner: new PostgresStrategy({ database, now }) };
  }

  describeStrategy("postgres", async (world) => {
    const { inner } = await migrated(world);
    inner.define(world.definitions);
    await inner.connect();
    return { strategy: inner, close: () => inner.close() };
  });

  describe("and in memory", () => {
    let compare: () => Promise<void>;
    afterEach(() => compare());

    describeStrategy("postgres with its mirror", async (world) => {
      const { database, inner } = await migrated(world);
      const mirror = new Mirror(database, inner.tables, world.now);
      const strategy = new MirroredStrategy(inner, mirror);
      strategy.define(world.definitions);
      await strategy.connect();
      compare = async () => {
        await mirror.readAgain(new ChangedKeys());
        for (const { name, cached } of world.definitions) {
          if (cached) expect(mirror.state.all(name)).toEqual((await inner.page(name, { size: 10_000 })).rows);
          else expect(mirror.state.table(name).size).toBe(0);
        }
      };
      return { strategy, close: () => strategy.close() };
    });
  });
});
