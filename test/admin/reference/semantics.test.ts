import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../../support/self-signed.js";
import type { LiveGateway } from "../live.js";
import { describeModes } from "../modes.js";
import { alone, cascades, references } from "./relations.js";
import { made, parents, rows } from "./rows.js";

// §6 and §10: what POST, GET, PUT, PATCH and DELETE do, for every entity, by id and by key, below parents and behind references.

let node: LiveGateway;

async function create(path: string, body: Record<string, unknown>): Promise<string> {
  const answer = await node.ask("POST", path, body);
  expect(answer, `${path}: ${answer.text}`).toMatchObject({ status: 201 });
  return answer.body.id;
}

describeModes("entities", ["memory", "postgres"], (start) => {
  beforeAll(async () => {
    node = await start({ declarativeConfig: parents });
  });
  afterAll(() => node[Symbol.asyncDispose]());

  describe.each(rows)("$path", ({ path, body, change, bad }) => {
    it("creates, shows, replaces, changes and deletes a record by id", async () => {
      const given = body();
      const id = randomUUID();
      const created = await node.ask("POST", path, { ...given, id });
      expect(created, created.text).toMatchObject({ status: 201, body: { id } });
      expect(await node.ask("POST", path, { ...body(), id })).toMatchObject({
        status: 400,
        body: { code: 3, name: "primary key violation" },
      });
      expect(await node.ask("GET", `${path}/${id}`)).toMatchObject({ status: 200, body: created.body });
      expect(await node.ask("GET", `${path}/${id.toUpperCase()}`)).toMatchObject({ status: 200, body: { id } });
      const changed = await node.ask("PATCH", `${path}/${id}`, change);
      expect(changed).toMatchObject({ status: 200, body: { ...change, id } });
      expect(await node.ask("PATCH", `${path}/${id}`, bad)).toMatchObject({
        status: 400,
        body: { code: 2, name: "schema violation" },
      });
      const replaced = await node.ask("PUT", `${path}/${id}`, given);
      expect(replaced, replaced.text).toMatchObject({ status: 200, body: { id } });
      const [[field, value]] = Object.entries(change) as [[string, unknown]];
      expect(replaced.body[field]).not.toEqual(value);
      expect(replaced.body.created_at).toBeGreaterThanOrEqual(created.body.created_at);
      expect((await node.ask("GET", path)).body.data.some((one: { id: string }) => one.id === id)).toBe(true);
      const gone = await node.ask("DELETE", `${path}/${id}`);
      expect([gone.status, gone.text]).toEqual([204, ""]);
      expect(await node.ask("GET", `${path}/${id}`)).toMatchObject({ status: 404, body: { message: "Not found" } });
      // Below a parent, a child that is not there is missing; at the top, deleting nothing is fine.
      const nested = path.lastIndexOf("/") > 0;
      expect((await node.ask("DELETE", `${path}/${id}`)).status).toBe(nested ? 404 : 204);
      expect(await node.ask("PATCH", `${path}/${id}`, {})).toMatchObject({
        status: 404,
        body: nested ? { message: "Not found" } : { code: 6 },
      });
    });

    it("refuses what breaks its rules, and what it has already", async () => {
      const given = body();
      expect(await node.ask("POST", path, { ...given, nonsense: 1 })).toMatchObject({
        status: 400,
        body: { code: 2, fields: { nonsense: "unknown field" }, message: "schema violation (nonsense: unknown field)" },
      });
      expect(await node.ask("POST", path, { ...given, id: null })).toMatchObject({
        status: 400,
        body: { code: 2, fields: { id: "required field missing" } },
      });
      const created = await node.ask("POST", path, given);
      expect(created.status).toBe(201);
      expect(await node.ask("POST", path, given)).toMatchObject({
        status: 409,
        body: { code: 5, name: "unique constraint violation" },
      });
      await node.ask("DELETE", `${path}/${created.body.id}`);
    });
  });

  const keyed = rows.flatMap(({ key, ...row }) => (key === undefined ? [] : [{ key, ...row }]));

  describe.each(keyed)("$path/{$key}", ({ path, key, body, change }) => {
    it("is created, shown, replaced, changed and deleted", async () => {
      const { [key]: value, ...rest } = body();
      const at = `${path}/${String(value)}`;
      const created = await node.ask("PUT", at, rest);
      expect(created, created.text).toMatchObject({ status: 200, body: { [key]: value } });
      expect(await node.ask("PUT", at, rest)).toMatchObject({ status: 200, body: { id: created.body.id } });
      expect(await node.ask("GET", at)).toMatchObject({ status: 200, body: { id: created.body.id } });
      expect(await node.ask("PATCH", at, change)).toMatchObject({ status: 200, body: { ...change, id: created.body.id } });
      expect((await node.ask("DELETE", at)).status).toBe(204);
      expect((await node.ask("GET", at)).status).toBe(404);
    });
  });

  describe("references", () => {
    it.each(references)("$path/{id}/$field leads to the record", async ({ path, field, body, of, replacement }) => {
      const id = await create(path, body());
      const at = `${path}/${id}/${field}`;
      expect(await node.ask("GET", at)).toMatchObject({ status: 200, body: { id: of } });
      expect(await node.ask("PATCH", at, { tags: ["t"] })).toMatchObject({ status: 200, body: { id: of, tags: ["t"] } });
      expect(await node.ask("PATCH", at, { nonsense: 1 })).toMatchObject({ status: 400, body: { code: 2 } });
      const replaced = await node.ask("PUT", at, replacement);
      expect(replaced, replaced.text).toMatchObject({ status: 200, body: { ...replacement, id: of, tags: null } });
      expect(await node.ask("DELETE", at)).toMatchObject({ status: 405, body: { message: "Method not allowed" } });
      expect((await node.ask("DELETE", `${path}/${id}`)).status).toBe(204);
      for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
        const given = method === "GET" || method === "DELETE" ? undefined : replacement;
        expect(await node.ask(method, at, given)).toMatchObject({ status: 404, body: { message: "Not found" } });
      }
    });

    it("that are set cannot be deleted through, and those that are not are missing", async () => {
      expect(await node.ask("DELETE", "/routes/shop/service")).toMatchObject({
        status: 405,
        body: { message: "Method not allowed" },
      });
      const id = await create("/routes", { paths: ["/free"] });
      for (const method of ["GET", "PATCH", "DELETE"]) {
        expect(await node.ask(method, `/routes/${id}/service`, method === "PATCH" ? {} : undefined)).toMatchObject({
          status: 404,
          body: { message: "Not found" },
        });
      }
      const put = await node.ask("PUT", `/routes/${id}/service`, { host: "new.test" });
      expect(put).toMatchObject({ status: 200, body: { host: "new.test" } });
      expect(await node.ask("GET", `/routes/${id}`)).toMatchObject({ body: { service: { id: put.body.id } } });
      expect(await node.ask("PUT", `/routes/${id}/service`, { host: "other.test" })).toMatchObject({
        status: 200,
        body: { id: put.body.id, host: "other.test" },
      });
      await node.ask("DELETE", `/routes/${id}`);
    });

    it("may be given by any unique field, and are told when they lead nowhere", async () => {
      const found = await node.ask("POST", "/routes", { paths: ["/x"], service: { name: "shop" } });
      expect(found).toMatchObject({ status: 201, body: { service: { id: made.service } } });
      await node.ask("DELETE", `/routes/${found.body.id}`);
      expect(await node.ask("POST", "/routes", { paths: ["/x"], service: { name: "none" } })).toMatchObject({
        status: 400,
        body: {
          code: 13,
          name: "foreign keys unresolved",
          message: `foreign key unresolved (service.name: the foreign key cannot be resolved with '{name="none"}' for an existing 'services' entity)`,
        },
      });
      const id = randomUUID();
      expect(await node.ask("POST", "/routes", { paths: ["/x"], service: { id } })).toMatchObject({
        status: 400,
        body: {
          code: 4,
          name: "foreign key violation",
          message: `the foreign key '{id="${id}"}' does not reference an existing 'services' entity.`,
          fields: { service: { id } },
        },
      });
      const text = await node.ask("POST", "/routes", { paths: ["/x"], service: "shop" });
      expect(text).toMatchObject({
        status: 400,
        body: { code: 2, message: "schema violation (service.id: missing primary key)" },
      });
      expect((await node.ask("POST", "/routes", { paths: ["/x"], service: 5 })).status).toBe(400);
    });
  });

  describe("records below a parent", () => {
    it("are made its own, and can be moved by PUT", async () => {
      await create("/services", { name: "other", host: "o.test" });
      const id = await create("/services/other/routes", { paths: ["/moved"], service: { name: "shop" } });
      expect(await node.ask("GET", `/services/shop/routes/${id}`)).toMatchObject({ status: 404, body: { message: "Not found" } });
      expect(await node.ask("PUT", `/services/shop/routes/${id}`, { paths: ["/moved"] })).toMatchObject({
        status: 200,
        body: { id, service: { id: made.service } },
      });
      expect((await node.ask("GET", `/services/other/routes/${id}`)).status).toBe(404);
      expect((await node.ask("PATCH", `/services/other/routes/${id}`, {})).status).toBe(404);
      expect((await node.ask("DELETE", `/services/other/routes/${id}`)).status).toBe(404);
      expect(await node.ask("PUT", `/services/none/routes/${id}`, { paths: ["/m"] })).toMatchObject({
        status: 404,
        body: { message: "Not found" },
      });
      expect(await node.ask("POST", "/services/none/routes", { nonsense: 1 })).toMatchObject({
        status: 404,
        body: { message: "Not found" },
      });
      expect((await node.ask("DELETE", `/services/shop/routes/${id}`)).status).toBe(204);
      await node.ask("DELETE", "/services/other");
    });
  });

  describe("PATCH", () => {
    it("merges records, replaces lists and maps, and unsets with null", async () => {
      const body = {
        name: "patched",
        algorithm: "round-robin",
        tags: ["a", "b"],
        healthchecks: { active: { timeout: 5, headers: { a: ["1"] } } },
      };
      await create("/upstreams", body);
      const patched = await node.ask("PATCH", "/upstreams/patched", {
        tags: ["c"],
        healthchecks: { active: { concurrency: 3, headers: { b: ["2"] } } },
      });
      expect(patched.body).toMatchObject({ tags: ["c"], healthchecks: { active: { timeout: 5, concurrency: 3 } } });
      expect(patched.body.healthchecks.active.headers).toEqual({ b: ["2"] });
      expect((await node.ask("PATCH", "/upstreams/patched", { tags: null })).body.tags).toBeNull();
      expect(await node.ask("PATCH", "/upstreams/patched", { name: null })).toMatchObject({
        status: 400,
        body: { message: "schema violation (name: required field missing)" },
      });
      await node.ask("DELETE", "/upstreams/patched");
    });

    it("words rules of the whole record its own way", async () => {
      const id = await create("/consumers", { username: "only" });
      expect(await node.ask("PATCH", `/consumers/${id}`, { username: null })).toMatchObject({
        status: 400,
        body: {
          fields: { "@entity": [expect.stringMatching(/^when updating, at least one of these fields must be non-empty/)] },
        },
      });
      await node.ask("DELETE", `/consumers/${id}`);
    });

    it("of a plugin needs no name", async () => {
      const id = await create("/plugins", { name: "rate-limiting", config: { minute: 5, policy: "local" } });
      expect(await node.ask("PATCH", `/plugins/${id}`, { config: { hour: 50 } })).toMatchObject({
        status: 200,
        body: { config: { minute: 5, hour: 50 } },
      });
      const form = await node.ask("PATCH", `/plugins/${id}`, new URLSearchParams({ "config.minute": "7" }));
      expect(form).toMatchObject({ status: 200, body: { config: { minute: 7, hour: 50 } } });
      expect(await node.ask("POST", "/plugins", { name: "rate-limiting", config: { minute: 5 } })).toMatchObject({
        status: 409,
        body: { message: `UNIQUE violation detected on '{consumer=null,name="rate-limiting",route=null,service=null}'` },
      });
      await node.ask("DELETE", `/plugins/${id}`);
    });

    it("of a plugin knows the old names of its settings", async () => {
      const redis = { host: "r.test", port: 7000 };
      const id = await create("/plugins", { name: "rate-limiting", config: { minute: 5, policy: "redis", redis } });
      const changed = await node.ask("PATCH", `/plugins/${id}`, { config: { redis_port: 7001 } });
      expect(changed, changed.text).toMatchObject({
        status: 200,
        body: { config: { minute: 5, redis: { host: "r.test", port: 7001 }, redis_port: 7001 } },
      });
      const form = await node.ask("PATCH", `/plugins/${id}`, new URLSearchParams({ "config.redis_port": "7002" }));
      expect(form).toMatchObject({ status: 200, body: { config: { redis: { port: 7002 } } } });
      expect(await node.ask("PATCH", `/plugins/${id}`, { name: null })).toMatchObject({
        status: 400,
        body: { fields: { name: "required field missing" } },
      });
      await node.ask("DELETE", `/plugins/${id}`);
    });
  });

  describe("DELETE", () => {
    it.each(cascades)("of $parent takes $child along", async ({ parent, child, make, body }) => {
      const id = await create(parent, make);
      const path = child.replace("{}", id);
      const below = await create(path, body(id));
      const list = path.startsWith(parent) ? `/${path.split("/").at(-1)}` : path;
      const plain = `${alone[list] ?? list}/${below}`;
      expect((await node.ask("GET", plain)).status).toBe(200);
      expect((await node.ask("DELETE", `${parent}/${id}`)).status).toBe(204);
      expect((await node.ask("GET", plain)).status).toBe(404);
    });

    it("of an upstream takes its targets along", async () => {
      const id = await create("/upstreams", { name: "leaving" });
      await create("/upstreams/leaving/targets", { target: "10.0.0.1:80" });
      expect((await node.ask("DELETE", `/upstreams/${id}`)).status).toBe(204);
      await create("/upstreams", { id, name: "leaving" });
      expect((await node.ask("GET", "/upstreams/leaving/targets/all")).body.data).toEqual([]);
      await node.ask("DELETE", "/upstreams/leaving");
    });

    it.each([
      ["services", "/services", { name: "needed", host: "h" }, "routes", "/services/needed/routes", { paths: ["/needed"] }],
      ["certificates", "/certificates", selfSigned, "services", "/certificates/{}/services", { protocol: "https", host: "h" }],
      ["certificates", "/certificates", selfSigned, "upstreams", "/certificates/{}/upstreams", { name: "needing" }],
    ])("of one of the %s (%s, %j) is refused while %s need it", async (entity, path, body, needing, below, child) => {
      const id = await create(path, body);
      const needs = await create(below.replace("{}", id), child);
      expect(await node.ask("DELETE", `${path}/${id}`)).toMatchObject({
        status: 400,
        body: {
          code: 4,
          name: "foreign key violation",
          message: `an existing '${needing}' entity references this '${entity}' entity`,
          fields: { "@referenced_by": needing },
        },
      });
      expect((await node.ask("DELETE", `/${needing}/${needs}`)).status).toBe(204);
      expect((await node.ask("DELETE", `${path}/${id}`)).status).toBe(204);
    });
  });

  describe("ttl", () => {
    it("counts from now, is shown as what remains, and 0 takes it away", async () => {
      const created = await node.ask("POST", "/consumers/ann/key-auth", { key: "short", ttl: 1000 });
      expect(created.body.ttl).toBeGreaterThan(990);
      expect((await node.ask("GET", "/key-auths/short")).body.ttl).toBeGreaterThan(990);
      expect((await node.ask("PATCH", "/key-auths/short", { ttl: 0 })).body).not.toHaveProperty("ttl");
      const form = await node.ask("PATCH", "/key-auths/short", new URLSearchParams({ ttl: "50" }));
      expect(form.body.ttl).toBeGreaterThan(40);
      await node.ask("DELETE", "/key-auths/short");
    });

    it.each([[-1], [100_000_001], ["5"], ["x"], [true], [null], [{}]])("refuses %j", async (ttl) => {
      const answer = await node.ask("POST", "/consumers/ann/key-auth", { ttl });
      expect(answer).toMatchObject({
        status: 400,
        body: {
          code: 11,
          name: "invalid options",
          message: "invalid option (ttl: must be an integer between 0 and 100000000)",
          options: { ttl: "must be an integer between 0 and 100000000" },
        },
      });
    });

    it("is an unknown field elsewhere", async () => {
      expect(await node.ask("POST", "/services", { host: "h", ttl: 5 })).toMatchObject({
        status: 400,
        body: { fields: { ttl: "unknown field" } },
      });
    });
  });
});
