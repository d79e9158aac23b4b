import { hostname } from "node:os";
import { definePlugin } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../support/wait-for.js";
import { type LiveGateway, live } from "../live.js";
import { describeModes } from "../modes.js";

// §8 and §9: what the node says about itself.

const caching = definePlugin({
  name: "caching",
  version: "1.0.0",
  priority: 1,
  config: {},
  adminEndpoints: {
    "/caching": {
      POST: async (_request, { cache }) => {
        await cache.get("caching:object", {}, () => ({ a: 1 }));
        await cache.get("caching:number", {}, () => 5);
        await cache.get("caching:a%2Fb", {}, () => "raw");
        await cache.get("caching:nothing", {}, () => undefined);
        await cache.get("caching:big", {}, () => ({ a: 5n }));
        return { status: 204 };
      },
    },
  },
});

describeModes("the node", ["off", "memory", "postgres"], (start, database) => {
  let node: LiveGateway;
  beforeAll(async () => {
    const declarativeConfig = { _format_version: "3.0", plugins: [{ name: "cors" }] };
    node = await start({ declarativeConfig, plugins: ["bundled", caching], memCacheSize: "64m" });
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it("GET / has all that clients read", async () => {
    const { status, body } = await node.ask("GET", "/");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: "3.10.0",
      postern_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      edition: "community",
      hostname: hostname(),
      node_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      tagline: expect.any(String),
      lua_version: `Node.js ${process.versions.node}`,
      pids: { master: process.pid, workers: [process.pid] },
      timers: { running: expect.any(Number), pending: expect.any(Number) },
      plugins: {
        available_on_server: {
          "key-auth": { version: expect.any(String), priority: 1250 },
          caching: { version: "1.0.0", priority: 1 },
        },
        enabled_in_cluster: ["cors"],
      },
      configuration: {
        database,
        role: "traditional",
        router_flavor: "traditional_compatible",
        mem_cache_size: "64m",
        admin_listen: [`127.0.0.1:${node.ports.admin}`],
        admin_listeners: [{ ip: "127.0.0.1", port: node.ports.admin, ssl: false }],
        proxy_listeners: [{ ip: "127.0.0.1", port: node.ports.proxy, ssl: false }],
        status_listeners: [{ port: node.ports.status }],
        admin_gui_listeners: [],
        loaded_plugins: { caching: true, cors: true },
        loaded_vaults: { env: true },
      },
    });
    expect(body.configuration.plugins).toContain("caching");
    expect((await node.ask("GET", "/")).body.node_id).toBe(body.node_id);
  });

  it("masks the text of a first configuration", async () => {
    await using other = await live({ declarativeConfigString: "_format_version: '3.0'" });
    expect((await other.ask("GET", "/")).body.configuration.declarative_config_string).toBe("******");
  });

  it("GET /status counts, and shows the configuration or the database", async () => {
    await node.proxy("/nowhere");
    const { body } = await node.ask("GET", "/status");
    expect(body.server).toEqual({
      connections_accepted: expect.any(Number),
      connections_active: expect.any(Number),
      connections_handled: body.server.connections_accepted,
      connections_reading: 0,
      connections_waiting: expect.any(Number),
      connections_writing: 0,
      total_requests: expect.any(Number),
    });
    expect(body.server.total_requests).toBeGreaterThan(0);
    expect(body.server.connections_accepted).toBeGreaterThan(0);
    expect(body.memory.lua_shared_dicts.kong_db_cache).toEqual({ allocated_slabs: "0.00 MiB", capacity: "64.00 MiB" });
    const [shown, hidden] = database === "off" ? ["configuration_hash", "database"] : ["database", "configuration_hash"];
    expect(body).not.toHaveProperty(hidden as string);
    expect(body[shown as string]).toEqual(database === "off" ? expect.stringMatching(/^[0-9a-f]{32}$/) : { reachable: true });
  });

  it("GET /status/dns is not implemented", async () => {
    expect(await node.ask("GET", "/status/dns")).toMatchObject({
      status: 501,
      body: { message: "not implemented with the legacy DNS client" },
    });
  });

  it("GET /timers counts those of the process", async () => {
    const { status, body } = await node.ask("GET", "/timers");
    expect(status).toBe(200);
    expect(body).toEqual({
      worker: { id: 0, count: 1 },
      stats: {
        sys: { total: expect.any(Number), runs: 0, running: 0, pending: expect.any(Number), waiting: 0 },
        timers: {},
        flamegraph: { running: "", pending: "", elapsed_time: "" },
      },
    });
  });

  it("/plugins/enabled and /plugins/schema/{name}", async () => {
    expect((await node.ask("GET", "/plugins/enabled")).body.enabled_plugins).toEqual(
      expect.arrayContaining(["key-auth", "caching"]),
    );
    const { body } = await node.ask("GET", "/plugins/schema/key-auth");
    expect(body.fields.flatMap(Object.keys)).toEqual(expect.arrayContaining(["key_names", "hide_credentials"]));
    expect(body).toHaveProperty("entity_checks");
    expect(await node.ask("GET", "/plugins/schema/none")).toMatchObject({
      status: 404,
      body: { message: "No plugin named 'none'" },
    });
  });

  it("/schemas", async () => {
    const keySets = await node.ask("GET", "/schemas/key_sets");
    expect(keySets.body.fields.flatMap(Object.keys)).toContain("name");
    expect((await node.ask("GET", "/schemas/vaults/env")).body.fields.flatMap(Object.keys)).toContain("config");
    expect(await node.ask("GET", "/schemas/none")).toMatchObject({ status: 404, body: { message: "No entity named 'none'" } });
    expect(await node.ask("GET", "/schemas/plugins/none")).toMatchObject({
      status: 404,
      body: { message: "No plugin named 'none'" },
    });
    expect(await node.ask("GET", "/schemas/vaults/none")).toMatchObject({
      status: 404,
      body: { message: "No vault named 'none'" },
    });
    expect(await node.ask("GET", "/schemas/filters/none")).toMatchObject({
      status: 404,
      body: { message: "Filter 'none' not found" },
    });
  });

  it.each([
    ["services", { host: "h" }],
    ["services", { url: "http://h" }],
    ["routes", { paths: ["/a"], service: { id: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a01" } }],
    ["plugins", { name: "key-auth" }],
    ["vaults", { name: "env", prefix: "my-env" }],
    ["keyauth_credentials", { key: "k", consumer: { id: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a01" } }],
  ])("POST /schemas/%s/validate takes %j", async (entity, body) => {
    const answer = await node.ask("POST", `/schemas/${entity}/validate`, body);
    expect([answer.status, answer.body]).toEqual([200, { message: "schema validation successful" }]);
  });

  it.each([
    ["services", { host: "h", port: "x" }, "schema violation (port: expected an integer)"],
    ["services", { host: "h", url: 5 }, "schema violation (url: expected a string)"],
    ["routes", { paths: ["/a"], service: { name: "s" } }, "schema violation (service.id: missing primary key)"],
    [
      "plugins",
      { name: "none" },
      "schema violation (name: plugin 'none' not enabled; add it to the 'plugins' configuration property)",
    ],
    ["vaults", undefined, /name: required field missing/],
    [
      "targets",
      { target: "a b", upstream: { id: "5a0d6d4e-3a5e-4b34-9f5b-1f4b1a5f0a01" } },
      "schema violation (target: Invalid target ('a b'); not a valid hostname or ip address)",
    ],
  ])("POST /schemas/%s/validate refuses %j", async (entity, body, message) => {
    const answer = await node.ask("POST", `/schemas/${entity}/validate`, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 2, message: typeof message === "string" ? message : expect.stringMatching(message) },
    });
  });

  it("validation takes arguments of the query, converts no forms, and knows its entities", async () => {
    expect((await node.ask("POST", "/schemas/services/validate?host=h")).status).toBe(200);
    const form = await node.ask("POST", "/schemas/services/validate", new URLSearchParams({ host: "h", port: "80" }));
    expect(form).toMatchObject({ status: 400, body: { fields: { port: "expected an integer" } } });
    expect(await node.ask("POST", "/schemas/none/validate", {})).toMatchObject({
      status: 404,
      body: { message: "No entity named 'none'" },
    });
    expect((await node.ask("GET", "/services")).body.data).toEqual([]);
  });

  it("/cache/{key} shows and forgets, with the key as it stands in the path", async () => {
    const show = async (key: string) => node.ask("GET", `/cache/${key}`);
    expect((await node.ask("POST", "/caching")).status).toBe(204);
    expect(await show("caching:object")).toMatchObject({ status: 200, body: { a: 1 } });
    expect(await show("caching:number")).toMatchObject({ status: 200, body: { message: 5 } });
    expect(await show("caching:a%2Fb")).toMatchObject({ status: 200, body: { message: "raw" } });
    expect(await show("caching:big")).toMatchObject({ status: 200, body: { message: "[object Object]" } });
    for (const key of ["caching:nothing", "never"]) {
      expect(await show(key)).toMatchObject({ status: 404, body: { message: "Not found" } });
    }
    expect((await node.ask("DELETE", "/cache/caching:object")).status).toBe(204);
    expect((await node.ask("DELETE", "/cache/never")).status).toBe(204);
    expect((await show("caching:object")).status).toBe(404);
    expect((await show("caching:number")).status).toBe(200);
    expect((await node.ask("DELETE", "/cache")).status).toBe(204);
    expect((await show("caching:number")).status).toBe(404);
  });

  it.each([
    ["/filter-chains", "this endpoint is only available when wasm is enabled"],
    ["/filter-chains/x", "this endpoint is only available when wasm is enabled"],
    ["/routes/x/filters/all", "this endpoint is only available when wasm is enabled"],
    [
      "/clustering/data-planes",
      "this endpoint is only available when Kong is configured to run as Control Plane for the cluster",
    ],
    ["/clustering/status", "this endpoint is only available when Kong is configured to run as Control Plane for the cluster"],
  ])("GET %s says that there is no such thing here", async (path, message) => {
    expect(await node.ask("GET", path)).toMatchObject({ status: 400, body: { message } });
  });
});

describe("log levels", () => {
  it("can be read, and changed for a time with a database", async () => {
    const lines: string[] = [];
    const write = (message: string): void => void lines.push(message);
    const chatty = definePlugin({
      name: "chatty",
      version: "1.0.0",
      priority: 1,
      config: {},
      access(pdk) {
        pdk.log.info("talk");
        return pdk.response.exit(200, {});
      },
    });
    await using node = await live({
      database: "memory",
      plugins: [chatty],
      logger: { debug: write, info: write, warn: write, error: write },
    });
    await node.ask("POST", "/plugins", { name: "chatty" });
    await node.ask("POST", "/routes", { paths: ["/"] });
    expect(await node.ask("GET", "/debug/node/log-level")).toMatchObject({ status: 200, body: { message: "log level: debug" } });
    await node.proxy("/");
    expect(lines).toContain("talk");
    const change = async (path: string, body?: object) =>
      (await node.ask("PUT", `/debug/${path}`, body as Record<string, unknown>)).body;
    expect(await change("node/log-level/warn")).toEqual({ message: "log level changed" });
    expect(await change("node/log-level/warn")).toEqual({ message: "log level is already warn" });
    lines.length = 0;
    await node.proxy("/");
    expect(lines).not.toContain("talk");
    expect(await change("cluster/log-level/info?timeout=100")).toEqual({ message: "log level changed" });
    expect(await change("node/log-level/crit", { timeout: 0 })).toEqual({ message: "log level changed" });
    await waitFor(async () => (await node.ask("GET", "/debug/node/log-level")).body.message === "log level: debug");
    for (const path of ["node", "cluster"]) {
      expect(await node.ask("PUT", `/debug/${path}/log-level/loud`)).toMatchObject({
        status: 400,
        body: { message: "unknown log level: loud" },
      });
      expect(await node.ask("PUT", `/debug/${path}/log-level/info?timeout=-1`)).toMatchObject({
        status: 400,
        body: { message: "timeout must be greater than or equal to 0" },
      });
    }
  });

  it("stay without one", async () => {
    await using node = await live();
    for (const path of ["node", "cluster"]) {
      expect(await node.ask("PUT", `/debug/${path}/log-level/info`)).toMatchObject({
        status: 405,
        body: { message: "cannot change log level when not using a database" },
      });
    }
    expect((await node.ask("GET", "/debug/node/log-level")).status).toBe(200);
  });
});
