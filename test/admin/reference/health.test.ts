import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import type { LiveGateway } from "../live.js";
import { describeModes, type Start } from "../modes.js";

// §10.1: the health of targets, and marks of it.

async function pool(start: Start, targets: readonly object[], healthchecks: object = {}): Promise<LiveGateway> {
  return start({
    declarativeConfig: {
      _format_version: "3.0",
      upstreams: [{ name: "pool", targets, healthchecks }],
      services: [{ name: "s", host: "pool", routes: [{ paths: ["/"] }] }],
    },
  });
}

describeModes("health", ["off", "memory", "postgres"], (start) => {
  describe("marks", () => {
    it.each(["PUT", "POST"])("by %s take a target out of the rotation at once, and bring it back", async (method) => {
      await using one = await echoUpstream();
      await using other = await echoUpstream();
      const [first, second] = [one, other].map(({ url }) => url.replace("http://", "")) as [string, string];
      await using node = await pool(start, [{ target: first }, { target: second }]);
      const asked = async (): Promise<number[]> => {
        const before = [one.requests.length, other.requests.length];
        for (let n = 0; n < 6; n++) expect((await node.proxy("/")).status).toBe(200);
        return [one.requests.length - (before[0] as number), other.requests.length - (before[1] as number)];
      };
      expect(await asked()).toEqual([3, 3]);
      const marked = await node.ask(method, `/upstreams/pool/targets/${first}/unhealthy`);
      expect([marked.status, marked.text]).toEqual([204, ""]);
      expect(await asked()).toEqual([0, 6]);
      expect((await node.ask("GET", "/upstreams/pool/health")).body.data).toContainEqual(
        expect.objectContaining({ target: first, health: "UNHEALTHY" }),
      );
      const id = (await node.ask("GET", `/upstreams/pool/targets/${first}`)).body.id as string;
      expect((await node.ask(method, `/upstreams/pool/targets/${id}/healthy`)).status).toBe(204);
      expect(await asked()).toEqual([3, 3]);
      expect((await node.ask(method, `/upstreams/pool/targets/${second}/${second}/unhealthy`)).status).toBe(204);
      expect(await asked()).toEqual([6, 0]);
    });

    it("need an upstream, a target and an address that there are", async () => {
      await using node = await pool(start, [{ target: "10.0.0.1:8000" }]);
      for (const path of ["/upstreams/none/targets/10.0.0.1:8000", "/upstreams/pool/targets/10.0.0.2:8000"]) {
        expect(await node.ask("PUT", `${path}/healthy`)).toMatchObject({ status: 404, body: { message: "Not found" } });
      }
      expect((await node.ask("PUT", "/upstreams/pool/targets/10.0.0.1:8000/10.0.0.1/unhealthy")).status).toBe(204);
      expect(await node.ask("PUT", "/upstreams/pool/targets/10.0.0.1:8000/10.0.0.2/unhealthy")).toMatchObject({
        status: 400,
        body: { message: "target 10.0.0.1:8000 has no address '10.0.0.2'" },
      });
    });
  });

  describe("GET /upstreams/{u}/health", () => {
    it("shows the targets as their list does, with health and addresses", async () => {
      await using node = await pool(start, [
        { target: "10.0.0.1:80", weight: 10 },
        { target: "name.test:80", weight: 0 },
      ]);
      const { body } = await node.ask("GET", "/upstreams/pool/health");
      expect(body.node_id).toBe((await node.ask("GET", "/")).body.node_id);
      const [ip, name] = ["10.0.0.1:80", "name.test:80"].map((target) =>
        body.data.find((one: { target: string }) => one.target === target),
      );
      expect(ip).toMatchObject({
        weight: 10,
        health: "HEALTHCHECKS_OFF",
        data: {
          host: "10.0.0.1",
          port: 80,
          nodeWeight: 10,
          weight: { total: 10, unavailable: 0, available: 10 },
          addresses: [{ ip: "10.0.0.1", port: 80, weight: 10, health: "HEALTHCHECKS_OFF" }],
        },
      });
      expect(name).toMatchObject({ health: "HEALTHCHECKS_OFF", data: { host: "name.test", weight: { total: 0 } } });
      const page = (await node.ask("GET", "/upstreams/pool/health?size=1")).body;
      expect(page).toMatchObject({ next: "/upstreams/pool/health?offset=1", offset: "1", node_id: body.node_id });
      expect((await node.ask("GET", "/upstreams/pool/health?offset=x")).status).toBe(400);
      expect(await node.ask("GET", "/upstreams/none/health")).toMatchObject({ status: 404, body: { message: "Not found" } });
    });

    it("is that of the whole upstream with balancer_health=1", async () => {
      const passive = { threshold: 50, passive: { unhealthy: { http_failures: 1 } } };
      await using node = await pool(
        start,
        [
          { target: "10.0.0.1:80", weight: 10 },
          { target: "10.0.0.2:80", weight: 30 },
        ],
        passive,
      );
      const whole = async () => (await node.ask("GET", "/upstreams/pool/health?balancer_health=1")).body;
      expect(await whole()).toMatchObject({
        next: null,
        node_id: expect.any(String),
        data: {
          id: expect.any(String),
          health: "HEALTHY",
          balancer_health: "HEALTHY",
          details: {
            healthy: true,
            weight: { total: 40, unavailable: 0, available: 40 },
            hosts: expect.arrayContaining([
              expect.objectContaining({ nodeWeight: 10 }),
              expect.objectContaining({ nodeWeight: 30 }),
            ]),
          },
        },
      });
      expect((await node.ask("GET", "/upstreams/pool/health")).body.data.map(({ health }: { health: string }) => health)).toEqual(
        ["HEALTHY", "HEALTHY"],
      );
      await node.ask("PUT", "/upstreams/pool/targets/10.0.0.2:80/unhealthy");
      expect((await whole()).data).toMatchObject({
        health: "UNHEALTHY",
        balancer_health: "UNHEALTHY",
        details: { healthy: false, weight: { total: 40, unavailable: 30, available: 10 } },
      });
      await using off = await pool(start, []);
      expect((await off.ask("GET", "/upstreams/pool/health?balancer_health=1")).body.data).toMatchObject({
        health: "HEALTHCHECKS_OFF",
        balancer_health: "UNHEALTHY",
      });
    });
  });
});
