import { describe, expect, it } from "vitest";
import { EntityState } from "../../src/store/tables/entity-state.js";
import { md5 } from "../../src/util/md5.js";
import { load, loadAll, now, rows } from "./support.js";
import { world } from "./world.js";

describe("nesting and references", () => {
  it("flattens children at any depth and points them at their parents", () => {
    const loaded = loadAll({
      certificates: [
        {
          cert: "c",
          snis: [{ name: "a.com" }],
          services: [{ name: "s", host: "h", routes: [{ paths: ["/"], plugins: [{ name: "key-auth" }] }] }],
        },
      ],
    });
    const [certificate] = rows(loaded, "certificates");
    const [service] = rows(loaded, "services");
    const [route] = rows(loaded, "routes");
    expect(service).toMatchObject({ client_certificate: { id: certificate?.id } });
    expect(service).not.toHaveProperty("routes");
    expect(route).toMatchObject({ service: { id: service?.id } });
    expect(rows(loaded, "plugins")).toMatchObject([
      { route: { id: route?.id }, service: null, config: { key_names: ["apikey"] } },
    ]);
    expect(rows(loaded, "snis")).toMatchObject([{ certificate: { id: certificate?.id } }]);
  });

  it("keeps plain fields that are named like an entity", () => {
    expect(rows(loadAll({ routes: [{ snis: ["a.com"] }] }), "routes")).toMatchObject([{ snis: ["a.com"] }]);
  });

  it("resolves names before ids, in any order", () => {
    const id = "11111111-1111-4111-8111-111111111111";
    const loaded = loadAll({
      routes: [
        { name: "by-id", paths: ["/1"], service: id },
        { name: "by-name", paths: ["/2"], service: "named" },
        { name: "by-object", paths: ["/3"], service: { id } },
      ],
      services: [
        { id, host: "h" },
        { name: "named", host: "h" },
      ],
    });
    const named = rows(loaded, "services").find((service) => service.name === "named");
    expect(rows(loaded, "routes").map((route) => route.service)).toEqual([{ id }, { id: named?.id }, { id }]);
    const clash = loadAll({
      services: [
        { id, host: "h" },
        { name: id, host: "h" },
      ],
      routes: [{ paths: ["/"], service: id }],
    });
    const winner = rows(clash, "services").find((service) => service.name === id);
    expect(rows(clash, "routes")).toMatchObject([{ service: { id: winner?.id } }]);
  });

  it("lets a nested record name further relations, but not another parent", () => {
    const loaded = loadAll({
      consumers: [{ username: "bob" }],
      services: [
        { name: "other", host: "h" },
        { name: "s", host: "h", plugins: [{ name: "key-auth", service: "other", consumer: "bob" }] },
      ],
    });
    const parent = rows(loaded, "services").find((service) => service.name === "s");
    expect(rows(loaded, "plugins")).toMatchObject([
      { service: { id: parent?.id }, consumer: { id: rows(loaded, "consumers")[0]?.id } },
    ]);
  });

  it("treats absent, null and empty lists alike", () => {
    expect(loadAll({ services: [], routes: null, consumers: {} }).counts).toEqual({ workspaces: 1 });
    expect(rows(loadAll({ services: [{ host: "h", routes: null, plugins: {} }] }), "services")).toHaveLength(1);
  });
});

describe("what is filled in", () => {
  it("fills defaults, nulls, time stamps and shorthands", () => {
    const [service] = rows(
      loadAll({ services: [{ url: "http://a.test:8080", created_at: 5, updated_at: 5, _comment: "x", _ignore: [1] }] }),
      "services",
    );
    expect(service).toMatchObject({
      host: "a.test",
      port: 8080,
      protocol: "http",
      tags: null,
      created_at: 5,
      updated_at: now() / 1000,
    });
    expect(service).not.toHaveProperty("url");
    expect(service).not.toHaveProperty("_comment");
    expect(service).not.toHaveProperty("_ignore");
  });

  it("drops duplicates of sets", () => {
    expect(rows(loadAll({ services: [{ host: "h", tags: ["x", "x", "y"] }] }), "services")).toMatchObject([{ tags: ["x", "y"] }]);
  });

  it("takes ttl as the moment of expiry", () => {
    const seconds = now() / 1000;
    const loaded = loadAll({
      consumers: [
        {
          username: "a",
          keyauth_credentials: [
            { key: "old", ttl: 100 },
            { key: "new", ttl: seconds + 5 },
            { key: "ever", ttl: null },
          ],
        },
      ],
    });
    const state = new EntityState(world, loaded.state, { now });
    expect(
      state
        .all("keyauth_credentials")
        .map(({ key }) => key)
        .sort(),
    ).toEqual(["ever", "new"]);
    expect(state.selectByCacheKey("keyauth_credentials", "new")).toMatchObject({ ttl: seconds + 5 });
  });

  it("adds the default workspace unless there is one", () => {
    expect(rows(loadAll({}), "workspaces")).toMatchObject([{ id: "0dc6f45b-8f8d-40d2-a504-473544ee190b", name: "default" }]);
    const id = "11111111-1111-4111-8111-111111111111";
    expect(rows(loadAll({ workspaces: [{ id, name: "default" }] }), "workspaces")).toMatchObject([{ id }]);
    expect(load({ _format_version: "3.0" }, { dbless: false }).counts).toEqual({});
  });

  it("hashes on the way into the store, unless told that it is done", () => {
    const document = { consumers: [{ username: "bob", basicauth_credentials: [{ username: "u", password: "p" }] }] };
    const loaded = loadAll(document);
    const [bob] = rows(loaded, "consumers");
    expect(rows(loaded, "basicauth_credentials")).toMatchObject([{ password: `hash(p+${bob?.id})` }]);
    expect([...(loaded.entities.get("basicauth_credentials")?.values() ?? [])]).toMatchObject([{ password: "p" }]);
    expect(rows(loadAll({ ...document, _transform: false }), "basicauth_credentials")).toMatchObject([{ password: "p" }]);
    expect(rows(loadAll({ ...document, _transform: null }), "basicauth_credentials")).not.toMatchObject([{ password: "p" }]);
  });

  it("lists parents before what refers to them", () => {
    const loaded = loadAll({ plugins: [{ name: "key-auth", service: "s" }], services: [{ name: "s", host: "h" }] });
    expect([...loaded.state.keys()].filter((name) => name !== "workspaces")).toEqual(["services", "plugins"]);
  });
});

describe("meta, counts, hash, warnings", () => {
  it("returns what stands at the top", () => {
    const meta = { _format_version: "3.0", _transform: false, _comment: "c", _ignore: [{ any: "thing" }] };
    expect(load(meta).meta).toEqual(meta);
    expect(load({ _format_version: "2.1" }).meta).toEqual({ _format_version: "3.0", _transform: true });
  });

  it("hashes texts as they are and objects by content", () => {
    const text = '_format_version: "3.0"\nservices: [{name: a, host: h}]\n';
    expect(load(text).hash).toBe(md5(text));
    const one = { _format_version: "3.0", services: [{ name: "a", host: "h" }] };
    const other = { services: [{ host: "h", name: "a" }], _format_version: "3.0" };
    expect(load(one).hash).toBe(load(other).hash);
    expect(load(one).hash).not.toBe(loadAll({ services: [{ name: "b", host: "h" }] }).hash);
    expect(load('_format_version: "3.0"').hash).toBe("0".repeat(32));
    expect(loadAll({ workspaces: [{ name: "team" }] }).hash).toBe("0".repeat(32));
    expect(load(one).counts).toEqual({ workspaces: 1, services: 1 });
  });

  it("warns about old names, with their places", () => {
    const text = '_format_version: "3.0"\nplugins:\n- name: rate-limiting\n  config:\n    redis_host: a.test\n';
    const loaded = load(text);
    expect(loaded.warnings).toEqual([
      {
        code: "deprecated",
        path: "plugins[0].config.redis_host",
        message: "use redis.host",
        line: 5,
        column: 5,
        entityType: "plugins",
        entityName: "rate-limiting",
      },
    ]);
    expect(rows(loaded, "plugins")).toMatchObject([{ config: { redis: { host: "a.test" } } }]);
  });

  it("never changes its input", () => {
    const freeze = (value: unknown): void => {
      if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
    };
    const document = {
      _format_version: "1.1",
      services: [
        {
          url: "http://a.test",
          routes: [{ paths: ["/a//b"], plugins: [{ name: "rate-limiting", config: { redis_host: "x" } }] }],
        },
      ],
    };
    const copy = structuredClone(document);
    freeze(document);
    load(document);
    expect(document).toEqual(copy);
  });

  it("does not confuse two users of one alias", () => {
    const loaded = load(
      '_format_version: "3.0"\nx: &p\n- name: key-auth\n'.replace("x: &p\n- name: key-auth\n", "") +
        "services:\n- {name: a, host: h, plugins: &p [{name: key-auth}]}\n- {name: b, host: h, plugins: *p}\n",
    );
    expect(rows(loaded, "plugins")).toHaveLength(2);
  });
});
