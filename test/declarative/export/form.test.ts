import { describe, expect, it } from "vitest";
import { type ExportOptions, exportDeclarative } from "../../../src/declarative/export/export.js";
import { writeYaml } from "../../../src/declarative/export/write-yaml.js";
import { loadDeclarative } from "../../../src/declarative/load.js";
import { parseDocument } from "../../../src/declarative/parse.js";
import { loadPlugins } from "../../../src/gateway-plugins.js";
import { entityDefinitions } from "../../../src/gateway-store.js";
import { EntityState } from "../../../src/store/tables/entity-state.js";
import { now } from "../support.js";

const entities = Object.values(entityDefinitions(loadPlugins().all));

function exported(document: object, options: ExportOptions = {}): string | object {
  const { state } = loadDeclarative({ _format_version: "3.0", ...document }, { entities, now });
  const records = new EntityState(entities, state, { now });
  return exportDeclarative({ entities, rows: (name) => records.all(name) }, options);
}

describe("the form of an export", () => {
  it("is two lines when there is nothing", () => {
    expect(exported({})).toBe("_format_version: '3.0'\n_transform: false\n");
  });

  it("is Kong's by default: flat, with all fields, references as ids", () => {
    const text = exported({
      services: [{ name: "a", url: "http://a.test", routes: [{ name: "r", paths: ["/"], tags: ["x"] }] }],
    }) as string;
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        "services:",
        "routes:",
        "  path: ~",
        "  connect_timeout: 60000",
        "  service: 72734e2a-702d-5711-b9ef-697178108ad8",
        "  paths:",
        "  - /",
        "  created_at: 1700000000",
      ]),
    );
    expect(text).not.toContain("url");
    expect(text).not.toContain("workspaces");
  });

  it("without ids and defaults, nested, is what a person would write", () => {
    expect(
      exported(
        {
          services: [
            {
              name: "a",
              url: "https://a.test",
              routes: [{ name: "r", paths: ["/"], plugins: [{ name: "key-auth" }] }],
            },
          ],
          consumers: [{ username: "c", keyauth_credentials: [{ key: "k" }], acls: [{ group: "yes" }] }],
          plugins: [{ name: "rate-limiting", service: "a", consumer: "c", config: { minute: 5 } }],
          upstreams: [{ name: "u.test", targets: [{ target: "10.0.0.1:80" }] }],
        },
        { ids: false, defaults: false, nested: true },
      ),
    ).toBe(`_format_version: '3.0'
_transform: false
consumers:
- username: c
  acls:
  - group: 'yes'
  keyauth_credentials:
  - key: k
services:
- name: a
  protocol: https
  host: a.test
  port: 443
  routes:
  - name: r
    paths:
    - /
    plugins:
    - name: key-auth
plugins:
- name: rate-limiting
  service: a
  consumer: c
  config:
    minute: 5
upstreams:
- name: u.test
  targets:
  - target: '10.0.0.1:80'
`);
  });

  it("keeps ids that somebody needs", () => {
    const certificate = "3f1c1b7e-7a0b-4c55-9d52-0d6a5c0f7b11";
    const document = exported(
      {
        services: [{ id: certificate, url: "http://a.test" }],
        routes: [{ paths: ["/"], service: certificate }],
      },
      { format: "object", ids: false, defaults: false },
    );
    expect(document).toMatchObject({ services: [{ id: certificate }], routes: [{ service: certificate }] });
    expect(Object.keys((document as { routes: object[] }).routes[0] ?? {})).not.toContain("id");
  });

  it("leaves out what is not for documents: expired records, counters, sessions", () => {
    const document = exported(
      {
        consumers: [
          {
            username: "c",
            keyauth_credentials: [
              { key: "gone", ttl: 100 },
              { key: "there", ttl: 2_000_000_000 },
            ],
          },
        ],
        sessions: [{ session_id: "s", expires: 2_000_000_000, data: "x" }],
      },
      { format: "object" },
    );
    expect(document).toMatchObject({ keyauth_credentials: [{ key: "there", ttl: 2_000_000_000 }] });
    expect(Object.keys(document)).not.toContain("sessions");
  });

  it("keeps hashes as hashes", () => {
    const hash = "89fb8fd44d69054c87b8e0fd2b1274b922e5834d";
    const document = { consumers: [{ username: "c", basicauth_credentials: [{ username: "u", password: hash }] }] };
    const once = exported({ ...document, _transform: false }, { format: "object" });
    expect(once).toMatchObject({ _transform: false, basicauth_credentials: [{ password: hash }] });
    expect(exported(once as object, { format: "object" })).toEqual(once);
  });

  it("keeps workspaces that loading does not make", () => {
    expect(exported({ workspaces: [{ name: "team1" }] }, { format: "object" })).toMatchObject({
      workspaces: [{ name: "team1" }],
    });
  });

  it("is one object as JSON", () => {
    expect(JSON.parse(exported({ consumers: [{ username: "c" }] }, { format: "json" }) as string)).toMatchObject({
      _format_version: "3.0",
      consumers: [{ username: "c", custom_id: null }],
    });
  });
});

describe("YAML", () => {
  it.each([
    [{ a: "x", b: ["y", "z"], c: {}, d: [], e: null }, "a: x\nb:\n- 'y'\n- z\nc: {}\nd: []\ne: ~\n"],
    [{ a: [{ b: 1, c: [2, [3, 4]] }, "d"] }, "a:\n- b: 1\n  c:\n  - 2\n  - - 3\n    - 4\n- d\n"],
    [{ a: "one\ntwo\n", b: ["one\n\ntwo"] }, "a: |\n  one\n  two\nb:\n- |-\n  one\n\n  two\n"],
    [{ a: "it's", b: "\t", "c d": "\u2028" }, "a: 'it''s'\nb: \"\\t\"\n'c d': \"\\u2028\"\n"],
    [{ a: "3.0", b: "~", c: "no", d: "", e: "a: b" }, "a: '3.0'\nb: '~'\nc: 'no'\nd: ''\ne: 'a: b'\n"],
  ])("%j", (value, text) => {
    expect(writeYaml(value)).toBe(text);
    expect(parseDocument(text, { filename: "a.yml" }).document).toEqual(value);
  });
});
