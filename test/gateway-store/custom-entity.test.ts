import { createGateway, defineEntity, definePlugin, foreign, OptionsError, oneOf, PluginLoadError, str, uuid } from "postern";
import { describe, expect, it } from "vitest";
import { startGateway } from "../../src/testing/index.js";

// What a newcomer writes: an entity with a unique field and a reference; insert, page and delete it.
it("takes an entity of one's own in a few lines", async () => {
  const apps = defineEntity({
    name: "apps",
    endpointKey: "name",
    fields: {
      id: uuid({ auto: true }),
      name: str({ required: true, unique: true }),
      owner: foreign("consumers", { required: true, onDelete: "cascade" }),
    },
  });
  const gateway = createGateway({ database: "memory", entities: [apps] });
  const owner = await gateway.db.consumers.insert({ username: "alice" });
  const shop = await gateway.db.apps.insert({ name: "shop", owner });
  await expect(gateway.db.apps.insert({ name: "shop", owner })).rejects.toMatchObject({ code: 5, fields: { name: "shop" } });
  expect((await gateway.db.apps.pageFor("owner", owner)).data).toEqual([shop]);
  await gateway.db.apps.delete(shop);
  expect(await gateway.db.apps.page()).toEqual({ data: [] });
  await gateway.close();
});

const teams = defineEntity({
  name: "teams",
  endpointKey: "name",
  fields: { id: uuid({ auto: true }), name: str({ required: true, unique: true }) },
});
const apps = defineEntity({
  name: "apps",
  endpointKey: "name",
  fields: {
    id: uuid({ auto: true }),
    name: str({ required: true, unique: true }),
    kind: oneOf(["web", "native"], { required: true, default: "web" }),
    team: foreign("teams", { required: true, onDelete: "cascade" }),
    owner: foreign("consumers", { onDelete: "null" }),
  },
});
const entities = [teams, apps] as const;

describe("in documents", () => {
  const document = {
    _format_version: "3.0",
    consumers: [{ username: "alice", apps: [{ name: "shop", team: "blue" }] }],
    teams: [{ name: "blue", apps: [{ name: "blog", kind: "native" }] }],
    apps: [{ name: "wiki", team: "blue", owner: "alice" }],
  };

  it.each(["off", "memory"] as const)("stands at the top and under its parents (database %s)", async (database) => {
    const gateway = createGateway({ database, entities, declarativeConfig: document });
    const blue = await gateway.db.teams.selectBy("name", "blue");
    const alice = await gateway.db.consumers.selectBy("username", "alice");
    const { data } = await gateway.db.apps.pageFor("team", blue?.id ?? "");
    expect(data.map(({ name, kind, owner }) => [name, kind, owner?.id ?? null]).sort()).toEqual([
      ["blog", "native", null],
      ["shop", "web", alice?.id],
      ["wiki", "web", alice?.id],
    ]);
    await gateway.close();
  });

  it("is checked as Kong's own entities are", () => {
    const wrong = { ...document, apps: [{ name: "wiki", kind: "desktop", team: "red" }] };
    expect(() => createGateway({ entities, declarativeConfig: wrong })).toThrow(
      expect.objectContaining({ fields: { apps: [expect.objectContaining({ kind: "expected one of: web, native" })] } }),
    );
  });
});

it("has Admin API endpoints, at the top and below its parent", async () => {
  const gateway = createGateway({ database: "memory", entities });
  const { admin } = await gateway.listen({ admin: { port: 0, host: "127.0.0.1" } });
  const ask = async (method: string, path: string, body?: object) => {
    const headers = { "content-type": "application/json" };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${admin?.port}${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>) };
  };
  expect((await ask("POST", "/teams", { name: "blue" })).status).toBe(201);
  expect((await ask("POST", "/teams/blue/apps", { name: "shop" })).status).toBe(201);
  expect((await ask("POST", "/apps", { name: "shop", team: { name: "blue" } })).status).toBe(409);
  expect((await ask("GET", "/apps/shop")).body).toMatchObject({ name: "shop", kind: "web", owner: null });
  expect((await ask("GET", "/schemas/apps")).status).toBe(200);
  expect((await ask("DELETE", "/teams/blue")).status).toBe(204);
  expect((await ask("GET", "/apps")).body).toEqual({ data: [], next: null });
  await gateway.close();
});

describe("a plugin", () => {
  const appAuth = definePlugin({
    name: "app-auth",
    version: "1.0.0",
    priority: 1000,
    config: {},
    entities: { apps },
    async access(pdk) {
      const app = await pdk.db.apps.selectBy("name", pdk.request.getHeader("X-App") ?? "");
      return app === undefined ? pdk.response.error(401) : pdk.response.exit(200, { kind: app.kind });
    },
  });

  it("reads its own entities, among them what was written a moment ago", async () => {
    await using gateway = await startGateway({
      database: "memory",
      entities: [teams],
      plugins: [appAuth],
      declarativeConfig: { _format_version: "3.0", routes: [{ paths: ["/"] }], plugins: [{ name: "app-auth" }] },
    });
    const asShop = { headers: { "X-App": "shop" } };
    expect((await gateway.fetch("/", asShop)).status).toBe(401);
    const { db } = gateway.gateway;
    const team = await db.teams.insert({ name: "blue" });
    await db.apps.insert({ name: "shop", team, kind: "native" });
    expect(await (await gateway.fetch("/", asShop)).json()).toEqual({ kind: "native" });
    await db.teams.delete(team);
    expect((await gateway.fetch("/", asShop)).status).toBe(401);
  });

  it("may not bring an entity that is there already", () => {
    expect(() => createGateway({ entities, plugins: [appAuth] })).toThrow(PluginLoadError);
  });
});

describe("refused", () => {
  const named = (name: string) => defineEntity({ name, fields: { id: uuid({ auto: true }) } });

  it("an entity with the name of a bundled plugin's", () => {
    expect(() => createGateway({ entities: [named("keyauth_credentials")] })).toThrow("has the name of another entity");
  });

  it.each(["services", "workspaces"])("an entity with the name of another: %s", (name) => {
    expect(() => createGateway({ entities: [named(name)] })).toThrow(
      new OptionsError("entities", `there is an entity named '${name}' already`),
    );
  });

  it("two of one name", () => {
    expect(() => createGateway({ entities: [teams, named("teams")] })).toThrow("there is an entity named 'teams' already");
  });

  it.each(["", "Apps", "my-apps", "_apps", "__proto__", "a b", "1st"])("the name %j", (name) => {
    expect(() => createGateway({ entities: [named(name)] })).toThrow(OptionsError);
  });

  it("a reference to no entity", () => {
    expect(() => createGateway({ entities: [apps] })).toThrow("field 'team' of 'apps' refers to 'teams', which is no entity");
  });
});
