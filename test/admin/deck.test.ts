import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../support/self-signed.js";
import { type LiveGateway, live } from "./live.js";

// §11.1: the requests that decK sends, in its order.

let node: LiveGateway;
beforeAll(async () => {
  node = await live({ database: "memory" });
});
afterAll(() => node[Symbol.asyncDispose]());

const lists = (
  "services routes plugins certificates snis upstreams consumers ca_certificates key-auths hmac-auths jwts basic-auths oauth2 acls " +
  "vaults keys key-sets"
).split(" ");

async function put(path: string, body: Record<string, unknown>): Promise<void> {
  const answer = await node.ask("PUT", path, body);
  expect(answer, `${path}: ${answer.text}`).toMatchObject({ status: 200, body: { id: path.split("/").at(-1) } });
}

describe("decK", () => {
  it("gateway ping", async () => {
    expect((await node.ask("GET", "/")).body.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("gateway dump of an empty node", async () => {
    for (const list of lists) {
      const { status, body } = await node.ask("GET", `/${list}?size=1000&tags=a,b`);
      expect([list, status, body]).toEqual([list, 200, { data: [], next: null }]);
    }
    for (const list of ["mtls-auths", "partials", "consumer_groups", "licenses"])
      expect((await node.ask("GET", `/${list}`)).status).toBe(404);
    expect((await node.ask("GET", "/filter-chains?size=1000")).status).toBe(400);
    expect((await node.ask("GET", "/default/workspaces/default")).status).toBe(404);
  });

  it("gateway diff reads schemas", async () => {
    for (const entity of ["services", "routes", "upstreams", "targets", "consumers", "plugins"]) {
      const { fields } = (await node.ask("GET", `/schemas/${entity}`)).body;
      expect(fields.flatMap(Object.keys)).toContain("id");
    }
    const limit = (await node.ask("GET", "/schemas/plugins/rate-limiting")).body;
    const config = limit.fields.find((field: object) => "config" in field).config;
    expect(config.fields.length).toBeGreaterThan(5);
    expect(config.shorthand_fields.flatMap(Object.keys)).toContain("redis_host");
  });

  it("gateway sync creates, and again changes nothing", async () => {
    const ids = Object.fromEntries(
      "service route plugin consumer upstream target key auth set certificate vault"
        .split(" ")
        .map((name) => [name, randomUUID()]),
    );
    for (let round = 0; round < 2; round++) {
      await put(`/services/${ids.service}`, {
        id: ids.service,
        name: "s",
        host: "u",
        port: 80,
        protocol: "http",
        tags: ["deck"],
      });
      await put(`/routes/${ids.route}`, { id: ids.route, name: "r", paths: ["/"], service: { id: ids.service }, tags: ["deck"] });
      await put(`/plugins/${ids.plugin}`, {
        id: ids.plugin,
        name: "cors",
        enabled: true,
        config: { credentials: false },
        route: { id: ids.route },
      });
      await put(`/consumers/${ids.consumer}`, { id: ids.consumer, username: "ann" });
      await put(`/consumers/${ids.consumer}/key-auth/${ids.key}`, { id: ids.key, key: "k", consumer: { id: ids.consumer } });
      await put(`/consumers/${ids.consumer}/acls/${ids.auth}`, { id: ids.auth, group: "g", consumer: { id: ids.consumer } });
      await put(`/upstreams/${ids.upstream}`, { id: ids.upstream, name: "u" });
      const target = { id: ids.target, target: "10.0.0.1:80", weight: 100, upstream: { id: ids.upstream } };
      const changed = await node.ask("PUT", `/upstreams/${ids.upstream}/targets/${ids.target}`, target);
      expect(changed.status).toBe(round === 0 ? 404 : 200);
      if (round === 0)
        expect(await node.ask("POST", `/upstreams/${ids.upstream}/targets`, target)).toMatchObject({
          status: 201,
          body: { id: ids.target },
        });
      await put(`/key-sets/${ids.set}`, { id: ids.set, name: "set" });
      await put(`/vaults/${ids.vault}`, { id: ids.vault, name: "env", prefix: "my-env", config: { prefix: "X_" } });
      expect((await node.ask("GET", `/certificates/${ids.certificate}`)).status).toBe(round === 0 ? 404 : 200);
      await put(`/certificates/${ids.certificate}`, { id: ids.certificate, ...selfSigned, snis: ["a.test"] });
    }
    expect((await node.ask("GET", "/services?size=1000&tags=deck")).body.data).toHaveLength(1);
    expect((await node.ask("GET", `/upstreams/${ids.upstream}/targets?size=1000`)).body.data).toMatchObject([{ id: ids.target }]);
    expect((await node.ask("DELETE", `/consumers/${ids.consumer}/acls/${ids.auth}`)).status).toBe(204);
    expect((await node.ask("DELETE", `/plugins/${ids.plugin}`)).status).toBe(204);
  });

  it.each(
    "acls basicauth_credentials ca_certificates certificates consumers hmacauth_credentials jwt_secrets keyauth_credentials oauth2_credentials plugins routes snis services targets upstreams vaults".split(
      " ",
    ),
  )("gateway validate asks for %s", async (entity) => {
    const known = entity === "plugins" || entity === "vaults" ? { name: entity === "plugins" ? "cors" : "env" } : {};
    const answer = await node.ask("POST", `/schemas/${entity}/validate`, { ...known, nonsense: 1 });
    expect(answer).toMatchObject({ status: 400, body: { code: 2, fields: { nonsense: "unknown field" } } });
  });
});
