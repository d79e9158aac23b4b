import { generateKeyPairSync, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveGateway, live } from "../live.js";

// §6 and §10: what POST, GET, PUT, PATCH and DELETE do, for every entity, by id and by key, below parents and behind references.

let node: LiveGateway;
const made: Record<string, string> = {};

async function create(path: string, body: Record<string, unknown>): Promise<string> {
  const answer = await node.ask("POST", path, body);
  expect(answer, `${path}: ${answer.text}`).toMatchObject({ status: 201 });
  return answer.body.id;
}

beforeAll(async () => {
  node = await live({ database: "memory" });
  made.service = await create("/services", { name: "shop", url: "http://shop.test" });
  made.route = await create("/routes", { name: "shop", paths: ["/shop"], service: { name: "shop" } });
  made.consumer = await create("/consumers", { username: "ann", custom_id: "a-1" });
  made.upstream = await create("/upstreams", { name: "pool" });
  made.set = await create("/key-sets", { name: "set" });
  made.oauth2 = await create("/consumers/ann/oauth2", { name: "app", client_id: "app" });
});
afterAll(() => node[Symbol.asyncDispose]());

interface Row {
  readonly path: string;
  readonly body: () => Record<string, unknown>;
  readonly key?: string;
  /** A change, and a change that the entity's rules refuse. */
  readonly change: Record<string, unknown>;
  readonly bad: Record<string, unknown>;
}

const publicKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
const jwk = (kid: string): string => JSON.stringify({ ...publicKey, kid });
let count = 0;
const fresh = (): string => {
  count += 1;
  return `n${count}`;
};

const rows: readonly Row[] = [
  { path: "/services", key: "name", body: () => ({ name: fresh(), host: "a.test" }), change: { retries: 1 }, bad: { port: "x" } },
  {
    path: "/routes",
    key: "name",
    body: () => ({ name: fresh(), paths: ["/a"] }),
    change: { paths: ["/b"] },
    bad: { methods: 5 },
  },
  {
    path: "/services/shop/routes",
    key: "name",
    body: () => ({ name: fresh(), paths: ["/a"] }),
    change: { paths: ["/b"] },
    bad: { methods: 5 },
  },
  { path: "/consumers", key: "username", body: () => ({ username: fresh() }), change: { tags: ["a"] }, bad: { tags: "a" } },
  {
    path: "/plugins",
    key: "instance_name",
    body: () => ({
      name: "request-termination",
      instance_name: fresh(),
      consumer: { id: made.consumer },
      protocols: ["http"],
      enabled: true,
      route: { id: made.route },
    }),
    change: { enabled: false },
    bad: { config: { status_code: 5 } },
  },
  { path: "/upstreams", key: "name", body: () => ({ name: fresh() }), change: { slots: 100 }, bad: { slots: 1 } },
  {
    path: "/vaults",
    key: "prefix",
    body: () => ({ prefix: `my${fresh()}`, name: "env" }),
    change: { description: "d" },
    bad: { config: 5 },
  },
  { path: "/key-sets", key: "name", body: () => ({ name: fresh() }), change: { tags: ["a"] }, bad: { tags: 5 } },
  {
    path: "/keys",
    key: "name",
    body: () => {
      const kid = fresh();
      return { name: kid, kid, jwk: jwk(kid) };
    },
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/key-sets/set/keys",
    key: "name",
    body: () => {
      const kid = fresh();
      return { name: kid, kid, jwk: jwk(kid) };
    },
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  { path: "/consumers/ann/key-auth", key: "key", body: () => ({ key: fresh() }), change: { tags: ["a"] }, bad: { tags: 5 } },
  {
    path: "/key-auths",
    key: "key",
    body: () => ({ key: fresh(), consumer: { username: "ann" } }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/consumers/ann/basic-auth",
    key: "username",
    body: () => ({ username: fresh(), password: "p" }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/basic-auths",
    key: "username",
    body: () => ({ username: fresh(), password: "p", consumer: { id: made.consumer } }),
    change: { tags: ["a"] },
    bad: { tags: 5 },
  },
  {
    path: "/consumers/ann/hmac-auth",
    key: "username",
    body: () => ({ username: fresh() }),
    change: { secret: "s" },
    bad: { tags: 5 },
  },
  {
    path: "/hmac-auths",
    key: "username",
    body: () => ({ username: fresh(), consumer: { id: made.consumer } }),
    change: { secret: "s" },
    bad: { tags: 5 },
  },
  { path: "/consumers/ann/jwt", key: "key", body: () => ({ key: fresh() }), change: { secret: "s" }, bad: { algorithm: "x" } },
  {
    path: "/jwts",
    key: "key",
    body: () => ({ key: fresh(), consumer: { id: made.consumer } }),
    change: { secret: "s" },
    bad: { algorithm: "x" },
  },
  {
    path: "/consumers/ann/oauth2",
    key: "client_id",
    body: () => ({ name: "a", client_id: fresh() }),
    change: { name: "b" },
    bad: { name: 5 },
  },
  {
    path: "/oauth2",
    key: "client_id",
    body: () => ({ name: "a", client_id: fresh(), consumer: { id: made.consumer } }),
    change: { name: "b" },
    bad: { name: 5 },
  },
  {
    path: "/oauth2_tokens",
    key: "access_token",
    body: () => ({ access_token: fresh(), expires_in: 9, credential: { id: made.oauth2 } }),
    change: { scope: "s" },
    bad: { expires_in: "x" },
  },
  {
    path: "/oauth2/app/oauth2_tokens",
    key: "access_token",
    body: () => ({ access_token: fresh(), expires_in: 9 }),
    change: { scope: "s" },
    bad: { expires_in: "x" },
  },
  { path: "/consumers/ann/acls", key: "group", body: () => ({ group: fresh() }), change: { tags: ["a"] }, bad: { tags: 5 } },
  { path: "/acls", body: () => ({ group: fresh(), consumer: { id: made.consumer } }), change: { tags: ["a"] }, bad: { tags: 5 } },
  {
    path: "/sessions",
    key: "session_id",
    body: () => ({ session_id: fresh(), data: "d" }),
    change: { data: "e" },
    bad: { expires: "x" },
  },
  { path: "/acme_storage", body: () => ({ key: fresh(), value: "v" }), change: { value: "w" }, bad: { value: 5 } },
];

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
  it.each([
    ["/routes/shop/service", { name: "shop" }],
    ["/consumers/ann/oauth2/app", { client_id: "app" }],
    ["/oauth2/app/consumer", { username: "ann" }],
  ])("%s leads to the record", async (path, shown) => {
    expect(await node.ask("GET", path)).toMatchObject({ status: 200, body: shown });
    expect(await node.ask("PATCH", path, { tags: ["t"] })).toMatchObject({ status: 200, body: { ...shown, tags: ["t"] } });
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
    expect(text).toMatchObject({ status: 400, body: { code: 2, message: "schema violation (service.id: missing primary key)" } });
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
      body: { fields: { "@entity": [expect.stringMatching(/^when updating, at least one of these fields must be non-empty/)] } },
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
});

describe("DELETE", () => {
  it("takes along what belongs to the record, and is refused where something needs it", async () => {
    await create("/consumers", { username: "leaving" });
    const key = await create("/consumers/leaving/key-auth", {});
    expect((await node.ask("DELETE", "/consumers/leaving")).status).toBe(204);
    expect((await node.ask("GET", `/key-auths/${key}`)).status).toBe(404);
    expect(await node.ask("DELETE", "/services/shop")).toMatchObject({
      status: 400,
      body: {
        code: 4,
        message: "an existing 'routes' entity references this 'services' entity",
        fields: { "@referenced_by": "routes" },
      },
    });
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
