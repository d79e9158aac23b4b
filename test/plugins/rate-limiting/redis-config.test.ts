import { describe, expect, it } from "vitest";
import { type LiveGateway, live } from "../../admin/live.js";

// The record `redis` and its old flat names, which two plugins share.

const own = {
  "rate-limiting": { minute: 1 },
  "response-ratelimiting": { limits: { video: { minute: 1 } } },
};

const all = [
  ["host", "redis.test", "other.test"],
  ["port", 6380, 6381],
  ["password", "", "word"],
  ["username", "teller", "other"],
  ["ssl", true, false],
  ["ssl_verify", true, false],
  ["server_name", "sni.test", "other.test"],
  ["timeout", 100, 200],
  ["database", 3, 4],
] as const;

function start(): Promise<LiveGateway> {
  return live({ database: "memory" });
}

describe.each(Object.entries(own))("%s", (name, config) => {
  it("takes the old names, tells them and the new ones, and warns of each", async () => {
    await using node = await start();
    const old = Object.fromEntries(all.map(([field, value]) => [`redis_${field}`, value]));
    const made = await node.ask("POST", "/plugins", { name, config: { ...config, policy: "redis", ...old } });
    expect(made, made.text).toMatchObject({ status: 201 });
    const redis = Object.fromEntries(all.map(([field, value]) => [field, value]));
    expect(made.body.config).toMatchObject({ ...old, redis });
    expect((await node.ask("GET", `/plugins/${made.body.id}`)).body.config).toMatchObject({ ...old, redis });
    await using other = await live();
    const plugins = [{ name, config: { ...config, policy: "redis", ...old } }];
    const { warnings } = await other.gateway.loadConfig({ _format_version: "3.0", plugins } as never);
    expect(warnings.map(({ code, message }) => [code, message])).toEqual(
      all.map(([field]) => [
        "deprecated",
        `${name}: config.redis_${field} is deprecated, please use config.redis.${field} instead`,
      ]),
    );
  });

  it("does not warn of the new names", async () => {
    await using node = await start();
    const redis = Object.fromEntries(all.map(([field, value]) => [field, value]));
    const made = await node.ask("POST", "/plugins", { name, config: { ...config, policy: "redis", redis } });
    expect(made, made.text).toMatchObject({ status: 201, body: { config: { redis, redis_host: "redis.test" } } });
    await using other = await live();
    const plugins = [{ name, config: { ...config, policy: "redis", redis } }];
    expect((await other.gateway.loadConfig({ _format_version: "3.0", plugins } as never)).warnings).toEqual([]);
  });

  it.each(all)("refuses two values of %s", async (field, value, other) => {
    await using node = await start();
    const both = { redis: { [field]: value }, [`redis_${field}`]: other };
    const made = await node.ask("POST", "/plugins", { name, config: { ...config, ...both } });
    expect(made.status).toBe(400);
    expect(made.text).toContain(
      `both deprecated and new field are used but their values mismatch: redis_${field} = ${other} vs redis.${field} = ${value}`,
    );
  });

  it.each([
    [{ host: "redis.test:6379" }, { host: "must not have a port" }],
    [{ port: 65_536 }, { port: "value should be between 0 and 65535" }],
    [{ port: 1.5 }, { port: "expected an integer" }],
    [{ timeout: -1 }, { timeout: "value should be between 0 and 2147483646" }],
    [{ server_name: "127.0.0.1" }, { server_name: "must not be an IP" }],
    [{ server_name: "redis.test:1" }, { server_name: "must not have a port" }],
    [{ database: "x" }, { database: "expected an integer" }],
    [{ ssl: 1 }, { ssl: "expected a boolean" }],
    [null, "required field missing"],
  ])("refuses %j", async (redis, faults) => {
    await using node = await start();
    const made = await node.ask("POST", "/plugins", { name, config: { ...config, redis } });
    expect(made, made.text).toMatchObject({ status: 400, body: { fields: { config: { redis: faults } } } });
  });

  it.each(["host", "port", "timeout"])("needs a %s for the policy redis", async (field) => {
    await using node = await start();
    const redis = { host: "redis.test", [field]: null };
    const made = await node.ask("POST", "/plugins", { name, config: { ...config, policy: "redis", redis } });
    expect(made, made.text).toMatchObject({
      status: 400,
      body: { fields: { config: { redis: { [field]: "required field missing" } } } },
    });
  });
});
