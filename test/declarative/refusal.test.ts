import { describe, expect, it } from "vitest";
import { flattenedForm } from "../../src/declarative/flatten-errors.js";
import { loadAll, refusalOf, shown } from "./support.js";

const fields = (document: string | object): unknown => shown(refusalOf(document).fields);
const required = "required field missing";

describe("the top of a document", () => {
  it.each<[string, unknown, string]>([
    ["_format_version", undefined, required],
    ["_format_version", null, required],
    ["_format_version", 3, "expected a string"],
    ["_format_version", "4.0", "expected one of: 1.1, 2.1, 3.0"],
    ["_transform", "yes", "expected a boolean"],
    ["_comment", 5, "expected a string"],
    ["_ignore", {}, "expected an array"],
    ["_info", {}, "unknown field"],
    ["constructor", [], "unknown field"],
    ["services", "a", "expected an array"],
    ["services", { a: 1 }, "expected an array"],
  ])("refuses %s: %j", (key, value, message) => {
    expect(fields({ [key]: value })).toEqual({ [key]: message });
  });

  it("refuses lists", () => {
    expect(fields("[]")).toEqual({ _format_version: required });
    expect(fields('["a"]')).toEqual({ _format_version: required });
  });

  it("refuses an unquoted version", () => {
    expect(fields("_format_version: 3.0")).toEqual({ _format_version: "expected a string" });
  });

  it("refuses objects that contain themselves", () => {
    const loop: Record<string, unknown> = { _format_version: "3.0" };
    loop._ignore = [loop];
    expect(fields(loop)).toEqual({ error: "failed parsing declarative configuration: nested too deeply" });
  });

  it("refuses __proto__ and touches no prototype", () => {
    expect(JSON.stringify(refusalOf('{"_format_version": "3.0", "__proto__": {"polluted": 1}}').fields)).toBe(
      '{"__proto__":"unknown field"}',
    );
    const text = '{"_format_version": "3.0", "services": [{"host": "h", "__proto__": {"name": "polluted"}}]}';
    expect(JSON.stringify(refusalOf(text).fields)).toBe('{"services":[{"__proto__":"unknown field"}]}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("records", () => {
  it("reports all faults at once, at their positions", () => {
    const error = refusalOf({
      services: [
        { name: "ok", host: "h" },
        { port: 70000, bogus: 1, routes: [{ paths: ["/"] }, { paths: ["/ok", "bad"] }, {}] },
      ],
      zzz: 1,
    });
    expect(shown(error.fields)).toEqual({
      services: [
        null,
        {
          host: required,
          port: "value should be between 0 and 65535",
          bogus: "unknown field",
          routes: [
            null,
            { paths: [null, "should start with: / (fixed path) or ~/ (regex path)"] },
            { "@entity": ["at least one of these fields must be non-empty: 'paths', 'snis', 'headers'"] },
          ],
        },
      ],
      zzz: "unknown field",
    });
    expect(error).toMatchObject({ code: 14, name: "invalid declarative configuration", status: 400 });
    expect(error.message).toMatch(/^declarative config is invalid: \{services=\{\[2\]=\{bogus="unknown field",host=/);
  });

  it("refuses list items that are no records", () => {
    expect(fields({ services: ["a", { host: "h" }, null, { host: "h", routes: [5] }] })).toEqual({
      services: ["expected a record", null, "expected a record", { routes: ["expected a record"] }],
    });
    expect(fields({ certificates: [{ cert: "c", snis: ["a.com"] }] })).toEqual({
      certificates: [{ snis: ["expected a record"] }],
    });
  });

  it("refuses child lists of another shape, unknown children and ws_id", () => {
    expect(fields({ services: [{ host: "h", routes: "x", workflows: [], ws_id: "w" }] })).toEqual({
      services: [{ routes: "expected an array", workflows: "unknown field", ws_id: "unknown field" }],
    });
  });

  it("checks notes wherever they stand", () => {
    expect(
      fields({ services: [{ host: "h", _comment: 1, plugins: [{ name: "key-auth", _ignore: 1, config: { _comment: "x" } }] }] }),
    ).toEqual({
      services: [
        { _comment: "expected a string", plugins: [{ _ignore: "expected an array", config: { _comment: "unknown field" } }] },
      ],
    });
  });

  it("stops at a plugin that is not there", () => {
    const message = "plugin 'nope' not enabled; add it to the 'plugins' configuration property";
    expect(fields({ plugins: [{ name: "nope", config: { a: 1 } }, { config: {} }] })).toEqual({
      plugins: [{ name: message }, { name: required }],
    });
  });

  it("reports a bad shorthand under its own name, without what follows from it", () => {
    expect(fields({ services: [{ url: 5 }] })).toEqual({ services: [{ url: "expected a string" }] });
  });
});

describe("references", () => {
  it("shows dead names as Kong's second check does, when there was one", () => {
    const { fields: tree } = refusalOf({
      routes: [
        { name: "r", paths: ["/"], service: "none" },
        { id: "11111111-1111-4111-8111-111111111111", paths: ["/"], service: "none" },
      ],
      plugins: [{ id: "22222222-2222-4222-8222-222222222222", name: "key-auth", service: "a", route: "b" }],
      acls: [
        { consumer: { id: "33333333-3333-4333-8333-333333333333" }, group: "g", id: "44444444-4444-4444-8444-444444444444" },
      ],
    });
    // The object in `acls` is what the first check does not like.
    expect(shown(tree)).toEqual({
      routes: [{ service: { id: "missing primary key" } }, { service: { id: "missing primary key" } }],
      plugins: [{ route: { id: "missing primary key" }, service: { id: "missing primary key" } }],
    });
  });

  it("has Kong's texts", () => {
    const id = "11111111-1111-4111-8111-111111111111";
    expect(
      fields({
        routes: [
          { name: "r", paths: ["/"], service: "none" },
          { id, paths: ["/"], service: "none" },
        ],
      }),
    ).toEqual({
      routes: {
        r: ["invalid reference 'service: none' (no such entry in 'services')"],
        [id]: ["invalid reference 'service: none' (no such entry in 'services')"],
      },
    });
    expect(fields({ plugins: [{ instance_name: "i", name: "key-auth", service: { id } }] })).toEqual({
      plugins: { i: [`invalid reference 'service: {"id":"${id}"}' (no such entry in 'services')`] },
    });
    expect(fields({ plugins: [{ instance_name: "i", name: "key-auth", service: "a", route: "b" }] })).toEqual({
      plugins: {
        i: [
          "invalid reference 'route: b' (no such entry in 'routes')",
          "invalid reference 'service: a' (no such entry in 'services')",
        ],
      },
    });
  });

  it("takes no names in objects, and no names of other parents", () => {
    expect(fields({ services: [{ name: "s", host: "h" }], routes: [{ paths: ["/"], service: { name: "s" } }] })).toEqual({
      routes: [{ service: { id: "missing primary key" } }],
    });
    expect(
      fields({ services: [{ name: "s", host: "h", plugins: [{ name: "key-auth", service: "x", consumer: "y" }] }] }),
    ).toEqual({
      services: [{ plugins: [{ service: "value must be null", consumer: "value must be null" }] }],
    });
    expect(fields({ acls: [{ group: "g" }] })).toEqual({ acls: [{ consumer: required }] });
  });

  it("never takes a custom id or a target for a name", () => {
    expect(
      fields({ consumers: [{ custom_id: "c" }], plugins: [{ instance_name: "i", name: "key-auth", consumer: "c" }] }),
    ).toEqual({
      plugins: { i: ["invalid reference 'consumer: c' (no such entry in 'consumers')"] },
    });
  });
});

describe("uniqueness", () => {
  const declared = (what: string): string => `uniqueness violation: ${what} already declared`;

  it("reports endpoint keys and ids declared twice", () => {
    const id = "11111111-1111-4111-8111-111111111111";
    const error = refusalOf({
      services: [
        { name: "foo", host: "h" },
        { name: "foo", host: "h" },
      ],
    });
    expect(error.message).toBe(
      `declarative config is invalid: {services={[2]="${declared("'services' entity with name set to 'foo'")}"}}`,
    );
    expect(
      fields({
        services: [
          { id, host: "h" },
          { id, host: "h" },
        ],
      }),
    ).toEqual({
      services: [null, declared(`'services' entity with primary key set to '${id}'`)],
    });
    expect(fields({ plugins: [{ name: "key-auth" }, { name: "key-auth" }] })).toMatchObject({
      plugins: [null, expect.stringContaining("primary key")],
    });
  });

  it("shows nested ones below their direct parent", () => {
    const route = { name: "r", paths: ["/"] };
    expect(
      fields({
        services: [
          { name: "a", host: "h" },
          { name: "b", host: "h", routes: [route, route] },
        ],
        routes: [route],
      }),
    ).toEqual({
      services: [null, { routes: [null, declared("'routes' entity with name set to 'r'")] }],
      routes: [declared("'routes' entity with name set to 'r'")],
    });
  });

  it("reports the other unique fields", () => {
    const id = "11111111-1111-4111-8111-111111111111";
    const error = refusalOf({
      consumers: [
        { username: "foo", custom_id: "conflict" },
        { username: "bar", custom_id: "conflict" },
      ],
    });
    expect(error.message).toBe(
      `declarative config is invalid: {consumers={bar="${declared("'consumers' entity with custom_id set to 'conflict'")}"}}`,
    );
    expect(fields({ consumers: [{ custom_id: "c" }, { id, custom_id: "c" }] })).toEqual({
      consumers: { [id]: declared("'consumers' entity with custom_id set to 'c'") },
    });
  });

  it("lets plugins with different ids share everything else, as Kong does", () => {
    const plugin = { name: "key-auth" };
    const ids = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
    expect(loadAll({ plugins: ids.map((id) => ({ ...plugin, id })) }).counts.plugins).toBe(2);
  });

  it("reports duplicates also where Kong checks twice", () => {
    const consumer = { username: "bob", basicauth_credentials: [{ username: "u", password: "p" }] };
    const plugin = { name: "key-auth", consumer: "bob" };
    expect(fields({ consumers: [consumer], plugins: [plugin, plugin] })).toMatchObject({
      plugins: [null, expect.stringContaining("primary key")],
    });
  });
});

describe("flattened faults", () => {
  it("lifts faults out of the nesting", () => {
    const id = "11111111-1111-4111-8111-111111111111";
    const error = refusalOf({
      services: [{ id, name: "s1", host: "h", protocol: "nope", tags: ["t"], routes: [{ name: "r1", service: null }] }],
      zzz: 1,
    });
    expect(flattenedForm(error)).toEqual({
      code: 14,
      name: "invalid declarative configuration",
      message: 'declarative config is invalid: {zzz="unknown field"}',
      fields: { zzz: "unknown field" },
      flattened_errors: [
        {
          entity_type: "route",
          entity_name: "r1",
          entity: { name: "r1", service: { id } },
          errors: [{ type: "entity", message: "at least one of these fields must be non-empty: 'paths', 'snis', 'headers'" }],
        },
        {
          entity_type: "service",
          entity_name: "s1",
          entity_id: id,
          entity_tags: ["t"],
          entity: { id, name: "s1", host: "h", protocol: "nope", tags: ["t"] },
          errors: [{ type: "field", field: "protocol", message: "expected one of: http, https" }],
        },
      ],
    });
  });

  it("leaves nothing behind when everything belongs to entities", () => {
    const form = flattenedForm(
      refusalOf({ services: [{ name: "a" }, { name: "b", port: -1 }], routes: [{ paths: ["/", "x"] }] }),
    );
    expect(form).toMatchObject({ fields: {}, message: "declarative config is invalid: {}" });
    const flattened = form.flattened_errors as { entity_name?: string; errors: { field: string }[] }[];
    expect(flattened.map((entry) => [entry.entity_name, entry.errors.map(({ field }) => field)])).toEqual([
      ["b", ["port", "host"]],
      ["a", ["host"]],
      [undefined, ["paths.2"]],
    ]);
  });

  it("reports references and unique fields too, with the ids that were derived", () => {
    const error = refusalOf({ routes: [{ name: "r", paths: ["/"], service: "none" }] });
    expect(error.flattened).toEqual([
      {
        entity_type: "route",
        entity_name: "r",
        entity_id: "da7ba03a-f1be-52d4-8a7e-c8f32640689a",
        entity: { id: "da7ba03a-f1be-52d4-8a7e-c8f32640689a", name: "r", paths: ["/"], service: "none" },
        errors: [{ type: "entity", message: "invalid reference 'service: none' (no such entry in 'services')" }],
      },
    ]);
  });

  it("takes a foreign record that is written inline for itself", () => {
    const error = refusalOf({ services: [{ name: "s", host: "h", client_certificate: { cert: "", tags: ["a"] } }] });
    expect(error.flattened).toEqual([
      {
        entity_type: "certificate",
        entity_tags: ["a"],
        entity: { cert: "", tags: ["a"] },
        errors: [{ type: "field", field: "id", message: "missing primary key" }],
      },
    ]);
  });

  it("keeps what is no record, and parse failures, in place", () => {
    expect(flattenedForm(refusalOf({ services: ["a"] }))).toMatchObject({
      fields: { services: ["expected a record"] },
      flattened_errors: [],
    });
    expect(flattenedForm(refusalOf("5"))).not.toHaveProperty("flattened_errors");
  });
});

describe("issues", () => {
  it("says where, what and what was meant", () => {
    const text = `_format_version: "3.0"
services:
- name: orders
  host: h
  raed_timeout: 5
  protocol: htpp
  routes:
  - name: r
    paths:
    - /ok
    - bad
    plugins:
    - name: key-atuh
    - name: key-auth
      config:
        key_name: [x]
consumer:
- username: bob
_info: {}
`;
    expect(refusalOf(text, { filename: "gateway.yml" }).issues).toEqual([
      {
        path: "services[0].raed_timeout",
        message: "unknown field",
        line: 5,
        column: 3,
        file: "gateway.yml",
        hint: "did you mean 'read_timeout'?",
        entityType: "services",
        entityName: "orders",
      },
      {
        path: "services[0].protocol",
        message: "expected one of: http, https",
        line: 6,
        column: 3,
        file: "gateway.yml",
        hint: "did you mean 'http'?",
        entityType: "services",
        entityName: "orders",
      },
      {
        path: "services[0].routes[0].paths[1]",
        message: "should start with: / (fixed path) or ~/ (regex path)",
        line: 11,
        column: 7,
        file: "gateway.yml",
        entityType: "routes",
        entityName: "r",
      },
      {
        path: "services[0].routes[0].plugins[0].name",
        message: "plugin 'key-atuh' not enabled; add it to the 'plugins' configuration property",
        line: 13,
        column: 7,
        file: "gateway.yml",
        hint: "did you mean 'key-auth'?",
        entityType: "plugins",
        entityName: "key-atuh",
      },
      {
        path: "services[0].routes[0].plugins[1].config.key_name",
        message: "unknown field",
        line: 16,
        column: 9,
        file: "gateway.yml",
        hint: "did you mean 'key_names'?",
        entityType: "plugins",
        entityName: "key-auth",
      },
      { path: "consumer", message: "unknown field", line: 17, column: 1, file: "gateway.yml", hint: "did you mean 'consumers'?" },
      {
        path: "_info",
        message: "unknown field",
        line: 19,
        column: 1,
        file: "gateway.yml",
        hint: "'_info' belongs to decK: leave it out, or load with the option declarative.deck",
      },
    ]);
  });

  it("points at references and duplicates where they were written", () => {
    const document = {
      services: [{ name: "a", host: "h", routes: [{ name: "r", paths: ["/"] }] }],
      routes: [{ name: "r", paths: ["/"], service: "none" }],
    };
    expect(refusalOf(document).issues.map(({ path }) => path)).toEqual(["routes[0]", "routes[0].service"]);
    expect(refusalOf(JSON.stringify({ _format_version: "3.0", ...document }, null, 2)).issues[1]).toMatchObject({ line: 23 });
  });
});

it("tells people at once what Kong would only find later", () => {
  const { fields, issues } = refusalOf({
    services: [
      { name: "a", host: "a.test", port: -1 },
      { name: "a", host: "b.test" },
    ],
    consumers: [
      { username: "b", custom_id: "x" },
      { username: "c", custom_id: "x" },
    ],
  });
  expect(fields).toEqual({ services: [{ port: "value should be between 0 and 65535" }] });
  expect(issues.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    "services[0].port: value should be between 0 and 65535",
    "services[1]: uniqueness violation: 'services' entity with name set to 'a' already declared",
    "consumers[1].custom_id: uniqueness violation: 'consumers' entity with custom_id set to 'x' already declared",
  ]);
});
