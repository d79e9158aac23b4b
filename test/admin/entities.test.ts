import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Dao } from "../../src/store/dao.js";
import { selfSigned } from "../support/self-signed.js";
import { startAdmin, type TestAdmin } from "./support.js";
import { ids, world } from "./world.js";

let admin: TestAdmin;
beforeAll(async () => {
  admin = await startAdmin(world);
});
afterAll(async () => admin[Symbol.asyncDispose]());

const gone = { status: 404, body: { message: "Not found" } };
const unsupported = (message: string) => ({ status: 405, body: { code: 12, name: "operation unsupported", message } });
const names = (body: unknown) => (body as { data: { name: string }[] }).data.map(({ name }) => name);

describe("GET of one record", () => {
  it("finds it by id and by key", async () => {
    const byId = await admin.ask(`/services/${ids.orders}`);
    expect(byId.status).toBe(200);
    expect(byId.body).toMatchObject({
      id: ids.orders,
      name: "orders",
      host: "orders.test",
      port: 8080,
      path: "/v1",
      client_certificate: null,
    });
    expect(byId.body).not.toHaveProperty("url");
    expect(byId.body).not.toHaveProperty("ws_id");
    expect(await admin.ask("/services/orders")).toEqual(byId);
  });

  it("decodes percent triplets", async () => {
    expect(await admin.ask("/consumers/bob%20smith")).toMatchObject({ status: 200, body: { id: ids.consumer } });
  });

  it("is 404 when there is none, 400 when it cannot be a key", async () => {
    expect(await admin.ask("/services/none")).toEqual(gone);
    expect(await admin.ask(`/services/${ids.nobody}`)).toEqual(gone);
  });

  it("shows old names of plugin settings beside the new ones", async () => {
    const { body } = await admin.ask(`/plugins/${ids.limit}`);
    expect(body).toMatchObject({ config: { redis: { port: 6379 }, redis_port: 6379, redis_host: null } });
  });
});

describe("lists", () => {
  it("come in pages", async () => {
    const first = await admin.ask("/services?size=1");
    expect(names(first.body)).toEqual(["orders"]);
    const { next, offset } = first.body as { next: string; offset: string };
    expect(next).toBe(`/services?offset=${encodeURIComponent(offset)}&size=1`);
    const second = await admin.ask(next);
    expect(names(second.body)).toEqual(["stock"]);
    expect(second.body).toMatchObject({ next: null });
    expect(second.body).not.toHaveProperty("offset");
  });

  it("can be narrowed down by tags, which the link repeats", async () => {
    expect(names((await admin.ask("/services?tags=shop,eu")).body)).toEqual(["orders"]);
    expect(names((await admin.ask("/services?tags=eu/shop")).body)).toEqual(["orders", "stock"]);
    expect(names((await admin.ask("/services?tags=none&tags=shop")).body)).toEqual([]);
    const { body } = await admin.ask("/services?tags=shop&size=1");
    expect((body as { next: string }).next).toMatch(/&tags=shop&size=1$/);
  });

  it.each([
    ["size=x", 9, "size must be a number"],
    ["size=0", 9, "size must be an integer between 1 and 1000"],
    ["size=1001", 9, "size must be an integer between 1 and 1000"],
    ["offset=%25", 7, "'%' is not a valid offset: bad base64 encoding"],
    ["tags=", 11, "invalid option (tags: cannot be null)"],
    ["tags=a,b/c", 11, "invalid option (tags: invalid filter syntax)"],
    ["tags=a,b,c,d,e,f", 11, "invalid option (tags: cannot query more than 5 tags)"],
  ])("refuse %s", async (query, code, message) => {
    expect(await admin.ask(`/services?${query}`)).toMatchObject({ status: 400, body: { code, message } });
  });

  it("of children page too", async () => {
    const { body } = await admin.ask("/services/orders/routes");
    expect(names(body)).toEqual(["orders-route"]);
    expect(await admin.ask("/services/stock/routes")).toEqual({ status: 200, body: { data: [], next: null } });
    expect(await admin.ask("/services/none/routes")).toEqual(gone);
    expect((await admin.ask("/services/orders/routes?tags=a,b/c")).status).toBe(400);
  });
});

describe("records that belong together", () => {
  it("are found below their parent, by the names of either", async () => {
    for (const path of [
      `/consumers/bob%20smith/key-auth/secret`,
      `/consumers/${ids.consumer}/key-auth/${ids.key}`,
      "/key-auths/secret",
    ]) {
      expect(await admin.ask(path)).toMatchObject({ status: 200, body: { id: ids.key, key: "secret" } });
    }
    expect((await admin.ask("/key-auths/secret")).body).not.toHaveProperty("ttl");
  });

  it("are not found below another parent", async () => {
    expect(await admin.ask("/services/stock/routes/orders-route")).toEqual(gone);
    expect(await admin.ask("/services/stock/routes/orders-route", { method: "DELETE" })).toEqual(gone);
    expect(await admin.send("PATCH", "/services/stock/routes/orders-route", {})).toEqual(gone);
  });

  it("lead to the record that they refer to", async () => {
    expect(await admin.ask("/routes/orders-route/service")).toMatchObject({ status: 200, body: { name: "orders" } });
    expect(await admin.ask("/key-auths/secret/consumer")).toMatchObject({ status: 200, body: { username: "bob smith" } });
    expect(await admin.ask("/routes/host-route/service")).toEqual(gone);
    expect(await admin.ask("/routes/none/service")).toEqual(gone);
  });
});

describe("writes without a database", () => {
  it.each([
    ["POST", "/services", { url: "http://a.test" }, "cannot create 'services' entities when not using a database"],
    ["PUT", `/services/${ids.nobody}`, { host: "h" }, "cannot create or update 'services' entities when not using a database"],
    ["PUT", "/services/new", { host: "h" }, "cannot create or update 'services' entities by 'name' when not using a database"],
    ["PATCH", `/services/${ids.orders}`, { port: 1 }, "cannot update 'services' entities when not using a database"],
    ["PATCH", "/services/orders", {}, "cannot update 'services' entities by 'name' when not using a database"],
    ["POST", "/consumers/bob%20smith/key-auth", {}, "cannot create 'keyauth_credentials' entities when not using a database"],
    [
      "PUT",
      `/services/orders/routes/${ids.nobody}`,
      { paths: ["/"] },
      "cannot create or update 'routes' entities when not using a database",
    ],
    ["PATCH", "/routes/orders-route/service", {}, "cannot update 'services' entities when not using a database"],
    ["PUT", "/routes/host-route/service", { host: "h" }, "cannot create or update 'services' entities when not using a database"],
    ["POST", "/upstreams/a/targets", { target: "b.test" }, "cannot create 'targets' entities when not using a database"],
    ["PUT", "/upstreams/a/targets/10.0.0.1:8000", {}, "cannot update 'targets' entities when not using a database"],
  ])("%s %s is refused", async (method, path, body, message) => {
    expect(await admin.send(method, path, body)).toEqual(unsupported(message));
  });

  it("DELETE is refused, or nothing where there is nothing", async () => {
    const remove = (path: string) => admin.ask(path, { method: "DELETE" });
    expect(await remove(`/services/${ids.orders}`)).toEqual(
      unsupported("cannot remove 'services' entities when not using a database"),
    );
    expect(await remove("/services/orders")).toEqual(
      unsupported("cannot remove 'services' entities by 'name' when not using a database"),
    );
    expect(await remove("/services/none")).toEqual({ status: 204, body: undefined });
    expect(await remove("/routes/orders-route/service")).toEqual({ status: 405, body: { message: "Method not allowed" } });
    expect(await remove("/routes/host-route/service")).toEqual(gone);
    expect(await remove("/upstreams/a/targets/none.test:1")).toEqual(gone);
  });

  it("a certificate is refused by its server names, as Kong does", async () => {
    const certificates = [{ ...selfSigned, snis: [{ name: "a.test" }] }];
    await using node = await startAdmin({ _format_version: "3.0", certificates });
    const remove = (path: string) => node.ask(path, { method: "DELETE" });
    expect(await remove("/certificates/a.test")).toEqual(
      unsupported("cannot remove 'snis' entities by 'name' when not using a database"),
    );
    expect(await node.send("PUT", "/certificates/b.test", selfSigned)).toEqual(
      unsupported("cannot create or update 'certificates' entities when not using a database"),
    );
  });

  it("a missing parent comes before a bad body, and that before the refusal", async () => {
    expect(await admin.send("POST", "/services/none/routes", { nonsense: 1 })).toEqual(gone);
    expect(await admin.send("POST", "/services/orders/routes", { nonsense: 1 })).toMatchObject({
      status: 400,
      body: { code: 2, fields: { nonsense: "unknown field" } },
    });
    expect(await admin.send("PATCH", "/services/none", {})).toMatchObject({ status: 404, body: { code: 6 } });
    expect(await admin.send("POST", "/routes", { paths: ["/x"], service: { name: "none" } })).toMatchObject({
      status: 400,
      body: { code: 13 },
    });
  });

  it("`ttl` is an option of the write", async () => {
    expect(await admin.send("POST", "/consumers/bob%20smith/key-auth", { ttl: "soon" })).toMatchObject({
      status: 400,
      body: { code: 11, message: "invalid option (ttl: must be an integer between 0 and 100000000)" },
    });
    expect((await admin.send("POST", "/consumers/bob%20smith/key-auth", { ttl: 60 })).status).toBe(405);
    expect(await admin.send("POST", "/services", { host: "h", ttl: 60 })).toMatchObject({
      status: 400,
      body: { fields: { ttl: "unknown field" } },
    });
  });
});

describe("writes that the store takes", () => {
  it("answer with the record as it is now", async () => {
    const seen: unknown[] = [];
    const record = { id: ids.orders, name: "orders" };
    const take =
      (name: string) =>
      async (...args: unknown[]) => {
        seen.push([name, ...args]);
        return record;
      };
    const services = admin.context.store.services as Dao;
    const dao = Object.assign(Object.create(services), {
      insert: take("insert"),
      upsertBy: take("upsertBy"),
      update: take("update"),
      delete: take("delete"),
    }) as Dao;
    Object.defineProperty(dao, "definition", { value: services.definition });
    await using writable = await startAdmin(world, { store: { ...admin.context.store, services: dao } });
    expect(await writable.send("POST", "/services", { host: "h" })).toEqual({ status: 201, body: record });
    expect(await writable.send("PUT", "/services/orders", { host: "h" })).toEqual({ status: 200, body: record });
    expect(await writable.send("PATCH", `/services/${ids.orders}`, { port: 1 })).toEqual({ status: 200, body: record });
    expect(await writable.ask(`/services/${ids.orders}`, { method: "DELETE" })).toEqual({ status: 204, body: undefined });
    expect(seen).toEqual([
      ["insert", { host: "h" }, {}],
      ["upsertBy", "name", "orders", { host: "h" }, {}],
      ["update", ids.orders, { port: 1 }, {}],
      ["delete", ids.orders],
    ]);
  });
});

describe("form bodies", () => {
  const form = (method: string, path: string, body: string) =>
    admin.ask(path, { method, headers: { "content-type": "application/x-www-form-urlencoded" }, body });

  it("get the types of the fields", async () => {
    const sent =
      "hosts[]=a.test&hosts[]=b.test&protocols=http&strip_path=false&regex_priority=5&service.name=orders&headers.x-foo=v&tags=";
    expect(await form("POST", "/routes", sent)).toEqual(unsupported("cannot create 'routes' entities when not using a database"));
  });

  it("leave what does not fit to the checks", async () => {
    const { body } = await form("POST", "/services", "host=h&port=x&enabled=maybe");
    expect(body).toMatchObject({ fields: { port: "expected an integer", enabled: "expected a boolean" } });
  });

  it("know the settings of a plugin by its name, or by the plugin that is changed", async () => {
    expect((await form("POST", "/plugins", "name=rate-limiting&config.minute=5")).status).toBe(405);
    expect((await form("PATCH", `/plugins/${ids.limit}`, "config.minute=6")).status).toBe(405);
    expect(await form("PATCH", `/plugins/${ids.limit}`, "config.minute=x")).toMatchObject({
      status: 400,
      body: { fields: { config: { minute: "expected a number" } } },
    });
  });

  it("may be multipart", async () => {
    const data = new FormData();
    data.set("host", "h");
    data.set("port", new Blob(["x"]), "port.txt");
    const { body } = await admin.ask("/services", { method: "POST", body: data });
    expect(body).toMatchObject({ fields: { port: "expected an integer" } });
  });
});
