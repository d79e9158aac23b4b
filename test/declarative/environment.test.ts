// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders look like that
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { load, refusalOf, rows } from "./support.js";

const environment = { HOST: "orders.test", PORT: "8080", EMPTY: "", KEY: "k$HOST: {a}\n- b", NAME: "key-auth", PATH_1: "/x" };

function services(service: object): readonly Record<string, unknown>[] {
  return rows(load({ _format_version: "3.0", services: [service] }, { environment }), "services");
}

/** The name of a service that is written like that. */
function filled(text: string): unknown {
  return services({ name: text, host: "a.test" })[0]?.name;
}

describe("placeholders that nothing is to replace", () => {
  const hints = (service: object, context = {}): unknown[] =>
    refusalOf({ services: [{ name: "a", host: "h", ...service }] }, context).issues.map(({ path, hint }) => [path, hint]);

  it.each([
    ["$PORT", "$PORT"],
    ["${PORT}", "${PORT}"],
    ["${port:-80}", "${port:-80}"],
    ["80$PORT", "$PORT"],
  ])("%s in a field for a number gets a hint", (written, shown) => {
    const hint = `'${shown}' is replaced by a variable of the environment when that is asked for: --env on the command line, or the option declarative.environment`;
    expect(hints({ port: written })).toEqual([["services[0].port", hint]]);
  });

  it("get one in lists and nested records, and in decK's form", () => {
    const found = hints({ tags: [5], routes: [{ paths: ["$PATH_1"] }], port: '${{ env "N" }}' }) as [
      string,
      string | undefined,
    ][];
    expect(Object.fromEntries(found)).toEqual({
      "services[0].tags[0]": undefined,
      "services[0].routes[0].paths[0]": expect.stringContaining("'$PATH_1' is replaced by a variable"),
      "services[0].port": expect.stringMatching(/'\$\{\{ env "N" \}\}' .*: --env and --deck on the command line/),
    });
  });

  it("get none where they have been replaced, by something else or by nothing", () => {
    expect(hints({ port: "$HOST" }, { environment })).toEqual([["services[0].port", undefined]]);
    expect(hints({ port: "$$PORT" }, { environment })).toEqual([["services[0].port", undefined]]);
    expect(hints({ port: "$NOWHERE" }, { environment })).toEqual([["services[0].port", undefined]]);
    expect(hints({ port: "high$" })).toEqual([["services[0].port", undefined]]);
  });
});

describe("placeholders", () => {
  it.each([
    ["$HOST", "orders.test"],
    ["${HOST}", "orders.test"],
    ["a-$HOST-b", "a-orders.test-b"],
    ["${HOST}_b", "orders.test_b"],
    ["$HOST$PORT", "orders.test8080"],
    ["${HOST:-other}", "orders.test"],
    ["${MISSING:-other}", "other"],
    ["${EMPTY:-other}", "other"],
    ["a${MISSING:-}b", "ab"],
    ["a${EMPTY}b", "ab"],
    ["${MISSING:-http://a.test:80/x?y=1}", "http://a.test:80/x?y=1"],
    ["$$HOST", "$HOST"],
    ["$$$HOST", "$orders.test"],
    ["$${HOST}", "${HOST}"],
    ["100$", "100$"],
    ["$(headers.x)", "$(headers.x)"],
    ["$1", "$1"],
    ["${a b}", "${a b}"],
    ['${{ env "HOST" }}', '${{ env "HOST" }}'],
  ])("%s becomes %s", (text, expected) => {
    expect(filled(text)).toBe(expected);
  });

  it("are left alone without the option", () => {
    const loaded = load({ _format_version: "3.0", services: [{ name: "$HOST", host: "a.test" }] });
    expect(rows(loaded, "services")[0]?.name).toBe("$HOST");
    expect(loaded.warnings).toMatchObject([{ code: "placeholder", path: "services[0].name" }]);
  });

  it("bring nothing but text, once", () => {
    expect(filled("$KEY")).toBe(environment.KEY);
    expect(load({ _format_version: "3.0" }).counts.services).toBeUndefined();
  });

  it("become numbers and booleans where the field is one and nothing else stands there", () => {
    expect(services({ name: "a", host: "$HOST", port: "${PORT}", read_timeout: "${TIMEOUT:- 1e3 }" })).toMatchObject([
      { host: "orders.test", port: 8080, read_timeout: 1000 },
    ]);
    expect(filled("$PORT")).toBe("8080");
    const { fields } = refusalOf({ services: [{ host: "a.test", port: "$HOST", read_timeout: "1$PORT" }] }, { environment });
    expect(fields).toEqual({ services: [{ port: "expected an integer", read_timeout: "expected an integer" }] });
  });

  it("are filled in wherever scalars stand: in lists, maps, nested records and names of plugins", () => {
    const loaded = load(
      {
        _format_version: "3.0",
        services: [
          {
            name: "a",
            host: "a.test",
            routes: [{ paths: ["$PATH_1"], headers: { "x-a": ["$HOST"] }, plugins: [{ name: "$NAME" }] }],
          },
        ],
        plugins: [{ name: "rate-limiting", config: { minute: "${MINUTE:-7}", redis_host: "$HOST" } }],
        consumers: [{ username: "c", keyauth_credentials: [{ key: "$KEY" }] }],
      },
      { environment },
    );
    expect(rows(loaded, "routes")).toMatchObject([{ paths: ["/x"], headers: { "x-a": ["orders.test"] } }]);
    expect(rows(loaded, "plugins")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "key-auth", config: { key_names: ["apikey"] } }),
        expect.objectContaining({ config: { minute: 7, redis: { host: "orders.test" } } }),
      ]),
    );
    expect(rows(loaded, "keyauth_credentials")).toMatchObject([{ key: environment.KEY }]);
  });

  it("stay in notes and keys", () => {
    const loaded = load(
      {
        _format_version: "3.0",
        _comment: "costs $5 or $MISSING",
        services: [{ name: "a", host: "a.test", _comment: "$MISSING" }],
      },
      { environment },
    );
    expect(loaded.meta._comment).toBe("costs $5 or $MISSING");
    expect(loaded.warnings).toEqual([]);
  });

  it("never see what an object inherits", () => {
    expect(
      refusalOf({ services: [{ name: "$toString", host: "$__proto__" }] }, { environment }).issues.map(({ message }) => message),
    ).toEqual(["environment variable 'toString' is not set", "environment variable '__proto__' is not set"]);
  });
});

it("tells all names without a value, each at its line, beside all other faults", () => {
  const text = [
    '_format_version: "3.0"',
    "services:",
    "- name: a",
    "  host: $A",
    "  port: ${B}",
    "  routes:",
    "  - paths: [/ok, '$C$D$C', 'x']",
    "  nme: b",
  ].join("\r\n");
  const { issues, fields } = refusalOf(text, { environment, filename: "gateway.yml" });
  expect(issues.map(({ file, line, column, path, message }) => `${file}:${line}:${column} ${path}: ${message}`)).toEqual([
    "gateway.yml:4:3 services[0].host: environment variable 'A' is not set",
    "gateway.yml:5:3 services[0].port: environment variable 'B' is not set",
    "gateway.yml:7:18 services[0].routes[0].paths[1]: environment variables 'C', 'D' are not set",
    "gateway.yml:7:28 services[0].routes[0].paths[2]: should start with: / (fixed path) or ~/ (regex path)",
    "gateway.yml:8:3 services[0].nme: unknown field",
  ]);
  expect(fields).toMatchObject({ services: [{ host: "environment variable 'A' is not set", nme: "unknown field" }] });
});

describe("with decK's files", () => {
  const deck = { deck: true, environment: { DECK_HOST: "deck.test", DECK_PORT: "81", DECK_ON: "t" } } as const;

  it("calls of env are filled in, in any quotes that decK's users write", () => {
    const text = [
      '_format_version: "3.0"',
      "services:",
      '- name: ${{ env "DECK_HOST" }}',
      '  host: "${{ env "DECK_HOST" }}"',
      '  port: ${{ env "DECK_PORT" | toInt }}',
      "- name: 'x-${{ env \"DECK_HOST\" }}'",
      '  host: "${{ env \\"DECK_HOST\\" }}"',
    ].join("\n");
    expect(rows(load(text, deck), "services")).toMatchObject([
      { name: "deck.test", host: "deck.test", port: 81 },
      { name: "x-deck.test", host: "deck.test" },
    ]);
    const json = JSON.stringify({ _format_version: "3.0", services: [{ name: '${{ env "DECK_HOST" }}', host: "a.test" }] });
    expect(rows(load(json, deck), "services")).toMatchObject([{ name: "deck.test" }]);
  });

  it("shared configurations and defaults are filled in by the type of the fields that they end in", () => {
    const loaded = load(
      {
        _format_version: "3.0",
        _plugin_configs: { shared: { minute: "$DECK_PORT" } },
        _info: { defaults: { service: { port: "$DECK_PORT" } } },
        services: [{ name: "a", host: "a.test" }],
        plugins: [{ name: "rate-limiting", _config: "shared" }],
      },
      deck,
    );
    expect(rows(loaded, "services")).toMatchObject([{ port: 81 }]);
    expect(rows(loaded, "plugins")).toMatchObject([{ config: { minute: 81 } }]);
  });

  it("faults are told where the placeholder was written", () => {
    const text = [
      '_format_version: "3.0"',
      "_info:",
      "  select_tags: [a]",
      "  defaults:",
      "    service: { port: $NO_PORT }",
      "_plugin_configs:",
      "  shared:",
      '    minute: ${{ env "DECK_HOST" | toInt }}',
      "services:",
      "- name: ${{ lookup x }}",
      "  host: a.test",
    ].join("\n");
    expect(refusalOf(text, deck).issues.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      "5: environment variable 'NO_PORT' is not set",
      "8: the value of environment variable 'DECK_HOST' is nothing for toInt",
      "10: '${{ lookup x }}' is not understood: ${{ env \"NAME\" }} is, with toBool, toInt or toFloat behind a '|'",
    ]);
  });
});

it("fills in any value as it is, whatever it holds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), (VALUE) => {
      const loaded = load(
        { _format_version: "3.0", consumers: [{ username: "c", custom_id: "${VALUE}" }] },
        { environment: { VALUE } },
      );
      return rows(loaded, "consumers")[0]?.custom_id === VALUE;
    }),
  );
});
