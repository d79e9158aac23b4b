import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { live } from "../live.js";

// §12: the Status API.

const something = { _format_version: "3.0", upstreams: [{ name: "pool", targets: [{ target: "10.0.0.1:80" }] }] };

describe("GET /status/ready", () => {
  it("waits for a configuration without a database", async () => {
    await using node = await live();
    expect(await node.askStatus("GET", "/status/ready")).toMatchObject({
      status: 503,
      body: { message: "no configuration available (empty configuration present)" },
    });
    await node.gateway.loadConfig(something);
    expect(await node.askStatus("GET", "/status/ready")).toMatchObject({ status: 200, body: { message: "ready" } });
  });

  it("is ready from the start in memory, and says when PostgreSQL cannot be reached", async () => {
    await using memory = await live({ database: "memory" });
    expect((await memory.askStatus("GET", "/status/ready")).status).toBe(200);
    await using away = await live({ database: "postgres", pgPort: 1 });
    expect(await away.askStatus("GET", "/status/ready")).toMatchObject({
      status: 503,
      body: { message: "failed to connect to database" },
    });
    expect(await away.askStatus("GET", "/status")).toMatchObject({ status: 200, body: { database: { reachable: false } } });
    expect(await away.ask("GET", "/services")).toMatchObject({ status: 500, body: { message: "An unexpected error occurred" } });
    expect((await away.ask("GET", "/")).status).toBe(200);
  });

  it("is over when the node is told to drain, which goes on serving", async () => {
    await using node = await live({ declarativeConfig: something });
    expect((await node.askStatus("POST", "/status/ready", { status: "other" })).status).toBe(400);
    expect((await node.askStatus("POST", "/status/ready", new URLSearchParams({ status: "draining" }))).status).toBe(204);
    expect(await node.askStatus("GET", "/status/ready")).toMatchObject({ status: 503, body: { message: "draining" } });
    expect((await node.ask("GET", "/upstreams")).body.data).toHaveLength(1);
    expect(await node.proxy("/nothing")).toMatchObject({ status: 404 });
  });
});

describe("the Status API", () => {
  it("shows the state, as the Admin API does, and nothing of the configuration", async () => {
    await using node = await live({ declarativeConfig: something, plugins: ["off"] });
    const { body } = await node.askStatus("GET", "/status");
    expect(body).toMatchObject({ configuration_hash: expect.stringMatching(/^[0-9a-f]{32}$/), server: {}, memory: {} });
    expect((await node.askStatus("GET", "/status/dns")).status).toBe(501);
    for (const path of ["/", "/services", "/config", "/metrics", "/upstreams"]) {
      expect(await node.askStatus("GET", path)).toMatchObject({ status: 404, body: { message: "Not found" } });
    }
  });

  it("shows the health of upstreams without a database, and changes nothing", async () => {
    await using node = await live({ declarativeConfig: something });
    for (const path of ["health", "targets", "targets/all"]) {
      expect((await node.askStatus("GET", `/upstreams/pool/${path}`)).body.data).toMatchObject([{ target: "10.0.0.1:80" }]);
    }
    expect((await node.askStatus("GET", "/upstreams/pool/targets/10.0.0.1:80")).status).toBe(200);
    expect((await node.askStatus("POST", "/upstreams/pool/targets", { target: "x" })).status).toBe(405);
    expect((await node.askStatus("DELETE", "/upstreams/pool/targets/10.0.0.1:80")).status).toBe(405);
    await using memory = await live({ database: "memory", declarativeConfig: something });
    expect((await memory.askStatus("GET", "/upstreams/pool/health")).status).toBe(404);
  });

  it("has the metrics of a plugin, and nothing else of it", async () => {
    const metrics = definePlugin({
      name: "metrics",
      version: "1.0.0",
      priority: 1,
      config: {},
      adminEndpoints: {
        "/metrics": {
          GET: () => ({ status: 200, headers: { "Content-Type": "text/plain" }, body: "up 1\n" }),
          DELETE: () => ({ status: 204 }),
        },
        "/metrics/reset": { POST: () => ({ status: 204 }) },
      },
    });
    await using node = await live({ plugins: ["off", metrics] });
    for (const ask of [node.ask, node.askStatus]) {
      const { status, text, headers } = await ask("GET", "/metrics");
      expect([status, text, headers.get("content-type")]).toEqual([200, "up 1\n", "text/plain"]);
    }
    expect((await node.askStatus("DELETE", "/metrics")).status).toBe(405);
    expect((await node.ask("DELETE", "/metrics")).status).toBe(204);
    expect((await node.askStatus("POST", "/metrics/reset")).status).toBe(404);
  });
});
