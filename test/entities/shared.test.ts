import { describe, expect, it } from "vitest";
import { coreEntities } from "../../src/entities/core.js";
import { parameters } from "../../src/entities/parameters.js";
import { tags } from "../../src/entities/tags.js";
import { vaults, vaultsWith } from "../../src/entities/vaults.js";
import { workspaces } from "../../src/entities/workspaces.js";
import { foreignFields } from "../../src/schema/entity.js";
import { bool, str } from "../../src/schema/field.js";
import { vaultSubschema } from "../../src/vaults/vault.js";
import { complete, faults } from "../schema/support.js";

describe("the core entities", () => {
  it("stand under their own names, parents first", () => {
    const names = Object.keys(coreEntities);
    for (const [key, definition] of Object.entries(coreEntities)) {
      expect(definition.name).toBe(key);
      for (const [, { reference }] of foreignFields(definition)) {
        expect(names.indexOf(reference ?? "")).toBeGreaterThanOrEqual(0);
        expect(names.indexOf(reference ?? "")).toBeLessThan(names.indexOf(key));
      }
    }
  });
});

describe("vaults", () => {
  it("are of a known kind", () => {
    expect(faults(vaults, { prefix: "my-env", name: "env", config: { prefix: "app-" } })).toBeUndefined();
    expect(faults(vaults, { prefix: "my-env", name: "konnect" })).toEqual({ name: "vault 'konnect' is not installed" });
    expect(faults(vaults, { prefix: "my-env" })).toEqual({ name: "required field missing" });
    expect(complete(vaults, { prefix: "my-env", name: "env" }).config).toEqual({ prefix: null });
  });

  it.each([
    ["e", "invalid value: e"],
    ["a-", "invalid value: a-"],
    ["1a", "invalid value: 1a"],
    ["Ab", "invalid value: Ab"],
    ["env", "must not be one of: env"],
    ["", "length must be at least 1"],
  ])("refuse the prefix '%s'", (prefix, message) => {
    expect(faults(vaults, { prefix, name: "env" })).toEqual({ prefix: message });
  });

  it("check the settings of their kind", () => {
    expect(faults(vaults, { prefix: "my-env", name: "env", config: { prefix: "1" } })).toEqual({
      config: { prefix: "invalid value: 1" },
    });
    const files = vaultSubschema({ config: { folder: str({ required: true }), trim: bool({ default: true }) } });
    const both = vaultsWith({ env: vaultSubschema({ config: {} }), files });
    expect(faults(both, { prefix: "mine", name: "files" })).toEqual({ config: { folder: "required field missing" } });
    expect(complete(both, { prefix: "mine", name: "files", config: { folder: "/x" } }).config).toEqual({
      folder: "/x",
      trim: true,
    });
    expect(faults(both, { prefix: "files", name: "env" })).toEqual({ prefix: "must not be one of: env, files" });
  });
});

describe("workspaces, parameters and tags", () => {
  it("have Kong's shapes", () => {
    expect(complete(workspaces, { name: "default" })).toMatchObject({ comment: null, meta: {}, config: {} });
    expect(faults(workspaces, { name: "services" })?.name).toMatch(/^must not be one of: workspaces, consumers, /);
    expect(faults(parameters, { key: "cluster_id", value: "x" })).toBeUndefined();
    expect(faults(parameters, {})).toEqual({ key: "required field missing", value: "required field missing" });
  });

  it("refuse to write the view", () => {
    const text = "does not support insert/upsert/update/delete operations";
    expect(faults(tags, { tag: "x", entity_name: "services" })).toEqual({ tags: text });
    expect(faults(tags, {}, { operation: "update", partial: true })).toMatchObject({});
  });
});
