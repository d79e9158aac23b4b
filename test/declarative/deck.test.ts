import { describe, expect, it } from "vitest";
import { load, loadAll, refusalOf, rows } from "./support.js";

const deck = { deck: true } as const;

/** Code and path of each warning. */
function told(document: object): string[] {
  return load({ _format_version: "3.0", ...document }, deck).warnings.map(({ code, path }) => `${code} ${path}`);
}

describe("a state file of decK", () => {
  it("is refused without the option, with a hint", () => {
    const { issues } = refusalOf({ _info: { select_tags: ["a"] }, _plugin_configs: {}, _workspace: "default" });
    expect(issues.map(({ path, message, hint }) => `${path}: ${message} (${hint})`)).toEqual([
      "_info: unknown field ('_info' belongs to decK: leave it out, or load with the option declarative.deck)",
      "_plugin_configs: unknown field ('_plugin_configs' belongs to decK: leave it out, or load with the option declarative.deck)",
      "_workspace: unknown field ('_workspace' belongs to decK: leave it out, or load with the option declarative.deck)",
    ]);
  });

  it("is refused for references by a member, with a hint", () => {
    const { issues } = refusalOf({
      services: [{ name: "orders", host: "a.test" }],
      routes: [
        { paths: ["/a"], service: { name: "orders" } },
        { paths: ["/b"], service: {} },
      ],
    });
    expect(issues.map(({ path, message, hint }) => [path, message, hint])).toEqual([
      ["routes[0].service.id", "missing primary key", "refer by the name alone: 'service: orders'"],
      ["routes[1].service.id", "missing primary key", undefined],
    ]);
  });

  it("shares configurations of plugins, whose own members win", () => {
    const loaded = load(
      {
        _format_version: "3.0",
        _plugin_configs: { limits: { minute: 5, redis: { host: "shared.test" } } },
        services: [{ name: "a", host: "a.test", plugins: [{ name: "rate-limiting", _config: "limits" }] }],
        plugins: [{ name: "rate-limiting", _config: "limits", config: { minute: 9 } }],
      },
      deck,
    );
    const configs = rows(loaded, "plugins").map(({ config }) => config);
    expect(configs).toContainEqual({ minute: 5, redis: { host: "shared.test" } });
    expect(configs).toContainEqual({ minute: 9, redis: { host: "shared.test" } });
    expect(loaded.warnings).toEqual([]);
  });

  it("tells of a shared configuration that there is not, where it is named", () => {
    const text = [
      '_format_version: "3.0"',
      "plugins:",
      "- name: rate-limiting",
      "  _config: limit",
      "- name: key-auth",
      "  _config: {}",
    ].join("\n");
    const { issues } = refusalOf(text, deck);
    expect(issues.map(({ line, column, message }) => [line, column, message])).toEqual([
      [4, 3, "no entry 'limit' in '_plugin_configs'"],
      [6, 3, "no entry '{}' in '_plugin_configs'"],
    ]);
  });

  it("fills in defaults and tags", () => {
    const loaded = load(
      {
        _format_version: "1.1",
        _info: {
          select_tags: ["team-a", "x"],
          defaults: { service: { port: 8080, read_timeout: 5 }, route: { headers: { "x-a": ["b"] } } },
        },
        services: [
          {
            name: "a",
            host: "a.test",
            port: 81,
            tags: ["x", "own"],
            routes: [{ name: "r", paths: ["/"], headers: { "x-c": ["d"] } }],
          },
        ],
        consumers: [{ username: "c" }],
      },
      deck,
    );
    expect(rows(loaded, "services")).toMatchObject([{ port: 81, read_timeout: 5, tags: ["x", "own", "team-a"] }]);
    expect(rows(loaded, "routes")).toMatchObject([{ headers: { "x-c": ["d"], "x-a": ["b"] }, tags: ["team-a", "x"] }]);
    expect(rows(loaded, "consumers")).toMatchObject([{ tags: ["team-a", "x"] }]);
  });

  it("takes references as objects with a name or an id", () => {
    const id = "9a5c2f6e-0c3b-4d9e-8f7a-1b2c3d4e5f60";
    const loaded = load(
      {
        _format_version: "3.0",
        services: [{ name: "a", host: "a.test", id }],
        consumers: [{ username: "c" }],
        routes: [
          { name: "by-name", paths: ["/1"], service: { name: "a" } },
          { name: "by-id", paths: ["/2"], service: { id, name: "another" } },
        ],
        plugins: [{ name: "rate-limiting", service: { name: "a" }, consumer: { username: "c" }, config: { minute: 1 } }],
      },
      deck,
    );
    expect(rows(loaded, "routes").map(({ service }) => service)).toEqual([{ id }, { id }]);
    expect(rows(loaded, "plugins")).toMatchObject([{ service: { id }, consumer: { id: expect.any(String) } }]);
  });

  it("still refuses objects that name nothing", () => {
    const { fields } = refusalOf(
      {
        routes: [
          { paths: ["/"], service: { name: "nobody" } },
          { paths: ["/"], service: {} },
        ],
      },
      deck,
    );
    expect(fields).toEqual({ routes: [{ service: { id: "missing primary key" } }, { service: { id: "missing primary key" } }] });
  });

  it("leaves out what has no meaning here, and tells", () => {
    expect(
      told({
        _workspace: "team-a",
        _konnect: { control_plane_name: "x" },
        _info: { default_lookup_tags: {}, defaults: { consumer: {} } },
        consumer_groups: [{ name: "gold" }],
        rbac_roles: [],
        consumers: [{ username: "c", groups: [{ name: "gold" }] }],
        plugins: [{ name: "key-auth", ordering: {}, run_on: "first", enabled: undefined }],
      }).sort(),
    ).toEqual([
      "deck_ignored _info.default_lookup_tags",
      "deck_ignored _info.defaults.consumer",
      "deck_ignored _konnect",
      "deck_ignored _workspace",
      "deck_ignored consumer_groups",
      "deck_ignored consumers[0].groups",
      "deck_ignored plugins[0].ordering",
      "deck_ignored plugins[0].run_on",
      "deck_ignored rbac_roles",
      "no_credentials plugins[0].name",
    ]);
    expect(told({ _workspace: "default" })).toEqual([]);
  });

  it("never leaves out the scope of a plugin", () => {
    const { fields } = refusalOf({ plugins: [{ name: "rate-limiting", consumer_group: "gold", config: { minute: 1 } }] }, deck);
    expect(fields).toEqual({ plugins: [{ consumer_group: "unknown field" }] });
  });

  it("refuses other unknown keys and misplaced ones of its own", () => {
    expect(refusalOf({ servics: [], _info: 1 }, deck).fields).toEqual({ servics: "unknown field", _info: "expected a record" });
    expect(refusalOf({ _info: { select_tags: "a" } }, deck).fields).toEqual({ _info: { select_tags: "expected an array" } });
  });

  it("changes neither the input nor what has nothing of decK", () => {
    const document = { _format_version: "3.0", services: [{ name: "a", host: "a.test", routes: [{ paths: ["/"] }] }] };
    const before = structuredClone(document);
    expect(load(document, deck).state.get("services")).toEqual(loadAll(document).state.get("services"));
    expect(document).toEqual(before);
  });

  it("does not touch prototypes", () => {
    const text =
      '{"_format_version":"3.0","_plugin_configs":{"__proto__":{"minute":1}},"plugins":[{"name":"key-auth","_config":"toString"}]}';
    expect(refusalOf(text, deck).issues.map(({ message }) => message)).toEqual(["no entry 'toString' in '_plugin_configs'"]);
    expect(({} as Record<string, unknown>).minute).toBeUndefined();
  });
});
