import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { type PluginGateway, pluginGateway, refusal, seen } from "../../support/plugin-gateway.js";
import type { Config } from "../../support/test-gateway.js";

const ALICE = "3b8a2f6e-6a55-4c1b-9f0e-1d2c3b4a5f60";

const CONSUMERS = [
  { id: ALICE, username: "alice", acls: [{ group: "admin" }, { group: "staff" }], keyauth_credentials: [{ key: "alice" }] },
  { username: "bob", acls: [{ group: "staff" }], keyauth_credentials: [{ key: "bob" }] },
  { username: "carol", keyauth_credentials: [{ key: "carol" }] },
  { username: "guest" },
  { username: "member", acls: [{ group: "visitors" }] },
];

/** Stands in for an authentication plugin of the host: sets what the `x-test` header says. */
const external = definePlugin({
  name: "external",
  version: "1.0.0",
  priority: 1000,
  config: {},
  access(pdk) {
    const { credential, consumerId, groups } = JSON.parse(pdk.request.getHeader("x-test") ?? "{}") as {
      credential?: boolean;
      consumerId?: string;
      groups?: unknown;
    };
    if (credential === true) pdk.client.authenticate(pdk.client.getConsumer(), { id: "7", consumer_id: consumerId });
    if (groups !== undefined) pdk.ctx.shared.authenticated_groups = groups;
  },
});

/** key-auth in front unless `anonymous` says who stands in, or `null` that nobody asks. */
function setup(config: object, anonymous?: string | null, more: Config = {}, options: object = {}): Promise<PluginGateway> {
  const keyAuth = { name: "key-auth", config: anonymous === undefined ? {} : { anonymous } };
  const plugins = [...(anonymous === null ? [] : [keyAuth]), { name: "acl", config }, { name: "external" }];
  return pluginGateway(plugins, { consumers: CONSUMERS, ...more }, { plugins: [external], ...options });
}

const by = (apikey: string): RequestInit => ({ headers: { apikey } });
const claims = (value: object): RequestInit => ({ headers: { "x-test": JSON.stringify(value) } });

describe("acl, groups of consumers", () => {
  it.each([
    ["allow", ["admin"], "alice", 200],
    ["allow", ["admin"], "bob", 403],
    ["allow", ["admin"], "carol", 403],
    ["allow", ["admin", "staff"], "bob", 200],
    ["allow", ["none", "staff"], "alice", 200],
    ["deny", ["admin"], "alice", 403],
    ["deny", ["admin"], "bob", 200],
    ["deny", ["admin"], "carol", 200],
    ["deny", ["none", "staff"], "bob", 403],
  ])("%s %j: %s gets %d", async (list, groups, key, status) => {
    await using t = await setup({ [list]: groups });
    const response = await t.gateway.fetch("/", by(key));
    if (status === 200) await seen(response);
    else {
      expect(await refusal(response, 403)).toBe("You cannot consume this service");
      expect(response.headers.has("www-authenticate")).toBe(false);
      expect(t.upstream.requests).toEqual([]);
    }
  });

  it("are told to the upstream, whatever the client says", async () => {
    await using t = await setup({ allow: ["admin"] });
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { apikey: "alice", "x-consumer-groups": "root" } }));
    expect(String(headers["x-consumer-groups"]).split(", ").sort()).toEqual(["admin", "staff"]);
    expect(headers).not.toHaveProperty("x-authenticated-groups");
  });

  it("that are none are told as an empty text", async () => {
    await using t = await setup({ deny: ["admin"] });
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { apikey: "carol", "x-consumer-groups": "root" } }));
    expect(headers["x-consumer-groups"]).toBe("");
  });

  it("are not told when they are to be hidden, and the client's word neither", async () => {
    await using t = await setup({ allow: ["admin"], hide_groups_header: true });
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { apikey: "alice", "x-consumer-groups": "root" } }));
    expect(headers).not.toHaveProperty("x-consumer-groups");
  });

  it("follow writes at once", async () => {
    await using t = await setup({ allow: ["new"] }, undefined, {}, { database: "memory" });
    const { acls, consumers, keyauth_credentials: keys } = t.gateway.gateway.db;
    const status = async (): Promise<number> => (await t.gateway.fetch("/", by("dave"))).status;
    const dave = await consumers.insert({ username: "dave" });
    await keys.insert({ key: "dave", consumer: { id: dave.id } });
    expect(await status()).toBe(403);
    const { id } = await acls.insert({ group: "new", consumer: { id: dave.id } });
    expect(await status()).toBe(200);
    await acls.update(id, { group: "other" });
    expect(await status()).toBe(403);
    await acls.update(id, { group: "new" });
    expect(await status()).toBe(200);
    await acls.delete(id);
    expect(await status()).toBe(403);
  });

  it("are found through the credential when nobody set the consumer", async () => {
    await using t = await setup({ allow: ["admin"] }, null);
    const { headers } = await seen(await t.gateway.fetch("/", claims({ credential: true, consumerId: ALICE })));
    expect(String(headers["x-consumer-groups"])).toContain("admin");
  });
});

describe("acl, nobody is authenticated", () => {
  it.each([["allow"], ["deny"]])("%s: 401 without an authentication plugin", async (list) => {
    await using t = await setup({ [list]: ["admin"] }, null);
    const response = await t.gateway.fetch("/");
    expect(response.headers.has("www-authenticate")).toBe(false);
    expect(await refusal(response)).toBe("Unauthorized");
  });

  it("403 with a credential that belongs to no consumer", async () => {
    await using t = await setup({ allow: ["admin"] }, null);
    expect(await refusal(await t.gateway.fetch("/", claims({ credential: true })), 403)).toBe("You cannot consume this service");
  });
});

describe("acl, anonymous consumer", () => {
  it.each([
    ["allow", ["visitors"], "guest", 401],
    ["deny", ["visitors"], "guest", 200],
    ["allow", ["visitors"], "member", 200],
    ["allow", ["admin"], "member", 403],
    ["deny", ["visitors"], "member", 403],
  ])("%s %j, as %s: %d", async (list, groups, anonymous, status) => {
    await using t = await setup({ [list]: groups }, anonymous);
    expect((await t.gateway.fetch("/")).status).toBe(status);
  });
});

describe("acl, authenticated groups", () => {
  it.each([
    ["allow", ["ext"], { groups: ["ext"] }, 200],
    ["allow", ["ext"], { groups: ["other"] }, 403],
    ["allow", ["ext"], { groups: [] }, 403],
    ["deny", ["ext"], { groups: ["ext"] }, 403],
    ["deny", ["ext"], { groups: ["other"] }, 200],
    ["allow", ["ext"], { groups: ["ext"], credential: true }, 200],
    ["allow", ["ext"], { groups: "ext" }, 401],
    ["allow", ["ext"], { groups: { ext: true }, credential: true }, 403],
  ])("without a consumer, %s %j: %j gets %d", async (list, groups, claim, status) => {
    await using t = await setup({ [list]: groups }, null);
    const response = await t.gateway.fetch("/", claims(claim));
    expect(response.status).toBe(status);
  });

  it("are told to the upstream under their own name", async () => {
    await using t = await setup({ allow: ["ext"] }, null);
    const headers = { "x-test": '{"groups":["ext","more"]}', "x-authenticated-groups": "root", "x-consumer-groups": "root" };
    const record = await seen(await t.gateway.fetch("/", { headers }));
    expect(record.headers["x-authenticated-groups"]).toBe("ext, more");
    expect(record.headers).not.toHaveProperty("x-consumer-groups");
  });

  it("come before the groups of the anonymous consumer", async () => {
    await using t = await setup({ allow: ["ext"] }, "member");
    expect((await t.gateway.fetch("/", claims({ groups: ["ext"] }))).status).toBe(200);
    expect((await t.gateway.fetch("/")).status).toBe(403);
  });

  it.each([
    [false, "admin", 200],
    [false, "ext", 403],
    [true, "ext", 200],
    [true, "admin", 403],
  ])("always used: %s; %s: %d", async (always, group, status) => {
    await using t = await setup({ allow: [group], always_use_authenticated_groups: always });
    const headers = { apikey: "alice", "x-test": '{"groups":["ext"]}' };
    expect((await t.gateway.fetch("/", { headers })).status).toBe(status);
  });

  it("are those of the consumer where there are no others", async () => {
    await using t = await setup({ allow: ["admin"], always_use_authenticated_groups: true });
    expect((await t.gateway.fetch("/", by("alice"))).status).toBe(200);
  });
});

describe("acl, schema", () => {
  it.each([
    [{}, "at least one of these fields must be non-empty: 'config.allow', 'config.deny'"],
    [{}, "exactly one of these fields must be non-empty: 'config.allow', 'config.deny'"],
    [{ allow: ["a"], deny: ["b"] }, "exactly one of these fields must be non-empty: 'config.allow', 'config.deny'"],
  ])("refuses %j", async (config, message) => {
    await expect(setup(config)).rejects.toThrow(message);
  });

  it("refuses to be set on a consumer", async () => {
    const plugins = [{ name: "acl", consumer: "bob", config: { allow: ["a"] } }];
    await expect(setup({ allow: ["a"] }, undefined, { plugins })).rejects.toThrow("value must be null");
  });
});
