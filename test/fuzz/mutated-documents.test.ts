// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders look like that
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadDeclarative } from "../../src/declarative/load.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { createGateway } from "../../src/index.js";
import { expectPlain, withoutPollution } from "./hostile.js";

const entities = Object.values(entityDefinitions(loadPlugins().all));
const folder = new URL("../declarative/fixtures/", import.meta.url);
const yaml = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
const json = [
  JSON.stringify({
    _format_version: "3.0",
    services: [{ name: "a", url: "http://a.test", routes: [{ paths: ["/a", "~/b$"], headers: { "x-a": ["b"] } }], tags: ["x"] }],
    consumers: [{ username: "c", keyauth_credentials: [{ key: "k", ttl: 1e10 }] }],
    plugins: [{ name: "rate-limiting", service: "a", consumer: "c", config: { minute: 5 } }],
  }),
];

/** Pieces that change the meaning of what is around them. */
const pieces = fc.constantFrom(
  ...'&a |*a|<<: *a|[*a, *a]|{|}|[|]|: |- |\n|\n  |\r|\t|"|\'|# |!!str |!!int |? ||\n|>-\n|%YAML 1.1\n---\n|...\n|\u0000|\ufeff|$X|${X:-}|${{ env "X" }}|__proto__: {a: 1}\n|"__proto__":{"a":1},|null|~|1e999|0x|-0|.inf|9007199254740993'.split(
    /(?<!\|)\|/,
  ),
  "|",
);

/** A change of a text: a part removed, doubled, moved or replaced. */
const edit = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 40 }),
  kind: fc.constantFrom("cut", "double", "insert", "swap"),
  piece: pieces,
});

function mutated(text: string, edits: readonly { at: number; length: number; kind: string; piece: string }[]): string {
  let result = text;
  for (const { at, length, kind, piece } of edits) {
    const start = at % (result.length + 1);
    const part = result.slice(start, start + length);
    const rest = result.slice(start + length);
    if (kind === "cut") result = result.slice(0, start) + rest;
    else if (kind === "double") result = result.slice(0, start) + part + part + rest;
    else if (kind === "insert") result = result.slice(0, start) + piece + part + rest;
    else result = rest + result.slice(0, start) + part;
  }
  return result;
}

const documents = fc
  .tuple(fc.constantFrom(...yaml, ...json), fc.array(edit, { minLength: 1, maxLength: 6 }))
  .map(([text, edits]) => mutated(text, edits));

const dialects = fc.record({
  deck: fc.boolean(),
  strict: fc.boolean(),
  environment: fc.constantFrom(undefined, { X: "1", DECK_ORDERS_HOST: "a.test" }),
});

/** Loads, or refuses with faults. */
function load(text: string, dialect: object): void {
  try {
    for (const rows of loadDeclarative(text, { entities, ...dialect }).state.values())
      for (const row of rows.values()) expectPlain(row);
  } catch (error) {
    if (!(error instanceof DeclarativeConfigError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    JSON.stringify(error.toJSON());
  }
}

it(
  "loads or refuses documents that somebody has spoilt",
  () =>
    withoutPollution(() =>
      fc.assert(
        fc.property(documents, dialects, (text, { environment, ...dialect }) =>
          load(text, environment ? { ...dialect, environment } : dialect),
        ),
        { numRuns: 400 },
      ),
    ),
  60_000,
);

it("never half-loads one", async () => {
  const gateway = createGateway({ declarativeConfigString: json[0] as string });
  const before = await gateway.exportConfig({ ids: false });
  const spoilt = fc.sample(documents, { numRuns: 40, seed: 42 });
  for (const text of spoilt) {
    const loaded = await gateway.loadConfig(text).catch((error: unknown) => {
      expect(error).toBeInstanceOf(DeclarativeConfigError);
      return undefined;
    });
    if (loaded) await gateway.loadConfig(json[0] as string);
    expect(await gateway.exportConfig({ ids: false })).toBe(before);
  }
  await gateway.close();
}, 60_000);

describe("texts that cost more than they look", () => {
  const deep = 50_000;
  it.each([
    [
      "aliases of aliases",
      `a0: &a0 [x]\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n},*a${n},*a${n}]`).join("\n")}`,
    ],
    [
      "merges of merges",
      `a0: &a0 {x: 1}\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} {<<: [*a${n},*a${n}], k${n}: 1}`).join("\n")}`,
    ],
    [
      "many merges of one large map",
      `a: &a {${Array.from({ length: 5000 }, (_, n) => `k${n}: 1`).join(", ")}}\nb: {<<: [${Array.from({ length: 5000 }, () => "*a").join(", ")}]}`,
    ],
    ["lists in lists", `a: ${"[".repeat(deep)}`],
    ["maps in maps", '{"a":'.repeat(deep)],
    ["many documents", "---\na: 1\n".repeat(20_000)],
    ["one long text", `a: ${"x ".repeat(2_000_000)}`],
    ["placeholders", `_format_version: "3.0"\nservices: [{name: "${"${X".repeat(100_000)}"}]`],
    ["dollars", `_format_version: "3.0"\nservices: [{name: "${"$".repeat(200_001)}"}]`],
    ["defaults", `_format_version: "3.0"\nservices: [{name: "${"${X:-".repeat(100_000)}"}]`],
    ["spaces in calls", `_format_version: "3.0"\nservices: [{name: "\${{${" ".repeat(100_000)}"}]`],
    ["open calls", `_format_version: "3.0"\nservices: [{name: "${"${{".repeat(100_000)}"}]`],
    ["paths", `_format_version: "3.0"\nroutes: [{paths: ["/${"(".repeat(50_000)}"]}]`],
  ])(
    "%s",
    (_what, text) => {
      load(text, {});
      load(text, { deck: true, strict: true, environment: { X: "1" } });
    },
    20_000,
  );
});
