import { describe, expect, it } from "vitest";
import { fromKongPdk, type KongPdkModule } from "../../src/plugin-runner/kong-pdk/from-kong-pdk.js";
import { runPlugin } from "../../src/testing/index.js";

/** A plugin that answers with its configuration. */
const plugin = (...Schema: object[]) => {
  class Plugin {
    readonly #config: object;
    constructor(config: object) {
      this.#config = config;
    }
    async access(kong: { response: { exit(status: number, body: object): Promise<void> } }): Promise<void> {
      const { __plugin_id: _, ...own } = this.#config as Record<string, unknown>;
      await kong.response.exit(200, own);
    }
  }
  return fromKongPdk({ Plugin, Name: "schema", Version: "1.0.0", Schema } as KongPdkModule);
};

const schema = plugin(
  { word: { type: "string", required: true, default: "hi", match: "^%l+$" } },
  { count: { type: "integer", between: [1, 9] } },
  { kinds: { type: "set", elements: { type: "string", one_of: ["a", "b"] } } },
  { list: { type: "array", default: [1.5], elements: { type: "number", gt: 0 } } },
  { map: { type: "map", keys: { type: "string" }, values: { type: "boolean" } } },
  {
    nested: {
      type: "record",
      fields: [{ a: { type: "string", len_min: 2 } }, { b: { type: "string" } }],
      entity_checks: [{ mutually_exclusive: ["a", "b"] }],
    },
  },
  { loose: { type: "record", required: false, fields: [{ x: { type: "string", default: "y" } }] } },
  { secret: { type: "string", referenceable: true, encrypted: true, match_none: [{ pattern: "%s", err: "no blanks" }] } },
);

describe("a schema of kong-pdk", () => {
  it("gives defaults", async () => {
    expect((await runPlugin(schema)).json()).toEqual({ word: "hi", list: [1.5], nested: {} });
  });

  it("lets through what fits", async () => {
    const config = {
      word: "moin",
      count: 3,
      kinds: ["a"],
      list: [2],
      map: { on: true },
      nested: { a: "aa" },
      loose: { x: "z" },
      secret: "s",
    };
    expect((await runPlugin(schema, { config })).json()).toEqual(config);
  });

  it.each([
    [{ word: "Moin" }, "invalid value: Moin"],
    [{ count: 10 }, "value should be between 1 and 9"],
    [{ count: 1.5 }, "expected an integer"],
    [{ kinds: ["c"] }, "expected one of: a, b"],
    [{ list: [0] }, "value must be greater than 0"],
    [{ map: { on: "x" } }, "expected a boolean"],
    [{ nested: { a: "a" } }, "length must be at least 2"],
    [{ nested: { a: "aa", b: "b" } }, "only one or none of these fields must be set"],
    [{ secret: "a b" }, "no blanks"],
    [{ other: 1 }, "unknown field"],
  ])("refuses %j", async (config, message) => {
    await expect(runPlugin(schema, { config: config as Record<string, unknown> })).rejects.toThrow(message);
  });

  it.each([
    ["text" as unknown as object, "Schema[0] must be an object with one member"],
    [{ a: { type: "string" }, b: { type: "string" } }, "Schema[0] must be an object with one member"],
    [{ a: "string" }, "Schema.a must be an object"],
    [{ a: { type: "foreign", reference: "services" } }, "Schema.a has the type 'foreign', which is not supported here"],
    [{ a: { type: "array" } }, "Schema.a.elements must be an object"],
    [{ a: { type: "record", fields: {} } }, "Schema.a must be a list of fields"],
    [
      { a: { type: "string", custom_validator: "x" } },
      "Schema.a has the attribute 'custom_validator', which is not supported here",
    ],
    [{ a: { type: "string", match: "%b()" } }, "Schema.a.match: the Lua pattern '%b()' cannot be used"],
    [
      { a: { type: "record", fields: [], entity_checks: [{ conditional: {} }] } },
      "Schema.a has the entity check 'conditional', which is not supported here",
    ],
    [{ a: { type: "json", json_schema: { namespace: "x" } } }, "Schema.a.json_schema must have its schema 'inline'"],
  ])("cannot be %j", (field, message) => {
    expect(() => plugin(field)).toThrow(message);
  });
});
