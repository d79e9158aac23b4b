import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { coreEntities } from "../../src/entities/core.js";
import { pluginsWith } from "../../src/entities/plugins.js";
import { oauth2Credentials, oauth2Tokens } from "../../src/plugins/oauth2/entities.js";
import { sessionMetadatas, sessions } from "../../src/plugins/session/entities.js";
import type { EntityDefinition } from "../../src/schema/entity.js";
import { arrayOf, record, str } from "../../src/schema/field.js";
import { defaultWorkspaceId } from "../../src/store/keys.js";
import { openStore, storedDefinitions } from "../../src/store/open-store.js";
import { StoreEvents } from "../../src/store/store-events.js";
import { MemoryStrategy } from "../../src/store/strategies/memory/memory-strategy.js";
import { selfSigned } from "../support/self-signed.js";
import { all, failure, uuid } from "./conformance/world.js";

const definitions = {
  ...coreEntities,
  oauth2_credentials: oauth2Credentials,
  oauth2_tokens: oauth2Tokens,
  sessions,
  session_metadatas: sessionMetadatas,
  plugins: pluginsWith({ demo: { fields: { config: record({ ca_certificates: arrayOf(str({ uuid: true })) }) } } }),
};

function world() {
  let now = 1_700_000_000_000;
  const strategy = new MemoryStrategy({ now: () => now });
  strategy.define(storedDefinitions(definitions as unknown as Readonly<Record<string, EntityDefinition>>));
  const events: string[] = [];
  const told = new StoreEvents();
  told.onChange(
    ({ entity, operation, row }) => void events.push(`${operation} ${entity} ${row.name ?? row.target ?? ""}`.trim()),
  );
  const db = openStore(definitions, { strategy, events: told, now: () => now });
  return { db, events, strategy, pass: (seconds: number) => (now += seconds * 1000) };
}

describe("targets", () => {
  it("are stored in their normal form, once per upstream", async () => {
    const { db } = world();
    const upstream = await db.upstreams.insert({ name: "pool" });
    const { id, target } = await db.targets.insert({ upstream, target: "one.test" });
    expect(target).toBe("one.test:8000");
    expect((await db.targets.insert({ upstream, target: "::1" })).target).toBe("[0000:0000:0000:0000:0000:0000:0000:0001]:8000");
    expect(await failure(db.targets.insert({ upstream, target: "one.test:8000" }))).toMatchObject({
      code: 5,
      fields: { target: "one.test:8000", upstream: { id: upstream.id } },
    });
    expect(await failure(db.targets.insert({ upstream, target: "a b" }))).toMatchObject({
      code: 2,
      fields: { target: "Invalid target; not a valid hostname or ip address" },
    });
    expect(await failure(db.targets.update(id, { target: "a b" }))).toMatchObject({
      fields: { target: "Invalid target ('a b'); not a valid hostname or ip address" },
    });
    expect(await db.targets.selectBy("target", "one.test")).toMatchObject({ id });
    await db.targets.deleteBy("target", "one.test");
    expect(await db.targets.select(id)).toBeUndefined();
  });

  it("are replaced on upsert by later ones for the same target only", async () => {
    const { db, pass } = world();
    const upstream = await db.upstreams.insert({ name: "pool" });
    await db.targets.insert({ id: uuid(1), upstream, target: "one.test" });
    expect(await db.targets.upsert(uuid(1), { upstream, target: "one.test", weight: 5 })).toMatchObject({ weight: 5 });
    expect(await db.targets.upsert(uuid(2), { upstream, target: "one.test", created_at: 1 })).toMatchObject({ id: uuid(1) });
    pass(5);
    expect(await db.targets.upsert(uuid(3), { upstream, target: "one.test", weight: 7 })).toMatchObject({
      id: uuid(3),
      weight: 7,
    });
    expect(await all(db.targets.each())).toHaveLength(1);
    await db.targets.upsertBy("target", "two.test", { upstream });
    expect(await failure(db.targets.upsertBy("target", "two.test", { upstream }))).toMatchObject({ code: 5 });
  });
});

describe("plugins", () => {
  it("share a protocol with their route, or with some route of their service", async () => {
    const { db } = world();
    const service = await db.services.insert({ host: "one.test" });
    const plain = { name: "demo", protocols: ["http"] } as const;
    const other = { name: "demo", protocols: ["grpc"] } as const;
    const fault = { protocols: "must match the protocols of at least one route pointing to this Plugin's service" };
    expect(await db.plugins.insert({ ...other, service })).toMatchObject({ protocols: ["grpc"] });
    const route = await db.routes.insert({ paths: ["/"], protocols: ["http"], service });
    expect(await failure(db.plugins.insert({ ...other, route }))).toMatchObject({
      code: 2,
      fields: { protocols: "must match the associated route's protocols" },
    });
    expect(await failure(db.plugins.validate({ ...other, service }, "insert"))).toMatchObject({ code: 2, fields: fault });
    const { id } = await db.plugins.insert({ ...plain, route });
    expect(await failure(db.plugins.update(id, { protocols: ["grpc"] }))).toMatchObject({ code: 2 });
    expect(await failure(db.plugins.update(id, { protocols: ["grpc"], route: null, service }))).toMatchObject({ fields: fault });
    expect(await db.plugins.update(id, { enabled: false })).toMatchObject({ enabled: false });
  });

  it("are unique per name and scope", async () => {
    const { db } = world();
    await db.plugins.insert({ name: "demo" });
    expect(await failure(db.plugins.insert({ name: "demo" }))).toMatchObject({
      code: 5,
      message: `UNIQUE violation detected on '{consumer=null,name="demo",route=null,service=null}'`,
    });
  });
});

describe("certificates", () => {
  const pair = { cert: selfSigned.cert, key: selfSigned.key };

  it("have a list of server names", async () => {
    const { db, events } = world();
    const certificate = await db.certificates.insert({ ...pair, snis: ["b.test", "a.test"] });
    expect(certificate.snis).toEqual(["a.test", "b.test"]);
    expect(await db.certificates.select(certificate.id)).toEqual(certificate);
    expect((await db.certificates.page()).data).toEqual([certificate]);
    expect(await all(db.certificates.each())).toEqual([certificate]);
    events.length = 0;
    expect((await db.certificates.update(certificate.id, { snis: ["c.test", "a.test"] })).snis).toEqual(["a.test", "c.test"]);
    expect(events).toEqual(["update certificates", "create snis c.test", "delete snis b.test"]);
    expect((await db.certificates.update(certificate.id, { tags: ["x"] })).snis).toEqual(["a.test", "c.test"]);
    expect((await db.certificates.upsert(certificate.id, { ...pair, snis: null })).snis).toEqual([]);
  });

  it("take no name twice", async () => {
    const { db } = world();
    const { id } = await db.certificates.insert({ ...pair, snis: ["a.test"] });
    expect(await failure(db.certificates.insert({ ...pair, snis: ["b.test", "b.test"] }))).toMatchObject({
      code: 2,
      fields: { snis: "b.test is duplicated" },
    });
    expect(await failure(db.certificates.insert({ ...pair, snis: ["b.test", "a.test"] }))).toMatchObject({
      code: 2,
      fields: { snis: `a.test already associated with existing certificate '${id}'` },
    });
    await expect(db.certificates.validate({ snis: ["a.test"] }, "update")).resolves.toBeUndefined();
    expect(await all(db.certificates.each())).toHaveLength(1);
    expect(await all(db.snis.each())).toHaveLength(1);
  });

  it("go with their names, unless somebody uses them", async () => {
    const { db } = world();
    const certificate = await db.certificates.insert({ ...pair, snis: ["a.test"] });
    const { id } = await db.services.insert({ url: "https://one.test", client_certificate: certificate });
    expect(await failure(db.certificates.delete(certificate.id))).toMatchObject({
      code: 4,
      fields: { "@referenced_by": "services" },
    });
    expect(await all(db.snis.each())).toHaveLength(1);
    await db.services.delete(id);
    await db.certificates.delete(certificate.id);
    expect(await all(db.snis.each())).toEqual([]);
    expect(await all(db.certificates.each())).toEqual([]);
  });
});

it("CA certificates stay while a service or a plugin lists them", async () => {
  const { db } = world();
  const ca = await db.ca_certificates.insert({ cert: selfSigned.cert });
  const service = await db.services.insert({ url: "https://one.test", ca_certificates: [ca.id] });
  expect((await failure(db.ca_certificates.delete(ca.id))).toJSON()).toEqual({
    code: 19,
    name: "referenced by others",
    message: `ca certificate ${ca.id} is still referenced by services (id = ${service.id})`,
  });
  await db.services.delete(service.id);
  const plugin = await db.plugins.insert({ name: "demo", config: { ca_certificates: [ca.id] } });
  expect((await failure(db.ca_certificates.delete(ca.id))).message).toContain(`plugins (id = ${plugin.id})`);
  await db.plugins.delete(plugin.id);
  await db.ca_certificates.delete(ca.id);
  expect(await db.ca_certificates.select(ca.id)).toBeUndefined();
});

it("the workspace 'default' stays", async () => {
  const { db } = world();
  await db.workspaces.truncate();
  expect(await db.workspaces.selectBy("name", "default")).toMatchObject({ id: defaultWorkspaceId });
  expect((await failure(db.workspaces.delete(defaultWorkspaceId))).code).toBe(12);
  expect(await db.services.insert({ host: "a.test" }, { show_ws_id: true, workspace: "default" })).toMatchObject({
    ws_id: defaultWorkspaceId,
  });
});

describe("tags", () => {
  it("show who has which", async () => {
    const { db } = world();
    const one = await db.consumers.insert({ id: uuid(1), username: "one", tags: ["a", "b"] });
    const two = await db.consumers.insert({ id: uuid(2), username: "two", tags: ["b"] });
    const service = await db.services.insert({ host: "a.test", tags: ["b", "c"] });
    const row = (tag: string, entity_name: string, entity_id: string) => ({ tag, entity_name, entity_id });
    const expected = [
      row("a", "consumers", one.id),
      row("b", "consumers", one.id),
      row("b", "consumers", two.id),
      row("b", "services", service.id),
      row("c", "services", service.id),
    ];
    for (const size of [1, 2, 3, 100]) expect(await all(db.tags.each(size))).toEqual(expected);
    const first = await db.tags.pageByTag("b", 2);
    const second = await db.tags.pageByTag("b", 2, first.offset);
    expect([...first.data, ...second.data]).toEqual(expected.filter(({ tag }) => tag === "b"));
    expect(second.offset).toBeUndefined();
    expect(await db.tags.select("c")).toEqual(expected[4]);
    expect(await failure(db.tags.pageByTag("a,b"))).toMatchObject({ code: 10 });
  });

  it("cannot be written", async () => {
    const { db } = world();
    const refused = { code: 2, fields: { tags: "does not support insert/upsert/update/delete operations" } };
    expect(await failure(db.tags.insert({ tag: "a", entity_name: "services", entity_id: uuid(1) }))).toMatchObject(refused);
    expect(await failure(db.tags.update("a" as never, {}))).toMatchObject(refused);
    expect(await failure(db.tags.delete("a" as never))).toMatchObject(refused);
  });
});

describe("records that list a CA certificate", () => {
  it("are found among services and plugins", async () => {
    const { db } = world();
    const { id } = await db.ca_certificates.insert({ cert: selfSigned.cert });
    const services = await Promise.all(
      [1, 2, 3].map((n) => db.services.insert({ id: uuid(n), url: "https://a.test", ca_certificates: n === 2 ? null : [id] })),
    );
    await db.plugins.insert({ name: "demo", config: { ca_certificates: [id] } });
    expect(await db.services.selectByCaCertificate(id)).toEqual([services[0], services[2]]);
    expect(await db.services.selectByCaCertificate(id, 1)).toEqual([services[0]]);
    expect(await db.services.selectByCaCertificate(uuid(9))).toEqual([]);
    expect(await db.plugins.selectByCaCertificate(id)).toMatchObject([{ name: "demo" }]);
    expect(await db.plugins.selectByCaCertificate(id, undefined, "demo")).toHaveLength(1);
    expect(await db.plugins.selectByCaCertificate(id, undefined, ["other"])).toEqual([]);
  });
});

describe("keys", () => {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const privatePem = pair.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  const publicPem = pair.publicKey.export({ format: "pem", type: "spki" }) as string;

  it("have a short cache key", async () => {
    const { db } = world();
    const set = await db.key_sets.insert({ name: "set" });
    const alone = await db.keys.insert({ kid: "a:b", pem: { public_key: publicPem } });
    const within = await db.keys.insert({ kid: "a:b", set, pem: { public_key: publicPem } });
    expect(db.keys.cacheKey(alone)).toBe("keys:a:b:");
    expect(db.keys.cacheKey(within)).toBe(`keys:a:b:${set.id}`);
    for (const key of [alone, within]) expect(await db.keys.selectByCacheKey(db.keys.cacheKey(key))).toEqual(key);
    expect(await db.keys.selectByCacheKey("keys:a:")).toBeUndefined();
    expect(await db.keys.selectByCacheKey("nothing")).toBeUndefined();
  });

  it("are given as text, in the form in which they are stored", async () => {
    const { db } = world();
    const jwk = { ...pair.privateKey.export({ format: "jwk" }), kid: "j", alg: "RS256" };
    const asJwk = await db.keys.insert({ kid: "j", jwk: JSON.stringify(jwk) });
    expect(JSON.parse(db.keys.getPrivkey(asJwk))).toEqual(jwk);
    expect(JSON.parse(db.keys.getPubkey(asJwk))).toEqual({
      ...pair.publicKey.export({ format: "jwk" }),
      kid: "j",
      alg: "RS256",
    });
    const asPem = await db.keys.insert({ kid: "p", pem: { private_key: privatePem } });
    expect([db.keys.getPrivkey(asPem), db.keys.getPubkey(asPem)]).toEqual([privatePem, publicPem]);
    const onlyPublic = await db.keys.insert({ kid: "q", pem: { public_key: publicPem } });
    expect(db.keys.getPubkey(onlyPublic)).toBe(publicPem);
    expect(() => db.keys.getPrivkey(onlyPublic)).toThrow("could not load a private key from public key material");
  });
});

describe("cache keys of vaults and access tokens", () => {
  it("are without workspace, and without the token", async () => {
    const { db } = world();
    expect(db.vaults.cacheKey({ prefix: "shop" })).toBe("vaults:shop:::::");
    const key = db.oauth2_tokens.cacheKey({ access_token: "secret" });
    const plain = `oauth2_tokens:secret:::::${defaultWorkspaceId}`;
    expect(key).toBe(`oauth2_tokens:${createHash("sha1").update(plain).digest("hex")}`);
  });
});

describe("metadata of sessions", () => {
  it("is found by audience and subject", async () => {
    const { db } = world();
    const session = await db.sessions.insert({ session_id: "s" });
    const one = await db.session_metadatas.insert({ session, audience: "a", subject: "alice" });
    await db.session_metadatas.insert({ session, audience: "b", subject: "alice" });
    expect(await db.session_metadatas.selectByAudienceAndSubject("a", "alice")).toEqual([one]);
    expect(await db.session_metadatas.selectByAudienceAndSubject("a", "bob")).toEqual([]);
  });
});
