import { createGateway, type GatewayOptions, OptionsError } from "postern";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { describePostgres, type PostgresServer, startPostgres } from "../support/postgres.js";

const document = {
  _format_version: "3.0",
  services: [{ name: "a", url: "http://a.test", routes: [{ name: "r", paths: ["/"], plugins: [{ name: "key-auth" }] }] }],
  acme_storage: [{ key: "account", value: "{}", ttl: 2_000_000_000 }],
  consumers: [
    {
      username: "c",
      tags: ["x"],
      keyauth_credentials: [{ key: "k" }],
      basicauth_credentials: [{ username: "u", password: "p" }],
    },
  ],
};

/** Exports with one gateway, loads with another, and exports again. */
async function roundTrip(options: GatewayOptions, prepare?: (options: GatewayOptions) => Promise<void>): Promise<void> {
  await prepare?.(options);
  const gateway = createGateway(options);
  await gateway.loadConfig(document);
  const yaml = await gateway.exportConfig();
  const object = await gateway.exportConfig({ format: "object" });
  expect(object).toMatchObject({ acme_storage: [{ key: "account", ttl: 2_000_000_000 }] });
  expect(object).toMatchObject({ keyauth_credentials: [{ key: "k" }], consumers: [{ username: "c", tags: ["x"] }] });
  expect(JSON.stringify(object)).not.toContain('"password":"p"');
  await gateway.loadConfig({ _format_version: "3.0" });
  expect(await gateway.exportConfig({ format: "object" })).not.toHaveProperty("consumers");
  await gateway.loadConfig(yaml);
  expect(await gateway.exportConfig({ format: "object" })).toEqual(object);
  expect(JSON.parse(await gateway.exportConfig({ format: "json" }))).toEqual(object);
  await gateway.close();
  await expect(gateway.exportConfig()).rejects.toMatchObject({ name: "GatewayClosedError" });
}

const clock = (): number => 1_700_000_000_000;

it.each(["off", "memory"] as const)("loads to the same state (database %s)", (database) => roundTrip({ database, clock }));

describePostgres("with PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  it("loads to the same state", async () => {
    await roundTrip({ database: "postgres", clock, ...(await server.database()) }, async (options) => {
      const gateway = createGateway(options);
      await gateway.migrations.bootstrap();
      await gateway.close();
    });
  });
});

describe("exportConfig", () => {
  it("shows what has been written since", async () => {
    const gateway = createGateway({ database: "memory", declarativeConfig: document });
    await gateway.db.consumers.insert({ username: "later" });
    expect(await gateway.exportConfig({ ids: false, defaults: false, nested: true })).toContain("- username: later\n");
    await gateway.close();
  });

  it("gives text or an object, as asked for", async () => {
    const gateway = createGateway();
    expectTypeOf(gateway.exportConfig()).resolves.toEqualTypeOf<string>();
    expectTypeOf(gateway.exportConfig({ format: "json" })).resolves.toEqualTypeOf<string>();
    expectTypeOf(gateway.exportConfig({ format: "object" })).resolves.toExtend<object>();
    await expect(gateway.exportConfig({ format: "xml" as "yaml" })).rejects.toThrow(OptionsError);
    await gateway.close();
  });
});
