// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders look like that
import { describe, expect, it } from "vitest";
import { type DeclarativeContext, loadDeclarative } from "../../src/declarative/load.js";
import { coreEntities } from "../../src/entities/core.js";
import { pluginsWith } from "../../src/entities/plugins.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import { pluginSubschema } from "../../src/plugin-runner/registry.js";
import { bundledPlugins } from "../../src/plugins/index.js";
import { arrayOf, bool, record, str } from "../../src/schema/field.js";
import { bundledEntities } from "./bundled.js";

const pairs = record({ headers: arrayOf(str(), { default: [] }), querystring: arrayOf(str(), { default: [] }) });
const transformer = { fields: { config: record({ add: pairs, rename: pairs, remove: pairs }) } };
const authentication = { fields: { config: record({ anonymous: str(), hide_credentials: bool({ default: false }) }) } };

const entities = [
  ...bundledEntities.filter(({ name }) => name !== "plugins"),
  pluginsWith({
    ...Object.fromEntries(bundledPlugins.map((plugin) => [plugin.name, pluginSubschema(plugin)])),
    "request-transformer": transformer,
    "response-transformer": transformer,
    "hmac-auth": authentication,
    jwt: authentication,
  }),
];

type Document = Readonly<Record<string, unknown>>;

function load(input: string | Document, context: Partial<DeclarativeContext> = {}): readonly string[] {
  const whole = typeof input === "string" ? input : { _format_version: "3.0", ...input };
  return loadDeclarative(whole, { entities, ...context }).warnings.map(({ code, path }) => `${code} ${path}`);
}

const service = { name: "a", url: "http://a.test" };
const route = (...paths: string[]): Document => ({ routes: [{ paths }] });
const plugin = (name: string, config: object = {}): Document => ({ plugins: [{ name, config }] });

it("has nothing to say about what is in order", () => {
  expect(
    load({
      _comment: "costs $FIVE",
      services: [
        {
          ...service,
          _comment: "$NAME",
          routes: [
            { paths: ["/", "/a.b", "/v1/orders/", "/a:b", "/~user", "/a-b_c", "~/orders/(?<id>[^/]+)$"], methods: ["GET"] },
            { paths: ["/"], methods: ["POST"] },
            { paths: ["/"], hosts: ["*.a.test"] },
          ],
        },
      ],
      plugins: [
        { name: "cors", config: { origins: ["*"] } },
        {
          name: "cors",
          route: null,
          service: "a",
          config: { origins: ["https://a.test", "^https://.*\\.b\\.test$"], credentials: true },
        },
        {
          name: "request-transformer",
          config: { add: { headers: ["X-A:b", "X-Url:http://a.test: x"] }, remove: { headers: ["x y"] } },
        },
        { name: "key-auth" },
      ],
      consumers: [{ username: "c", keyauth_credentials: [{ key: "100$" }] }],
      upstreams: [{ name: "u.test", healthchecks: { active: { type: "http" } } }],
    }),
  ).toEqual([]);
});

describe("paths", () => {
  it.each([
    ["/orders/\\d+", "regex_without_tilde"],
    ["/orders/.*", "regex_without_tilde"],
    ["/orders/.+/items", "regex_without_tilde"],
    ["/(a|b)", "regex_without_tilde"],
    ["/(?<id>x)", "regex_without_tilde"],
    ["/orders/[0-9]", "regex_without_tilde"],
    ["/orders$", "regex_without_tilde"],
    ["/orders/*", "glob"],
    ["/*/items", "glob"],
    ["/**", "glob"],
    ["/orders/{id}", "path_template"],
    ["/orders/:id/items", "path_template"],
  ])("%s: %s", (path, code) => {
    expect(load(route("/fine", path))).toEqual([`${code} routes[0].paths[1]`]);
  });

  it("of old formats are rewritten, so that they mean what they look like", () => {
    expect(load({ ...route("/orders/\\d+"), _format_version: "2.1" })).toEqual([]);
  });
});

describe("routes with the same rules", () => {
  const twins = (one: object, other: object): readonly string[] =>
    load({
      routes: [
        { name: "one", ...one },
        { name: "two", ...other },
      ],
    });

  it("are told, in whatever order the rules stand", () => {
    const rules = { paths: ["/a", "/b"], methods: ["GET", "PUT"], hosts: ["x.test"], headers: { "X-A": ["1", "2"], b: ["c"] } };
    const same = { hosts: ["x.test"], paths: ["/b", "/a"], methods: ["PUT", "GET"], headers: { b: ["c"], "x-a": ["2", "1"] } };
    expect(twins(rules, same)).toEqual(["unreachable_route routes[1]"]);
    const { warnings } = loadDeclarative({ _format_version: "3.0", routes: [{ name: "one", ...rules }, same] }, { entities });
    expect(warnings.map(({ message }) => message)).toEqual([
      "route 'one' has the same rules: one of the two never gets a request",
    ]);
  });

  it("are others when anything differs", () => {
    const rules = { paths: ["/a"], methods: ["GET"], protocols: ["http"] };
    expect(twins(rules, { ...rules, paths: ["/a", "/b"] })).toEqual([]);
    expect(twins(rules, { ...rules, methods: ["PUT"] })).toEqual([]);
    expect(twins(rules, { ...rules, hosts: ["x.test"] })).toEqual([]);
    expect(twins(rules, { ...rules, headers: { a: ["b"] } })).toEqual([]);
    expect(twins(rules, { ...rules, protocols: ["https"] })).toEqual([]);
  });
});

describe("plugins", () => {
  it("cors for any origin with credentials", () => {
    expect(load(plugin("cors", { credentials: true }))).toEqual(["cors_credentials plugins[0].config.credentials"]);
    expect(load(plugin("cors", { credentials: true, origins: ["https://a.test", "*"] }))).toEqual([
      "cors_credentials plugins[0].config.credentials",
    ]);
  });

  it("cors with globs for origins", () => {
    expect(load(plugin("cors", { origins: ["https://a.test", "https://*.b.test"] }))).toEqual([
      "glob plugins[0].config.origins[1]",
    ]);
  });

  it("spaces around the colon of a pair", () => {
    const config = {
      add: { headers: ["X-A:b", "X-A: b", "X-A :b"] },
      rename: { querystring: ["a: b"] },
      remove: { headers: ["a: b"] },
    };
    expect(load(plugin("request-transformer", config))).toEqual([
      "space_in_pair plugins[0].config.add.headers[1]",
      "space_in_pair plugins[0].config.add.headers[2]",
      "space_in_pair plugins[0].config.rename.querystring[0]",
    ]);
    expect(load(plugin("response-transformer", config))).toHaveLength(3);
  });

  it.each([
    ["key-auth", "keyauth_credentials"],
    ["basic-auth", "basicauth_credentials"],
    ["hmac-auth", "hmacauth_credentials"],
    ["jwt", "jwt_secrets"],
  ])("%s that nobody can pass", (name, list) => {
    const known = entities.some((entity) => entity.name === list);
    expect(load(plugin(name))).toEqual(["no_credentials plugins[0].name"]);
    expect(load(plugin(name, { anonymous: "guest" }))).toEqual([]);
    expect(load({ plugins: [{ name, enabled: false }] })).toEqual([]);
    expect(load(plugin(name), { writable: true })).toEqual([]);
    expect(known).toBe(true);
  });

  it("old names in a configuration", () => {
    const limits = plugin("rate-limiting", { minute: 1, policy: "redis", redis_host: "a.test" });
    expect(load(limits)).toEqual(["deprecated plugins[0].config.redis_host"]);
  });
});

describe("settings that have no effect", () => {
  it.each([
    [{ upstreams: [{ name: "u.test", algorithm: "least-connections" }] }, "upstreams[0].algorithm"],
    [
      { upstreams: [{ name: "u.test", healthchecks: { active: { unhealthy: { interval: 5 } } } }] },
      "upstreams[0].healthchecks.active",
    ],
    [
      { upstreams: [{ name: "u.test", healthchecks: { passive: { unhealthy: { timeouts: 1 } } } }] },
      "upstreams[0].healthchecks.passive",
    ],
    [{ upstreams: [{ name: "u.test", use_srv_name: true }] }, "upstreams[0].use_srv_name"],
    [{ services: [{ ...service, url: "https://a.test", tls_verify_depth: 2 }] }, "services[0].tls_verify_depth"],
    [
      { services: [{ ...service, url: "https://a.test", ca_certificates: ["9a5c2f6e-0c3b-4d9e-8f7a-1b2c3d4e5f60"] }] },
      "services[0].ca_certificates",
    ],
    [{ services: [{ name: "s", host: "a.test", protocol: "tcp" }] }, "services[0].protocol"],
    [{ routes: [{ protocols: ["tcp"], sources: [{ ip: "10.0.0.1" }] }] }, "routes[0].protocols"],
    [{ routes: [{ paths: ["/"], path_handling: "v1" }] }, "routes[0].path_handling"],
    [{ routes: [{ paths: ["/"], regex_priority: 3 }] }, "routes[0].regex_priority"],
  ])("%j", (document, path) => {
    expect(load(document)).toEqual([`no_effect ${path}`]);
  });

  it("are in order where they have one", () => {
    expect(load({ routes: [{ paths: ["~/a"], regex_priority: 3 }] })).toEqual([]);
  });
});

describe("texts", () => {
  it("placeholders that nothing replaces, wherever they stand", () => {
    const names = ["$NAME", "a-${name}-b", "${NAME:-x}", '${{ env "DECK_X" }}'];
    const document = { services: [{ ...service, tags: names }], ...plugin("cors", { origins: ["$ORIGIN"] }) };
    const expected = [
      "placeholder services[0].tags[0]",
      "placeholder services[0].tags[1]",
      "placeholder services[0].tags[2]",
      "placeholder services[0].tags[3]",
      "placeholder plugins[0].config.origins[0]",
    ];
    expect(load(document)).toEqual(expected);
    expect(load(JSON.stringify({ _format_version: "3.0", ...document }))).toEqual(expected);
  });

  it("are not searched for once placeholders are replaced", () => {
    expect(load({ services: [{ ...service, tags: ["$$NAME", "$A"] }] }, { environment: { A: "$B" } })).toEqual([]);
  });

  it("references to vaults that there are not", () => {
    const config = { origins: ["{vault://env/a}", "{vault://mine/a}", "{vault://other/a/b?c=d}"] };
    const document = { ...plugin("cors", config), vaults: [{ name: "env", prefix: "mine" }] };
    expect(load(document)).toEqual(["unknown_vault plugins[0].config.origins[2]"]);
  });
});

describe("duplicate keys", () => {
  it("in YAML and JSON, with the place of the one that counts", () => {
    const yaml = ['_format_version: "3.0"', "services:", "- name: a", "  host: b.test", "  tags: [a]", "  host: c.test"].join(
      "\n",
    );
    const json =
      '{"_format_version":"3.0",\n"services":[{"name":"a","host":"b.test","tags":["{\\"host\\":1"],\n "host" : "c.test"}]}';
    for (const [text, line, column] of [[yaml, 6, 3] as const, [json, 3, 2] as const]) {
      const { warnings, state } = loadDeclarative(text, { entities, filename: text === yaml ? "a.yml" : "a.json" });
      expect(warnings).toMatchObject([{ code: "duplicate_key", path: "services[0].host", line, column }]);
      expect([...(state.get("services")?.values() ?? [])]).toMatchObject([{ host: "c.test" }]);
    }
  });

  it("are not those that a merge brings", () => {
    const text = [
      '_format_version: "3.0"',
      "_ignore: [&base { host: a.test, name: x }]",
      "services:",
      "- name: a",
      "  <<: *base",
      "- <<: *base",
      "  name: b",
    ].join("\n");
    expect(load(text)).toEqual([]);
  });
});

describe("strict", () => {
  it("makes faults of warnings, with their places, beside all others", () => {
    const text = ['_format_version: "3.0"', "routes:", "- paths: [/a/*]", "  nme: x", "plugins:", "- name: key-auth"].join("\n");
    try {
      loadDeclarative(text, { entities, strict: true, filename: "gateway.yml" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(DeclarativeConfigError);
      expect((error as DeclarativeConfigError).issues.map(({ line, path, entityType }) => [line, path, entityType])).toEqual([
        [3, "routes[0].paths[0]", "routes"],
        [4, "routes[0].nme", "routes"],
        [6, "plugins[0].name", "plugins"],
      ]);
    }
  });

  it("accepts what has none", () => {
    expect(loadDeclarative({ _format_version: "3.0", services: [service] }, { entities, strict: true }).warnings).toEqual([]);
  });
});

it("names the record and the file", () => {
  const { warnings } = loadDeclarative('{"_format_version":"3.0","routes":[{"name":"r","paths":["/a/*"]}]}', {
    entities: Object.values(coreEntities),
    filename: "gateway.json",
  });
  expect(warnings).toEqual([
    {
      code: "glob",
      path: "routes[0].paths[0]",
      message: "'*' stands for itself in a path: a prefix needs none, and a regular expression begins with '~'",
      line: 1,
      column: 57,
      file: "gateway.json",
      entityType: "routes",
      entityName: "r",
    },
  ]);
});
