import { type AnyPlugin, createGateway, DeclarativeConfigError, definePlugin } from "postern";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { StandardIssue, StandardResult, StandardSchema } from "../../src/schema/other-schemas.js";
import { testGateway } from "../support/test-gateway.js";

const byJsonSchema = definePlugin({
  name: "by-json-schema",
  version: "1.0.0",
  priority: 1,
  config: {
    type: "object",
    properties: { word: { type: "string", default: "hello" }, deep: { type: "object", properties: { n: { type: "integer" } } } },
    required: ["word"],
    additionalProperties: false,
  },
  access: (pdk, { word }) => pdk.response.exit(200, { word }),
});

interface Words {
  readonly word: string;
}

/** As zod or valibot would make it: checks, fills a default, and turns the word into capitals. */
const words: StandardSchema<Partial<Words>, Words> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate(value): StandardResult<Words> {
      const { word = "hello", deep } = value as { word?: unknown; deep?: unknown };
      const issues: StandardIssue[] = [];
      if (typeof word !== "string") issues.push({ message: "not a word", path: ["word"] });
      if (deep !== undefined)
        issues.push({ message: "too deep", path: ["deep", { key: 0 }] }, { message: "again", path: ["deep"] });
      return issues.length > 0 ? { issues } : { value: { word: (word as string).toUpperCase() } };
    },
  },
};
const byStandardSchema = definePlugin({
  name: "by-standard-schema",
  version: "1.0.0",
  priority: 1,
  config: words,
  access: (pdk, { word }) => pdk.response.exit(200, { word }),
});
const asynchronous: StandardSchema = { "~standard": { version: 1, vendor: "test", validate: async (value) => ({ value }) } };
const late = definePlugin({ name: "late", version: "1.0.0", priority: 1, config: asynchronous });

const options = { plugins: [byJsonSchema, byStandardSchema, late] };
const document = (name: string, config?: unknown) => ({
  _format_version: "3.0",
  routes: [{ paths: ["/"], plugins: [{ name, ...(config === undefined ? {} : { config }) }] }],
});

function faultOf(name: string, config: unknown): unknown {
  try {
    createGateway({ ...options, declarativeConfig: document(name, config) });
  } catch (error) {
    const { fields } = error as DeclarativeConfigError;
    expect(error).toBeInstanceOf(DeclarativeConfigError);
    return JSON.parse(JSON.stringify(fields)).routes[0].plugins[0].config;
  }
  return undefined;
}

describe("a configuration defined in JSON Schema", () => {
  it("is checked, and comes with its defaults", async () => {
    expect(faultOf("by-json-schema", { word: 5, deep: { n: "x" }, more: 1 })).toEqual({
      word: "must be string",
      deep: { n: "must be integer" },
      more: "unknown field",
    });
    await using gateway = await testGateway({ config: document("by-json-schema", { word: "given" }), options });
    expect(await (await gateway.fetch("/")).json()).toEqual({ word: "given" });
  });
});

describe("a configuration defined in a Standard Schema", () => {
  it("is checked", () => {
    expect(faultOf("by-standard-schema", { word: 5, deep: 1 })).toEqual({ word: "not a word", deep: { "0": "too deep" } });
    expect(faultOf("by-standard-schema", "text")).toBe("expected a record");
    expect(faultOf("late", {})).toBe("the plugin's schema is asynchronous, and configurations cannot wait for it");
  });

  it("is what the schema makes of it, and stays in the store as it was given", async () => {
    await using gateway = await testGateway({ config: document("by-standard-schema"), options });
    expect(await (await gateway.fetch("/")).json()).toEqual({ word: "HELLO" });
    await gateway.gateway.loadConfig(document("by-standard-schema", { word: "given" }));
    expect(await (await gateway.fetch("/")).json()).toEqual({ word: "GIVEN" });
    for await (const plugin of gateway.gateway.db.plugins.each()) expect(plugin.config).toEqual({ word: "given" });
  });
});

const byZod = definePlugin({
  name: "by-zod",
  version: "1.0.0",
  priority: 1,
  config: z.object({ word: z.string().default("hello"), n: z.number().int().optional() }),
  access: (pdk, config) => pdk.response.exit(200, config),
}) as AnyPlugin;
const byValibot = definePlugin({
  name: "by-valibot",
  version: "1.0.0",
  priority: 1,
  config: v.object({ word: v.optional(v.string(), "hello"), n: v.optional(v.number()) }),
  access: (pdk, config) => pdk.response.exit(200, config),
}) as AnyPlugin;

describe.each([byZod, byValibot])("a configuration defined with $name", (plugin) => {
  const start = (config: object) =>
    testGateway({
      config: { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }], plugins: [{ name: plugin.name, config }] },
      options: { plugins: [plugin] },
    });

  it("has its defaults", async () => {
    await using gateway = await start({ n: 1 });
    expect(await (await gateway.fetch("/")).json()).toMatchObject({ word: "hello", n: 1 });
  });

  it("is checked", async () => {
    const error = await start({ word: 5 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeclarativeConfigError);
    const { plugins } = (error as DeclarativeConfigError).fields as { plugins: { config: { word: string } }[] };
    expect(plugins[0]?.config.word).toMatch(/string/);
  });
});
