import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGateway, defineEntity, foreign, type Gateway, OptionsError, str, uuid } from "postern";
import { type AdminClient, AdminClientError, createAdminClient } from "postern/admin-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { silent } from "../admin/live.js";

const apps = defineEntity({
  name: "apps",
  endpointKey: "name",
  fields: {
    id: uuid({ auto: true }),
    name: str({ required: true, unique: true }),
    owner: foreign("consumers", { required: true, onDelete: "cascade" }),
  },
});

describe("a client of a gateway that can write", () => {
  let gateway: Gateway;
  let url: string;
  let client: AdminClient<readonly [typeof apps]>;

  beforeAll(async () => {
    gateway = createGateway({
      database: "memory",
      entities: [apps],
      logger: silent,
      admin: { token: "secret" },
    }) as unknown as Gateway;
    const { admin } = await gateway.listen({ admin: 0 });
    url = `http://127.0.0.1:${admin?.port}`;
    client = createAdminClient({ url, token: "secret", entities: [apps] });
  });
  afterAll(() => gateway.close({ graceMs: 0 }));
  beforeEach(() => gateway.loadConfig({ _format_version: "3.0" }, { checkHash: false }));

  it("creates, reads, changes, replaces and deletes records", async () => {
    const made = await client.services.create({ name: "orders", url: "http://orders.test:81/v1", tags: ["a"] });
    expect(made).toMatchObject({ host: "orders.test", port: 81 });
    expect(await client.services.get(made)).toEqual(made);
    expect(await client.services.get("orders")).toEqual(made);
    expect((await client.services.update("orders", { port: 82 })).tags).toEqual(["a"]);
    expect(await client.services.upsert("orders", { host: "b.test" })).toMatchObject({ id: made.id, host: "b.test", tags: null });
    await client.services.delete("orders");
    await client.services.delete("orders");
    expect(await client.services.get("orders")).toBeUndefined();
  });

  it("finds and makes what belongs to a record", async () => {
    const alice = await client.consumers.create({ username: "alice / a%b" });
    const { keyauth_credentials: keys, apps: owned } = client.consumers.of("alice / a%b");
    const key = await keys.create({ key: "k/1" });
    expect(key.consumer).toEqual({ id: alice.id });
    expect(await keys.get("k/1")).toEqual(key);
    expect(await client.consumers.of(alice).acls.upsert("admins", {})).toMatchObject({ group: "admins" });
    await owned.create({ name: "shop" });
    expect(await client.apps.get("shop")).toMatchObject({ owner: { id: alice.id } });
    await keys.delete(key);
    expect((await keys.list()).data).toEqual([]);
    expect(await client.consumers.of("nobody").acls.get("admins")).toBeUndefined();
  });

  it("does below a parent what it does anywhere else", async () => {
    const service = await client.services.create({ name: "orders", host: "a.test" });
    const { routes, plugins } = client.services.of(service);
    const made = await routes.upsert("one", { paths: ["/one"] });
    expect(made).toMatchObject({ name: "one", service: { id: service.id } });
    expect(await routes.update("one", { paths: ["/uno"] })).toMatchObject({ id: made.id, paths: ["/uno"] });
    expect(await routes.upsert(made, { name: "one", paths: ["/1"] })).toMatchObject({ id: made.id, paths: ["/1"] });
    for (const name of ["two", "three"]) await routes.create({ name, paths: [`/${name}`] });
    expect((await routes.list({ size: 2 })).offset).toBeDefined();
    const names: unknown[] = [];
    for await (const { name } of routes.each({ size: 1 })) names.push(name);
    expect(names.sort()).toEqual(["one", "three", "two"]);
    expect(await client.services.get(made.service ?? "")).toEqual(service);
    const limit = await plugins.create({ name: "rate-limiting", instance_name: "limit", config: { minute: 5 } });
    expect(await plugins.update("limit", { config: { hour: 9 } })).toMatchObject({
      id: limit.id,
      config: { minute: 5, hour: 9 },
    });
    await plugins.delete(limit);
    expect(await plugins.get("limit")).toBeUndefined();
    await expect(client.services.of("nobody").routes.list()).rejects.toMatchObject({ status: 404, message: "Not found" });
    await expect(client.services.delete(service)).rejects.toMatchObject({ status: 400, code: 4 });
    for await (const route of routes.each()) await client.routes.delete(route);
    await client.services.delete(service);
    expect((await client.services.list()).data).toEqual([]);
  });

  it("lets records expire, where they may", async () => {
    await client.consumers.create({ username: "ann" });
    const key = await client.consumers.of("ann").keyauth_credentials.create({ key: "k", ttl: 1000 });
    expect(await client.keyauth_credentials.get(key)).toMatchObject({ ttl: expect.any(Number) });
    expect(await client.keyauth_credentials.update("k", { ttl: 0 })).not.toHaveProperty("ttl");
    await expect(client.keyauth_credentials.update("k", { ttl: -1 })).rejects.toMatchObject({ code: 11 });
  });

  it("asks for anything else", async () => {
    const { status, body } = await client.request("POST", "/routes", { name: "r", paths: ["/r"] });
    expect([status, body]).toEqual([201, expect.objectContaining({ name: "r" })]);
    expect(await client.request("DELETE", "/routes/r")).toEqual({ status: 204, body: undefined });
    expect(await client.request("GET", "/robots.txt")).toMatchObject({ body: expect.stringContaining("Disallow") });
    await expect(client.request("GET", "/nowhere")).rejects.toMatchObject({ status: 404 });
  });

  it("lists page by page, and all pages", async () => {
    for (let at = 0; at < 7; at++)
      await client.consumers.create({ username: `c${at}`, custom_id: `${at}`, tags: [at % 2 ? "odd" : "even"] });
    const first = await client.consumers.list({ size: 3 });
    expect(first.data).toHaveLength(3);
    const second = await client.consumers.list({ size: 3, offset: first.offset ?? "" });
    expect(second.data.map(({ id }) => id)).not.toContain(first.data[0]?.id);
    const names: unknown[] = [];
    for await (const { username } of client.consumers.each({ size: 2 })) names.push(username);
    expect(names.sort()).toEqual(["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
    const odd: unknown[] = [];
    for await (const { username } of client.consumers.each({ size: 1, tags: "odd" })) odd.push(username);
    expect(odd.sort()).toEqual(["c1", "c3", "c5"]);
    expect((await client.consumers.list({ custom_id: "4" })).data.map(({ username }) => username)).toEqual(["c4"]);
    const tagged: unknown[] = [];
    for await (const { entity_name } of client.tags.of("even").each({ size: 1 })) tagged.push(entity_name);
    expect(tagged).toEqual(Array(4).fill("consumers"));
    expect((await client.tags.list({ size: 2 })).data).toHaveLength(2);
    expect((await client.tags.of("odd").list()).data).toHaveLength(3);
    let all = 0;
    for await (const { tag } of client.tags.each({ size: 3 })) all += tag === "odd" ? 1 : 10;
    expect(all).toBe(3 * 1 + 4 * 10);
    expect((await client.consumers.list({ tags: "odd/even", size: 5 })).data).toHaveLength(5);
  });

  it("marks targets and tells their health", async () => {
    await client.upstreams.create({ name: "pool" });
    const { targets } = client.upstreams.of("pool");
    await targets.create({ target: "127.0.0.1:9000" });
    await client.upstreams.setTargetHealth("pool", "127.0.0.1:9000", false);
    expect((await client.upstreams.health("pool")).data).toMatchObject([{ target: "127.0.0.1:9000", health: "UNHEALTHY" }]);
    await client.upstreams.setTargetHealth("pool", "127.0.0.1:9000", true);
    expect((await client.upstreams.health("pool")).data).toMatchObject([{ health: "HEALTHCHECKS_OFF" }]);
    expect(targets).not.toHaveProperty("upsert");
  });

  it("tells what the node says about itself", async () => {
    expect(await client.node()).toMatchObject({ version: expect.stringMatching(/^3\./) });
    expect(await client.status()).toMatchObject({ database: { reachable: true } });
    expect(await client.schemas.entity("services")).toHaveProperty("fields");
    expect(await client.schemas.plugin("key-auth")).toHaveProperty("fields");
    expect(await client.schemas.vault("env")).toHaveProperty("fields");
    expect(await client.schemas.plugin("nobody")).toBeUndefined();
    expect(await client.openapi()).toHaveProperty("openapi", "3.1.0");
    expect((await client.request("GET", "/endpoints")).body).toHaveProperty("data");
  });

  it("says what is wrong as the API does", async () => {
    const refusal = await client.services.create({ name: "x", host: "a.test", port: 70_000 }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AdminClientError);
    expect(refusal).toMatchObject({
      status: 400,
      code: 2,
      name: "schema violation",
      fields: { port: "value should be between 0 and 65535" },
    });
    await client.services.create({ name: "x", host: "a.test" });
    await expect(client.services.create({ name: "x", host: "a.test" })).rejects.toMatchObject({
      status: 409,
      name: "unique constraint violation",
    });
    await expect(client.validate("apps", {})).rejects.toMatchObject({ fields: { name: "required field missing" } });
    await client.validate("services", { host: "a.test" });
    const unknown = createAdminClient({ url, token: "other" });
    await expect(unknown.node()).rejects.toMatchObject({
      status: 401,
      code: "ERR_ADMIN_API",
      message: "Unauthorized",
      name: "AdminClientError",
    });
  });

  it("has an operation of the document behind every method, and a method for every entity", async () => {
    const asked: { method: string; path: string }[] = [];
    const spy = createAdminClient({
      url: "http://api.test",
      entities: [apps],
      fetch: (async (input: string, { method = "" } = {}) => {
        asked.push({ method, path: new URL(input).pathname });
        return new Response('{"data":[],"next":null}', { headers: { "content-type": "application/json" } });
      }) as typeof fetch,
    });
    const own = ["config", "schemas", "tags", "node", "status", "validate", "openapi", "request"];
    const entities = Object.entries(spy as unknown as Record<string, Client>).filter(([name]) => !own.includes(name));
    const callAll = async ({ of, health, setTargetHealth, each, ...methods }: Client): Promise<void> => {
      for (const method of Object.values(methods)) await method?.("key", {});
      for (const child of Object.values(of?.("key") ?? {})) await callAll(child);
      await health?.("key");
      await setTargetHealth?.("key", "target", true);
      await setTargetHealth?.("key", "target", false);
      expect(each).toBeTypeOf("function");
    };
    for (const [, entity] of entities) await callAll(entity);
    await spy.tags.list();
    await spy.tags.of("a").list();

    const { paths } = gateway.openapi();
    const patterns = Object.entries(paths).flatMap(([pattern, item]) =>
      Object.keys(item).map((method) => ({
        method: method.toUpperCase(),
        pattern,
        test: new RegExp(`^${pattern.replace(/\{[^}]+\}/g, "[^/]+")}$`),
      })),
    );
    const literal = (pattern: string): number => pattern.replace(/\{[^}]+\}/g, "").length;
    const operationOf = ({ method, path }: { method: string; path: string }) =>
      patterns
        .filter((one) => one.method === method && one.test.test(path))
        .sort((a, b) => literal(b.pattern) - literal(a.pattern))[0];
    expect(asked.filter((request) => !operationOf(request))).toEqual([]);

    // The other way round: what the document says about lists and records, the client can do. It has no need of references as paths,
    // nor of second names of the same.
    const used = new Set(asked.map((request) => `${request.method} ${operationOf(request)?.pattern}`));
    const names = new Set<string | undefined>(["targets", ...entities.map(([name]) => name)]);
    const missing = Object.entries(paths).flatMap(([pattern, item]) =>
      Object.entries(item).flatMap(([method, { operationId, tags }]) =>
        names.has(tags[0]) && !used.has(`${method.toUpperCase()} ${pattern}`) ? [operationId] : [],
      ),
    );
    const references = /^(get|upsert|update|delete)[A-Za-z]+Of[A-Z]/;
    expect(missing.filter((id) => !references.test(id) && !id.startsWith("markTarget")).sort()).toEqual([
      "getPluginConfigSchema",
      "listAllTargetsOfUpstream",
      "listEnabledPlugins",
      "validatePlugin",
      "validateVault",
    ]);
  });
});

interface Client extends Readonly<Record<string, ((...args: unknown[]) => unknown) | undefined>> {
  readonly of?: (key: unknown) => Readonly<Record<string, Client>>;
}

describe("a client of a gateway without a database", () => {
  it("reads and replaces the configuration", async () => {
    const gateway = createGateway({ logger: silent });
    const { admin } = await gateway.listen({ admin: 0 });
    const client = createAdminClient({ url: `http://127.0.0.1:${admin?.port}/` });
    expect(await client.config.load({ _format_version: "3.0", services: [{ name: "orders", host: "a.test" }] })).toBe(true);
    expect(await client.config.get()).toContain("orders");
    const text = '_format_version: "3.0"\nservices:\n- name: stock\n  host: b.test\n';
    expect(await client.config.load(text)).toBe(true);
    expect(await client.config.load(text, { checkHash: true })).toBe(false);
    expect((await client.services.list()).data.map(({ name }) => name)).toEqual(["stock"]);
    await expect(client.config.load({ _format_version: "3.0", services: [{}] })).rejects.toMatchObject({ status: 400, code: 14 });
    await expect(client.services.delete("stock")).rejects.toMatchObject({ status: 405, code: 12, name: "operation unsupported" });
    await gateway.close({ graceMs: 0 });
    await expect(client.node()).rejects.toThrow("fetch failed");
  });

  it("reaches one that is mounted below a path", async () => {
    const gateway = createGateway({ _format_version: "3.0", consumers: [{ username: "a" }, { username: "b" }] });
    const server = createServer((req, res) => {
      const { url = "/" } = req;
      Object.assign(req, { originalUrl: url, url: url.slice("/gateway-admin".length) });
      gateway.admin(req, res);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const client = createAdminClient({ url: `http://127.0.0.1:${port}/gateway-admin/` });
    const names: unknown[] = [];
    for await (const { username } of client.consumers.each({ size: 1 })) names.push(username);
    expect(names.sort()).toEqual(["a", "b"]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await gateway.close({ graceMs: 0 });
  });

  it("does not take what cannot be", () => {
    expect(() => createAdminClient({ url: "127.0.0.1:8001" })).toThrow(OptionsError);
    expect(() => createAdminClient({ url: "ftp://a.test" })).toThrow(OptionsError);
    expect(() => createAdminClient({ url: "http://a.test", token: "" })).toThrow(OptionsError);
    const status = defineEntity({ name: "status", fields: { id: uuid({ auto: true }) } });
    expect(() => createAdminClient({ url: "http://a.test", entities: [status] })).toThrow(
      "a client has 'status' for something else",
    );
  });

  it("makes an error of answers that are none of ours", async () => {
    const answering =
      (text: string, status: number): typeof fetch =>
      async () =>
        new Response(text, { status, headers: { "content-type": "application/json" } });
    const broken = createAdminClient({ url: "http://a.test", fetch: answering("<html>", 502) });
    await expect(broken.node()).rejects.toMatchObject({ status: 502, body: "<html>", message: "GET / was answered with 502" });
  });
});
