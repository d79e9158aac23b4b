import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { coreEntities } from "../../src/entities/core.js";
import { pluginsWith } from "../../src/entities/plugins.js";
import { routes } from "../../src/entities/routes.js";
import { services } from "../../src/entities/services.js";
import { keyauthCredentials } from "../../src/plugins/key-auth/entities.js";
import type { EntityDefinition } from "../../src/schema/entity.js";
import { int, json, mapOf, record, str } from "../../src/schema/field.js";
import { type JsonSchemaOptions, toJsonSchema } from "../../src/schema/json-schema.js";
import { type AnyRecord, entity } from "./support.js";

const id = "00000000-0000-4000-8000-000000000000";

function accepts(definition: EntityDefinition, input: AnyRecord, options?: JsonSchemaOptions): boolean {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  return ajv.validate(toJsonSchema(definition, options), input);
}

describe("toJsonSchema", () => {
  it("is a valid schema for every entity", () => {
    for (const definition of Object.values(coreEntities)) {
      expect(new Ajv({ strict: false }).validateSchema(toJsonSchema(definition))).toBe(true);
    }
  });

  it("asks for what is needed, or for its stand-in", () => {
    expect(accepts(services, { host: "h" })).toBe(true);
    expect(accepts(services, { url: "http://h" })).toBe(true);
    expect(accepts(services, { name: "x" })).toBe(false);
    expect(accepts(services, { host: "h", foo: 1 })).toBe(false);
  });

  it("tells what editors can show", () => {
    const { properties } = toJsonSchema(services) as { properties: Record<string, AnyRecord> };
    expect(properties.protocol).toMatchObject({
      type: "string",
      default: "http",
      enum: expect.arrayContaining(["grpc", "udp"]),
    });
    expect(properties.retries).toEqual({
      description: expect.any(String),
      type: ["integer", "null"],
      default: 5,
      minimum: 0,
      maximum: 32_767,
    });
    expect(properties.path).toMatchObject({ pattern: "^/" });
    expect(properties.url).toMatchObject({ description: expect.stringContaining("Write-only") });
  });

  it("allows null where a field may be unset", () => {
    expect(accepts(services, { host: "h", path: null, tags: null, client_certificate: null })).toBe(true);
    expect(accepts(services, { host: null })).toBe(false);
    expect(accepts(routes, { path_handling: null })).toBe(true);
  });

  it("takes references as text in documents only", () => {
    expect(accepts(routes, { service: { name: "orders" } })).toBe(true);
    expect(accepts(routes, { service: "orders" })).toBe(false);
    expect(accepts(routes, { service: "orders" }, { textReferences: true })).toBe(true);
  });

  it("follows sub-schemas", () => {
    const plugins = pluginsWith({ guard: { fields: { config: record({ n: int({ required: true }) }) } } });
    expect(accepts(plugins, { name: "guard", config: { n: 1 } })).toBe(true);
    expect(accepts(plugins, { name: "guard", config: { n: "1" } })).toBe(false);
    expect(accepts(plugins, { name: "other" })).toBe(false);
    expect(accepts(routes, { protocols: ["grpc"], methods: ["GET"] })).toBe(false);
  });

  it("knows vault references, maps, JSON values and time to live", () => {
    const thing = entity({
      secret: str({ referenceable: true, startsWith: "s" }),
      map: mapOf(str(), int()),
      any: json({ jsonSchema: { type: "object", required: ["a"] } }),
    });
    expect(accepts(thing, { secret: "{vault://env/x}", map: { a: 1 }, any: { a: 1 } })).toBe(true);
    expect(accepts(thing, { secret: "x" })).toBe(false);
    expect(accepts(thing, { map: { a: "x" } })).toBe(false);
    expect(accepts(thing, { any: {} })).toBe(false);
    expect(accepts(keyauthCredentials, { consumer: { id }, ttl: 60 })).toBe(true);
  });
});
