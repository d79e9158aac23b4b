import { describe, expectTypeOf, it } from "vitest";
import type { Service } from "../../src/entities/services.js";
import { createGateway } from "../../src/gateway.js";
import { definePlugin } from "../../src/plugin-runner/define-plugin.js";
import type { KeyauthCredential } from "../../src/plugins/key-auth/entities.js";
import { defineEntity, type Infer } from "../../src/schema/entity.js";
import { type ForeignKey, foreign, int, oneOf, str } from "../../src/schema/field.js";
import { uuid } from "../../src/schema/typedefs.js";

const apps = defineEntity({
  name: "apps",
  endpointKey: "name",
  fields: {
    id: uuid({ auto: true }),
    name: str({ required: true, unique: true }),
    kind: oneOf(["web", "native"], { required: true, default: "web" }),
    owner: foreign("consumers", { required: true, onDelete: "cascade" }),
    seats: int(),
  },
});

const badges = defineEntity({
  name: "badges",
  fields: { id: uuid({ auto: true }), number: str({ required: true, unique: true }), app: foreign("apps") },
});

const badgeAuth = definePlugin({ name: "badge-auth", version: "1.0.0", priority: 1, config: {}, entities: { badges } });

const gateway = createGateway({ entities: [apps], plugins: [badgeAuth] });

describe("gateway.db", () => {
  it("has the host's entities", () => {
    const { db } = gateway;
    expectTypeOf(db.apps.select("id")).resolves.toEqualTypeOf<Infer<typeof apps> | undefined>();
    expectTypeOf<Infer<typeof apps>["kind"]>().toEqualTypeOf<"web" | "native">();
    expectTypeOf<Infer<typeof apps>["seats"]>().toEqualTypeOf<number | null>();
    expectTypeOf<Infer<typeof apps>["owner"]>().toEqualTypeOf<ForeignKey<"consumers">>();
    void db.apps.insert({ name: "shop", owner: { id: "0" } });
    // @ts-expect-error an app needs an owner
    void db.apps.insert({ name: "shop" });
    // @ts-expect-error not one of the kinds
    void db.apps.insert({ name: "shop", owner: { id: "0" }, kind: "desktop" });
    // @ts-expect-error there is no such field
    void db.apps.update("id", { title: "Shop" });
  });

  it("knows by which fields records are found", () => {
    const { db } = gateway;
    void db.apps.selectBy("name", "shop");
    void db.apps.pageFor("owner", "id");
    // @ts-expect-error not a foreign field
    void db.apps.pageFor("name", "id");
    // @ts-expect-error a name is a text
    void db.apps.selectBy("name", 1);
  });

  it("has those of plugins and the core beside them", () => {
    const { db } = gateway;
    expectTypeOf(db.badges.selectBy("number", "007")).resolves.toEqualTypeOf<Infer<typeof badges> | undefined>();
    expectTypeOf(db.services.select("id")).resolves.toEqualTypeOf<Service | undefined>();
    expectTypeOf(db.keyauth_credentials.selectBy("key", "k")).resolves.toEqualTypeOf<KeyauthCredential | undefined>();
    // @ts-expect-error there is no such entity
    void db.gadgets;
  });

  it("has them under the names of the definitions, not of variables", () => {
    const things = defineEntity({ name: "gadgets", fields: { id: uuid({ auto: true }) } });
    const renamed = createGateway({ entities: [things] });
    expectTypeOf(renamed.db.gadgets.select("id")).resolves.toEqualTypeOf<Infer<typeof things> | undefined>();
    // @ts-expect-error the other gateway's
    void renamed.db.apps;
  });
});

describe("a plugin", () => {
  it("reads its own entities typed", () => {
    definePlugin({
      name: "badge-auth",
      version: "1.0.0",
      priority: 1,
      config: {},
      entities: { badges },
      async access(pdk) {
        const badge = await pdk.db.badges.selectBy("number", "007");
        expectTypeOf(badge).toEqualTypeOf<Infer<typeof badges> | undefined>();
        // @ts-expect-error not a field of badges
        void pdk.db.badges.selectBy("label", "007");
      },
    });
  });

  it("caches what its loaders give", () => {
    definePlugin({
      name: "cached",
      version: "1.0.0",
      priority: 1,
      config: {},
      async access(pdk) {
        const found = await pdk.cache.get("cached:k", { ttl: 60 }, async (load) => {
          load.ttl = 5;
          return { keys: ["a"] };
        });
        expectTypeOf(found).toEqualTypeOf<{ keys: string[] } | undefined>();
        expectTypeOf(pdk.cache.probe<string>("k")?.value).toEqualTypeOf<string | undefined>();
        // @ts-expect-error times are numbers
        void pdk.cache.get("cached:k", { ttl: "60" }, () => 1);
      },
    });
  });
});
