import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startAdmin, type TestAdmin } from "./support.js";
import { world } from "./world.js";

let admin: TestAdmin;
beforeAll(async () => {
  admin = await startAdmin(world);
});
afterAll(async () => admin[Symbol.asyncDispose]());

describe("GET /", () => {
  it("says what clients of Kong read", async () => {
    const { body } = await admin.ask("/");
    expect(body).toMatchObject({
      version: "3.10.0",
      edition: "community",
      hostname: "here",
      node_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      plugins: { available_on_server: { "key-auth": { version: "3.10.0", priority: 1250 } }, enabled_in_cluster: ["key-auth"] },
      configuration: { database: "off" },
    });
  });
});

describe("GET /status", () => {
  it("shows the hash, counters and memory", async () => {
    const { body } = await admin.ask("/status");
    expect(body).toMatchObject({
      configuration_hash: admin.context.status().configuration_hash,
      server: { total_requests: 7, connections_active: 0 },
      memory: { workers_lua_vms: [{ http_allocated_gc: expect.stringMatching(/^\d+\.\d\d MiB$/), pid: process.pid }] },
    });
  });

  it.each([
    ["unit=k&scale=0", /^\d+ KiB$/],
    ["unit=G&scale=3", /^\d\.\d{3} GiB$/],
    ["scale=x", /^\d+\.\d\d MiB$/],
    ["scale=", /^\d+\.\d\d MiB$/],
    ["scale", /^\d+\.\d\d MiB$/],
    ["unit=b", /^\d+$/],
  ])("takes %s", async (query, shown) => {
    const { body } = await admin.ask(`/status?${query}`);
    const { memory } = body as { memory: { workers_lua_vms: [{ http_allocated_gc: unknown }] } };
    expect(String(memory.workers_lua_vms[0].http_allocated_gc)).toMatch(shown);
  });

  it("refuses other units and negative scales", async () => {
    const unit = await admin.ask("/status?unit=V");
    expect(unit).toEqual({ status: 400, body: { message: "invalid unit 'V' (expected 'k/K', 'm/M', or 'g/G')" } });
    const scale = await admin.ask("/status?scale=-1");
    expect(scale).toEqual({ status: 400, body: { message: "scale must be equal or greater than 0" } });
  });
});

describe("schemas", () => {
  it("of entities go by the entity's name", async () => {
    const { body } = await admin.ask("/schemas/services");
    expect((body as { fields: object[] }).fields).toContainEqual({
      retries: expect.objectContaining({ type: "integer", default: 5 }),
    });
    expect((await admin.ask("/schemas/keyauth_credentials")).status).toBe(200);
    expect(await admin.ask("/schemas/key-auths")).toEqual({ status: 404, body: { message: "No entity named 'key-auths'" } });
  });

  it("of plugins show what the plugin declares", async () => {
    const { body } = await admin.ask("/schemas/plugins/key-auth");
    const { fields } = body as { fields: Record<string, unknown>[] };
    expect(fields.flatMap((field) => Object.keys(field)).sort()).toEqual(["config", "consumer", "protocols"]);
    expect(await admin.ask("/schemas/plugins/none")).toEqual({ status: 404, body: { message: "No plugin named 'none'" } });
  });
});
