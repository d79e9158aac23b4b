import { describe, expectTypeOf, it } from "vitest";
import { definePlugin } from "../../src/plugin-runner/define-plugin.js";
import { int, str } from "../../src/schema/field.js";
import type { StandardSchema } from "../../src/schema/other-schemas.js";
import { defineVault } from "../../src/vaults/vault.js";

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
