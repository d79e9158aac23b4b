import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { loadDeclarative } from "../../src/declarative/load.js";
import { PostgresBackend } from "../../src/gateway-backend-postgres.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { Migrations } from "../../src/store/migrations/migrations.js";
import { storedDefinitions } from "../../src/store/open-store.js";
import { StoreEvents } from "../../src/store/store-events.js";
import { postgresSettings } from "../../src/store/strategies/postgres/settings.js";
import { ask, describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";

const definitions = entityDefinitions(loadPlugins().all);
const nothing = (): void => undefined;
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function documentOf(...names: readonly string[]) {
  const services = names.map((name) => ({ name, url: `http://${name}.test` }));
  return loadDeclarative({ _format_version: "3.0", services }, { entities: Object.values(definitions) });
}

describePostgres("a gateway's side of PostgreSQL", () => {
  let server: PostgresServer;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => server.stop());

  async function open() {
    const options = { database: "postgres", pgTimeout: 2000, ...(await server.database()) } as const;
    await new Migrations(postgresSettings(options), () => storedDefinitions(definitions)).bootstrap();
    const events = new StoreEvents();
    const backend = new PostgresBackend({ options, definitions, document: documentOf(), events, logger, now: Date.now });
    closing.push(() => backend.close());
    await backend.open();
    const stored = async () =>
      (await ask(server.port, "SELECT name, xmin::text FROM services ORDER BY name", options.pgDatabase)) as {
        name: string;
        xmin: string;
      }[];
    return { backend, stored, options };
  }

  test("stores a document only when a gateway can be made of it", async () => {
    const { backend, stored } = await open();
    await backend.load(documentOf("a", "b"), () => nothing);
    const before = await stored();
    const used: string[] = [];
    const refused = backend.load(documentOf("c"), (entities) => {
      expect(entities.all("services").map(({ name }) => name)).toEqual(["c"]);
      throw new Error("no router can be made of that");
    });
    await expect(refused).rejects.toThrow("no router can be made of that");
    expect(await stored()).toEqual(before);
    await backend.load(documentOf("c"), () => {
      used.push(
        backend.entities
          .all("services")
          .map(({ name }) => name)
          .join(),
      );
      return () =>
        used.push(
          backend.entities
            .all("services")
            .map(({ name }) => name)
            .join(),
        );
    });
    expect(used).toEqual(["a,b", "c"]);
    expect((await stored()).map(({ name }) => name)).toEqual(["c"]);
  });

  test("does not write what is there already", async () => {
    const { backend, stored } = await open();
    await backend.load(documentOf("a", "b"), () => nothing);
    const before = await stored();
    await backend.load(documentOf("a", "b", "c"), () => nothing);
    expect((await stored()).filter(({ name }) => name !== "c")).toEqual(before);
  });

  test("says whether the server answers", async () => {
    const { backend } = await open();
    expect(await backend.isReachable()).toBe(true);
    await server.kill();
    expect(await backend.isReachable()).toBe(false);
    await server.start();
    expect(await backend.isReachable()).toBe(true);
  });
});
