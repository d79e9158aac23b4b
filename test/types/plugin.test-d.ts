import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { type AnyPlugin, definePlugin } from "../../src/plugin-runner/define-plugin.js";
import { fromKongPdk } from "../../src/plugin-runner/kong-pdk/from-kong-pdk.js";
import { defineEntity } from "../../src/schema/entity.js";
import { int, str } from "../../src/schema/field.js";
import type { StandardSchema } from "../../src/schema/other-schemas.js";
import { uuid } from "../../src/schema/typedefs.js";
import { type PluginConfigInput, runPlugin } from "../../src/testing/index.js";
import { defineVault } from "../../src/vaults/vault.js";

type Configured<P extends AnyPlugin> = PluginConfigInput<P["config"]>;

const plain = { version: "1.0.0", priority: 1 } as const;

describe("the configuration that a phase sees", () => {
  it("follows its fields", () => {
    definePlugin({
      ...plain,
      name: "fields",
      config: { word: str({ required: true, default: "x" }), count: int() },
      access(_, config) {
        expectTypeOf(config).toEqualTypeOf<{ word: string; count: number | null }>();
      },
    });
  });

  it("is what a Standard Schema gives", () => {
    const schema = {} as StandardSchema<{ count?: string }, { count: number }>;
    definePlugin({
      ...plain,
      name: "standard",
      config: schema,
      access(_, config) {
        expectTypeOf(config).toEqualTypeOf<{ count: number }>();
      },
    });
  });

  it("is an object where a JSON Schema says so", () => {
    definePlugin({
      ...plain,
      name: "json",
      config: { type: "object", properties: { word: { type: "string" } } },
      access(_, config) {
        expectTypeOf(config).toEqualTypeOf<Record<string, unknown>>();
      },
    });
    const typeBox = {} as { type: "object"; static: { word: string } };
    definePlugin({
      ...plain,
      name: "typebox",
      config: typeBox,
      access(_, config) {
        expectTypeOf(config).toEqualTypeOf<{ word: string }>();
      },
    });
  });

  it("is what zod and valibot say", () => {
    definePlugin({
      ...plain,
      name: "zod",
      config: z.object({ word: z.string().default("x"), count: z.number().optional() }),
      access(_, config) {
        expectTypeOf(config).toEqualTypeOf<{ word: string; count?: number | undefined }>();
      },
    });
    definePlugin({
      ...plain,
      name: "valibot",
      config: v.object({ word: v.optional(v.string(), "x") }),
      access(_, config) {
        expectTypeOf(config).toEqualTypeOf<{ word: string }>();
      },
    });
  });

  it("goes for vaults too", () => {
    defineVault({
      name: "files",
      config: { folder: str({ required: true }), depth: int() },
      get(config, resource, version) {
        expectTypeOf(config).toEqualTypeOf<{ folder: string; depth: number | null }>();
        expectTypeOf(version).toEqualTypeOf<number | undefined>();
        return resource;
      },
    });
  });
});

declare module "../../src/pdk/ctx.js" {
  interface SharedContext {
    tenant?: string;
  }
}

describe("what a plugin keeps of a request", () => {
  it("has the type of its context, and no certain one without", () => {
    definePlugin({
      ...plain,
      name: "counts",
      config: {},
      context: () => ({ calls: 0, seen: new Set<string>() }),
      access(pdk) {
        expectTypeOf(pdk.ctx.plugin).toEqualTypeOf<{ calls: number; seen: Set<string> }>();
      },
      log(pdk) {
        expectTypeOf(pdk.ctx.plugin.calls).toBeNumber();
      },
    });
    definePlugin({
      ...plain,
      name: "plain",
      config: {},
      access(pdk) {
        expectTypeOf(pdk.ctx.plugin).toEqualTypeOf<Record<string, unknown>>();
        expectTypeOf(pdk.ctx.shared.tenant).toEqualTypeOf<string | undefined>();
        expectTypeOf(pdk.ctx.shared.other).toBeUnknown();
      },
    });
  });

  it("is no reason not to be any plugin", () => {
    interface Kept {
      calls: number;
    }
    const counts = definePlugin({ ...plain, name: "counts", config: {}, context: (): Kept => ({ calls: 0 }) });
    expectTypeOf(counts).toExtend<AnyPlugin>();
  });
});

describe("pdk.db", () => {
  it("knows the core entities and the plugin's own", () => {
    const notes = defineEntity({
      name: "notes",
      primaryKey: ["id"],
      fields: { id: uuid({ auto: true }), text: str({ required: true, unique: true }) },
    });
    definePlugin({
      ...plain,
      name: "notes",
      config: {},
      entities: { notes },
      async access(pdk) {
        const note = await pdk.db.notes.selectBy("text", "a");
        expectTypeOf(note?.text).toEqualTypeOf<string | undefined>();
        // @ts-expect-error there is no such field
        await pdk.db.notes.selectBy("body", "a");
        expectTypeOf((await pdk.db.consumers.select("id"))?.username).toEqualTypeOf<string | null | undefined>();
        const made = await pdk.db.notes.dao.insert({ text: "x" });
        expectTypeOf(made.text).toBeString();
        // @ts-expect-error there is no such entity
        pdk.db.others;
      },
    });
  });
});

describe("queues", () => {
  it("hand the sender what was put in", () => {
    definePlugin({
      ...plain,
      name: "ships",
      config: { url: str({ required: true }) },
      log(pdk, config) {
        pdk.queue.enqueue(
          { max_batch_size: 5 },
          (given, entries, signal) => {
            expectTypeOf(given).toEqualTypeOf<{ url: string }>();
            expectTypeOf(entries).toEqualTypeOf<readonly string[]>();
            expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
          },
          config,
          "entry",
        );
      },
    });
  });
});

describe("Admin API endpoints", () => {
  it("answer what the Admin API can send", () => {
    definePlugin({
      ...plain,
      name: "admin",
      config: {},
      adminEndpoints: {
        "/things/:id": {
          GET({ params, query }, node) {
            expectTypeOf(params.id).toEqualTypeOf<string | undefined>();
            expectTypeOf(query.tags).toEqualTypeOf<string | true | readonly (string | true)[] | undefined>();
            return { status: 200, body: { id: params.id, node: node.id } };
          },
          // @ts-expect-error a status is needed
          POST: () => ({ body: "x" }),
        },
      },
    });
  });
});

describe("what runPlugin takes", () => {
  it("follows the plugin's schema", () => {
    const fields = definePlugin({ ...plain, name: "fields", config: { word: str({ required: true }), count: int() } });
    expectTypeOf<Configured<typeof fields>>().toEqualTypeOf<{ readonly word: string; readonly count?: number | null }>();
    const zod = definePlugin({ ...plain, name: "zod", config: z.object({ times: z.number().default(1) }) });
    expectTypeOf<Configured<typeof zod>>().toEqualTypeOf<{ times?: number | undefined }>();
    const json = definePlugin({ ...plain, name: "json", config: { type: "object" } });
    expectTypeOf<Configured<typeof json>>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
    void runPlugin(fields, { config: { word: "x" } });
    // @ts-expect-error the field is needed
    void runPlugin(fields, { config: {} });
    // @ts-expect-error there is no such phase of a request
    void runPlugin(fields, { phases: ["initWorker"] });
  });
});

describe("fromKongPdk", () => {
  it("makes a plugin like any other", () => {
    class Plugin {
      readonly message: string;
      constructor(config: { message: string }) {
        this.message = config.message;
      }
    }
    expectTypeOf(fromKongPdk({ Plugin, Schema: [{ message: { type: "string" } }] }, { name: "x" })).toExtend<AnyPlugin>();
    // @ts-expect-error the module needs a class
    fromKongPdk({ Schema: [] });
  });
});
