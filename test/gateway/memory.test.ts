import { createGateway, type GatewayEvents } from "postern";
import { describe, expect, it } from "vitest";
import { type EchoUpstream, echoUpstream } from "../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { probe } from "./support.js";

const SERVICE = "aaaaaaaa-0000-4000-8000-000000000000";

async function memoryGateway(config?: Config): Promise<TestGateway> {
  return testGateway({ options: { database: "memory" }, ...(config === undefined ? {} : { config }) });
}

function serviceOf(upstream: EchoUpstream, more: object = {}): { url: string } {
  return { url: upstream.url, ...more };
}

async function status(gateway: TestGateway, path: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await gateway.fetch(path, { headers });
  await response.arrayBuffer();
  return response.status;
}

describe('database: "memory"', () => {
  it("serves what has been written, from the next request on", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await memoryGateway();
    const { db } = gateway.gateway;
    expect(await status(gateway, "/a")).toBe(404);

    const service = await db.services.insert(serviceOf(upstream));
    const route = await db.routes.insert({ paths: ["/a"], service: { id: service.id } });
    expect(await status(gateway, "/a")).toBe(200);

    await db.routes.update(route.id, { paths: ["/b"] });
    expect([await status(gateway, "/a"), await status(gateway, "/b")]).toEqual([404, 200]);

    await db.services.update(service.id, { enabled: false });
    expect(await status(gateway, "/b")).toBe(404);
    await db.services.update(service.id, { enabled: true, path: "/inner" });
    expect(await (await gateway.fetch("/b/x")).json()).toMatchObject({ url: "/inner/x" });

    await db.routes.delete(route.id);
    expect(await status(gateway, "/b")).toBe(404);
    expect(gateway.gateway.router.explain({ url: "/b" }).route).toBeUndefined();
  });

  it("begins with the document, and can change all of it", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await memoryGateway({
      _format_version: "3.0",
      services: [{ id: SERVICE.toUpperCase(), name: "echo", url: upstream.url, routes: [{ name: "a", paths: ["/a"] }] }],
      parameters: [{ key: "Some Key", value: "x" }],
    });
    const { db } = gateway.gateway;
    expect(await status(gateway, "/a")).toBe(200);
    expect(await db.services.selectBy("name", "echo")).toMatchObject({ id: SERVICE, host: "127.0.0.1" });
    expect(await db.services.select(SERVICE.toUpperCase())).toMatchObject({ name: "echo" });
    expect(await db.parameters.select({ key: "Some Key" })).toMatchObject({ value: "x" });
    await db.routes.updateBy("name", "a", { paths: ["/b"] });
    expect(await status(gateway, "/b")).toBe(200);
  });

  it("guards routes by plugins, and knows new credentials at once", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await memoryGateway();
    const { db } = gateway.gateway;
    const service = await db.services.insert(serviceOf(upstream));
    await db.routes.insert({ paths: ["/a"], service: { id: service.id } });
    const plugin = await db.plugins.insert({ name: "key-auth", service: { id: service.id }, config: {} });
    expect(await status(gateway, "/a")).toBe(401);

    const consumer = await db.consumers.insert({ username: "ann" });
    await db.keyauth_credentials.insert({ consumer: { id: consumer.id }, key: "secret" });
    expect(await status(gateway, "/a", { apikey: "secret" })).toBe(200);

    await db.consumers.delete(consumer.id);
    expect(await status(gateway, "/a", { apikey: "secret" })).toBe(401);
    await db.plugins.update(plugin.id, { enabled: false });
    expect(await status(gateway, "/a")).toBe(200);
  });

  it("sends requests to targets that come and go", async () => {
    await using one = await echoUpstream();
    await using two = await echoUpstream();
    await using gateway = await memoryGateway();
    const { db } = gateway.gateway;
    const upstream = await db.upstreams.insert({ name: "pool" });
    const service = await db.services.insert({ host: "pool" });
    await db.routes.insert({ paths: ["/"], service: { id: service.id } });
    expect(await status(gateway, "/")).toBe(503);
    const first = await db.targets.insert({ upstream: { id: upstream.id }, target: new URL(one.url).host });
    expect(await status(gateway, "/")).toBe(200);
    await db.targets.insert({ upstream: { id: upstream.id }, target: new URL(two.url).host });
    await db.targets.delete(first.id);
    for (let n = 0; n < 4; n++) expect(await status(gateway, "/")).toBe(200);
    expect([one.requests.length, two.requests.length]).toEqual([1, 4]);
  });

  it("tells of every write, with copies", async () => {
    await using gateway = await memoryGateway();
    const { db } = gateway.gateway;
    const seen: GatewayEvents["crud"][0][] = [];
    gateway.gateway.on("crud", (change) => {
      seen.push(change);
      (change.row as Record<string, unknown>).username = "spoiled";
    });
    const consumer = await db.consumers.insert({ username: "ann" });
    await db.keyauth_credentials.insert({ consumer: { id: consumer.id } });
    await db.consumers.update(consumer.id, { custom_id: "1" });
    expect(await db.consumers.select(consumer.id)).toMatchObject({ username: "ann" });
    await db.consumers.delete(consumer.id);
    expect(seen.map(({ operation, entity }) => `${operation} ${entity}`)).toEqual([
      "create consumers",
      "create keyauth_credentials",
      "update consumers",
      "delete consumers",
      "delete keyauth_credentials",
    ]);
    expect(seen[2]?.old).toMatchObject({ custom_id: null });
  });

  it("ends a request on the configuration that it began with", async () => {
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrived = (): void => undefined;
    const here = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await using upstream = await echoUpstream({
      answer: (_request, response) => {
        arrived();
        void waiting.then(() => response.end("late"));
      },
    });
    const ended: string[] = [];
    const noting = probe("noting", { log: () => void ended.push("noted") });
    await using gateway = await testGateway({ options: { database: "memory", plugins: [noting] } });
    const { db } = gateway.gateway;
    const service = await db.services.insert(serviceOf(upstream));
    await db.routes.insert({ paths: ["/"], service: { id: service.id } });
    const plugin = await db.plugins.insert({ name: "noting" });
    const answer = gateway.fetch("/");
    await here;
    await db.plugins.delete(plugin.id);
    await db.routes.truncate();
    expect(await status(gateway, "/other")).toBe(404);
    release();
    expect(await (await answer).text()).toBe("late");
    expect(ended).toEqual(["noted"]);
  });

  it("replaces everything with loadConfig, or nothing", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await memoryGateway();
    const { db } = gateway.gateway;
    await db.consumers.insert({ username: "ann" });
    const document = { _format_version: "3.0", services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/a"] }] }] };
    await expect(gateway.gateway.loadConfig({ ...document, bogus: [] })).rejects.toMatchObject({ code: 14 });
    expect(await db.consumers.selectBy("username", "ann")).toBeDefined();
    await gateway.gateway.loadConfig(document);
    expect(await db.consumers.selectBy("username", "ann")).toBeUndefined();
    expect(await status(gateway, "/a")).toBe(200);
    expect(await gateway.gateway.loadConfig(document)).toMatchObject({ changed: false });
    await db.routes.truncate();
    expect(await status(gateway, "/a")).toBe(404);
    expect(await gateway.gateway.loadConfig(document)).toMatchObject({ changed: true });
    expect(await status(gateway, "/a")).toBe(200);
  });

  it("tells plugins their configurations when these change", async () => {
    const told: number[] = [];
    const counting = probe("counting", { configure: (configs) => void told.push(configs?.length ?? 0) });
    await using gateway = await testGateway({ options: { database: "memory", plugins: [counting] } });
    const { db } = gateway.gateway;
    expect(told).toEqual([0]);
    await db.plugins.insert({ name: "counting" });
    await status(gateway, "/");
    await db.consumers.insert({ username: "ann" });
    await status(gateway, "/");
    expect(told).toEqual([0, 1]);
  });

  it("rebuilds once for a burst of writes, and without a request when the burst is over", async () => {
    let told = 0;
    const counting = probe("counting", { configure: () => void told++ });
    await using gateway = await testGateway({ options: { database: "memory", plugins: [counting] } });
    const { db } = gateway.gateway;
    for (let n = 0; n < 50; n++) {
      const route = await db.routes.insert({ paths: [`/${n}`] });
      await db.plugins.insert({ name: "counting", route });
    }
    expect(told).toBeLessThan(10);
    await waitFor(() => gateway.gateway.router.explain({ url: "/49" }).route !== undefined && told > 1);
    const before = told;
    await db.plugins.truncate();
    await waitFor(() => told > before);
  });

  it("is written through the Admin API", async () => {
    await using gateway = await memoryGateway();
    const { admin } = await gateway.gateway.listen({ admin: 0 });
    const ask = async (method: string, path: string, body?: object): Promise<[number, Record<string, unknown>]> => {
      const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      const response = await fetch(`http://127.0.0.1:${admin?.port}${path}`, { method, ...init });
      const text = await response.text();
      return [response.status, text === "" ? {} : JSON.parse(text)];
    };
    const [created, service] = await ask("POST", "/services", { name: "echo", url: "http://a.test" });
    expect([created, service.host]).toEqual([201, "a.test"]);
    expect(await ask("POST", "/services", { name: "echo", url: "http://a.test" })).toMatchObject([409, { code: 5 }]);
    expect(await ask("PATCH", "/services/echo", { retries: 3 })).toMatchObject([200, { id: service.id, retries: 3 }]);
    expect(await ask("PUT", "/services/echo", { host: "b.test" })).toMatchObject([200, { id: service.id, retries: 5 }]);
    expect(await ask("POST", "/services/echo/routes", { name: "a", paths: ["/a"] })).toMatchObject([201, { name: "a" }]);
    expect(await ask("DELETE", "/services/echo")).toMatchObject([400, { code: 4 }]);
    expect(await ask("DELETE", "/routes/a")).toEqual([204, {}]);
    expect(await ask("DELETE", "/services/echo")).toEqual([204, {}]);
    expect((await ask("GET", "/services"))[1]).toEqual({ data: [], next: null });
    const upstream = await ask("POST", "/upstreams", { name: "pool" });
    expect(await ask("POST", "/upstreams/pool/targets", { target: "one.test" })).toMatchObject([
      201,
      { target: "one.test:8000" },
    ]);
    expect(await ask("PATCH", "/upstreams/pool/targets/one.test:8000", { weight: 5 })).toMatchObject([200, { weight: 5 }]);
    expect(await ask("GET", "/upstreams/pool/targets")).toMatchObject([200, { data: [{ weight: 5 }] }]);
    expect(await ask("DELETE", "/upstreams/pool/targets/one.test:8000")).toEqual([204, {}]);
    expect(upstream[0]).toBe(201);
  });

  it("is ready from the start, also for plugins that come later", async () => {
    const late = probe("late", { access: (pdk) => pdk.response.exit(418) });
    const gateway = createGateway({ database: "memory" });
    await gateway.ready();
    const { id } = await gateway.db.consumers.insert({ username: "ann" });
    gateway.plugins.register(late);
    expect(await gateway.db.consumers.select(id)).toMatchObject({ username: "ann" });
    expect(await gateway.db.plugins.insert({ name: "late" })).toMatchObject({ name: "late" });
    await gateway.close();
    await expect(gateway.ready()).rejects.toThrow("closed");
  });
});
