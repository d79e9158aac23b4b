import { describe, expect, it } from "vitest";
import { consumers } from "../../src/entities/consumers.js";
import { coreEntities } from "../../src/entities/core.js";
import { plugins } from "../../src/entities/plugins.js";
import { routes } from "../../src/entities/routes.js";
import { services } from "../../src/entities/services.js";
import { upstreams } from "../../src/entities/upstreams.js";
import { int, num, record, str } from "../../src/schema/field.js";
import { type KongField, type KongSchema, toKongSchema, toKongSubschema } from "../../src/schema/kong-schema.js";
import { noForeign, tags } from "../../src/schema/typedefs.js";
import { entity } from "./support.js";

function field({ fields }: KongSchema, name: string): KongField {
  const found = fields.find((entry) => Object.hasOwn(entry, name))?.[name];
  if (!found) throw new Error(`no field ${name}`);
  const { description: _, ...rest } = found;
  return rest as KongField;
}

describe("toKongSchema", () => {
  it("lists fields in their order, one an object", () => {
    const { fields } = toKongSchema(consumers);
    expect(fields.map((entry) => Object.keys(entry))).toEqual(
      ["id", "created_at", "updated_at", "username", "custom_id", "tags"].map((name) => [name]),
    );
  });

  it("uses Kong's names", () => {
    const service = toKongSchema(services);
    expect(field(service, "id")).toEqual({ type: "string", uuid: true, auto: true });
    expect(field(service, "created_at")).toEqual({ type: "integer", timestamp: true, auto: true });
    expect(field(service, "retries")).toEqual({ type: "integer", default: 5, between: [0, 32_767] });
    expect(field(service, "protocol")).toEqual({
      type: "string",
      required: true,
      default: "http",
      one_of: ["grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp"],
    });
    expect(field(service, "tls_verify_depth")).toMatchObject({ default: null });
    expect(field(service, "path")).toMatchObject({
      starts_with: "/",
      match_none: [{ pattern: "\\/\\/", err: "must not have empty segments" }],
    });
    expect(field(service, "client_certificate")).toEqual({ type: "foreign", reference: "certificates" });
    expect(field(toKongSchema(plugins), "route")).toEqual({
      type: "foreign",
      reference: "routes",
      default: null,
      on_delete: "cascade",
    });
    expect(field(toKongSchema(plugins), "config")).toEqual({ type: "record", abstract: true });
  });

  it("nests elements, keys, values and records", () => {
    const route = toKongSchema(routes);
    expect(field(route, "methods")).toEqual({ type: "set", elements: { type: "string", match: "^[A-Z]+$" } });
    expect(field(route, "headers")).toMatchObject({
      type: "map",
      keys: { type: "string", match_none: [{ pattern: "^host$" }] },
      values: { type: "array", elements: { type: "string" } },
    });
    expect(field(route, "sources")).toMatchObject({
      elements: {
        type: "record",
        required: true,
        fields: [{ ip: { type: "string" } }, { port: { type: "integer", between: [0, 65_535] } }],
      },
    });
    expect(field(toKongSchema(upstreams), "healthchecks")).toMatchObject({
      type: "record",
      required: true,
      fields: [{ threshold: {} }, { active: {} }, { passive: {} }],
    });
  });

  it("shows checks", () => {
    expect(toKongSchema(consumers).entity_checks).toEqual([{ at_least_one_of: ["custom_id", "username"] }]);
    expect(toKongSchema(services).entity_checks[1]).toEqual({
      conditional: {
        if_field: "protocol",
        if_match: { not_one_of: ["https", "tls"] },
        then_field: "client_certificate",
        then_match: { eq: null },
      },
    });
  });

  it("shows the old names within records, not the shorthands of entities", () => {
    const thing = entity({
      config: record(
        {
          redis: record({ host: str() }),
          size: num({ default: Number.POSITIVE_INFINITY, between: [0, Number.POSITIVE_INFINITY] }),
        },
        {
          shorthands: {
            redis_host: {
              field: str(),
              expand: (host: string) => ({ redis: { host } }),
              deprecated: { message: "use redis.host", removalInVersion: "4.0", replacedBy: "redis.host" },
            },
          },
        },
      ),
    });
    const config = field(toKongSchema(thing), "config");
    expect(config.shorthand_fields).toEqual([
      {
        redis_host: {
          type: "string",
          deprecation: { message: "use redis.host", removal_in_version: "4.0", replaced_with: [{ path: ["redis", "host"] }] },
        },
      },
    ]);
    expect(config.fields).toMatchObject([{}, { size: { between: [0, "inf"] } }]);
    expect(toKongSchema(services).fields.some((entry) => "url" in entry)).toBe(false);
  });

  it("shows of a plugin only what it declares", () => {
    const schema = toKongSubschema({
      fields: { consumer: noForeign("consumers"), config: record({ n: int({ required: true }) }) },
    });
    expect(schema).toEqual({
      fields: [
        { consumer: { type: "foreign", reference: "consumers", eq: null } },
        { config: { type: "record", required: true, fields: [{ n: { type: "integer", required: true } }] } },
      ],
      entity_checks: [],
    });
  });

  it("is plain JSON", () => {
    for (const definition of Object.values(coreEntities)) {
      const schema = toKongSchema(definition);
      expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    }
  });

  it("has a description for every field", () => {
    for (const definition of [...Object.values(coreEntities), entity({ tags: tags() })]) {
      const nameless = Object.entries(definition.fields).filter(
        ([name, { attributes }]) => name !== "id" && !attributes.description,
      );
      expect(nameless.map(([name]) => `${definition.name}.${name}`)).toEqual([]);
    }
  });
});
