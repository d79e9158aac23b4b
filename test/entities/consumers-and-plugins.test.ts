import { describe, expect, it } from "vitest";
import { consumers } from "../../src/entities/consumers.js";
import { coreEntities } from "../../src/entities/core.js";
import { plugins, pluginsWith } from "../../src/entities/plugins.js";
import { keyauthCredentials } from "../../src/plugins/key-auth/entities.js";
import { compileSchema } from "../../src/schema/compile.js";
import { foreignFields, type Subschema } from "../../src/schema/entity.js";
import { arrayOf, bool, int, record, str } from "../../src/schema/field.js";
import { noForeign } from "../../src/schema/typedefs.js";
import { protocolsHttp } from "../../src/schema/typedefs-http.js";
import { complete, faults } from "../schema/support.js";

const id = "00000000-0000-4000-8000-000000000000";

describe("consumers", () => {
  it("need one of their names", () => {
    const text = "at least one of these fields must be non-empty: 'custom_id', 'username'";
    expect(faults(consumers, {})).toEqual({ "@entity": [text] });
    expect(faults(consumers, { username: "a" })).toBeUndefined();
    expect(faults(consumers, { custom_id: "a" })).toBeUndefined();
    expect(faults(consumers, { username: "" })).toEqual({ username: "length must be at least 1", "@entity": [text] });
  });

  it("may be updated in part", () => {
    expect(compileSchema(consumers).validate({ tags: ["x"] }, { partial: true })).toBeUndefined();
  });
});

describe("plugins", () => {
  const guard: Subschema = {
    fields: {
      consumer: noForeign("consumers"),
      protocols: protocolsHttp(),
      config: record({
        words: arrayOf(str(), { required: true, default: ["please"] }),
        limit: int({ required: true }),
        strict: bool({ default: false }),
      }),
    },
    checks: [
      { kind: "conditional", ifField: "config.strict", ifMatch: { eq: true }, thenField: "config.limit", thenMatch: { gt: 10 } },
    ],
  };
  const known = pluginsWith({ guard });

  it("are refused when nobody knows them, and nothing else is said", () => {
    expect(faults(plugins, { name: "x", config: 5, foo: 1 })).toEqual({
      name: "plugin 'x' not enabled; add it to the 'plugins' configuration property",
    });
    expect(faults(plugins, {})).toEqual({ name: "required field missing" });
    expect(faults(plugins, { name: 5 })).toEqual({ name: "expected a string" });
  });

  it("get the defaults of their own configuration", () => {
    expect(complete(known, { name: "guard", config: { limit: 5 } })).toMatchObject({
      config: { words: ["please"], limit: 5, strict: false },
      protocols: ["grpc", "grpcs", "http", "https"],
      enabled: true,
      route: null,
      service: null,
      consumer: null,
    });
  });

  it("are checked by their own rules", () => {
    expect(faults(known, { name: "guard" })).toEqual({ config: { limit: "required field missing" } });
    expect(faults(known, { name: "guard", config: { limit: 5, other: 1 } })).toEqual({ config: { other: "unknown field" } });
    expect(faults(known, { name: "guard", config: { limit: 5 }, consumer: { id } })).toEqual({ consumer: "value must be null" });
    expect(faults(known, { name: "guard", config: { limit: 5 }, protocols: ["tcp"] })).toEqual({
      protocols: ["expected one of: grpc, grpcs, http, https"],
    });
    expect(faults(known, { name: "guard", config: { limit: 5, strict: true } })).toEqual({
      "@entity": ["failed conditional validation given value of field 'config.strict'"],
      config: { limit: "value must be greater than 10" },
    });
    expect(faults(known, { name: "guard", config: { limit: 50, strict: true }, protocols: [], service: { id } })).toBeUndefined();
  });

  it("merge updates into their configuration", () => {
    const stored = complete(known, { name: "guard", config: { limit: 5, strict: false } });
    const merged = compileSchema(known).merge(stored, complete(known, { config: { strict: true } }, "update"));
    expect(merged.config).toEqual({ words: ["please"], limit: 5, strict: true });
  });
});

describe("key-auth credentials", () => {
  it("get a random key", () => {
    const made = complete(keyauthCredentials, { consumer: { id } });
    expect(made.key).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(faults(keyauthCredentials, { consumer: { id } })).toBeUndefined();
  });

  it("belong to a consumer", () => {
    expect(faults(keyauthCredentials, { key: 5 })).toEqual({ consumer: "required field missing", key: "expected a string" });
    expect(compileSchema(keyauthCredentials).validate({ id, key: "k" }, { skip: new Set(["consumer"]) })).toBeUndefined();
  });

  it("may expire", () => {
    expect(faults(keyauthCredentials, { consumer: { id }, ttl: 5 })).toBeUndefined();
    expect(complete(keyauthCredentials, { consumer: { id }, ttl: 5 })).toMatchObject({ ttl: 5 });
  });
});

describe("the core entities", () => {
  it("come after what they refer to", () => {
    const names = Object.keys(coreEntities);
    const known = new Set(["certificates"]);
    for (const definition of Object.values(coreEntities)) {
      for (const [, field] of foreignFields(definition)) expect(known).toContain(field.reference);
      known.add(definition.name);
    }
    expect(names).toEqual(Object.values(coreEntities).map((definition) => definition.name));
  });
});
