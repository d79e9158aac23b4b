import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { exportDeclarative } from "../../src/declarative/export/export.js";
import { type LoadedDocument, loadDeclarative } from "../../src/declarative/load.js";
import { parseDocument } from "../../src/declarative/parse.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { EntityState } from "../../src/store/tables/entity-state.js";

/**
 * Every example document parses, loads, exports, and loads again to the same state and, from then on, the same hash: those of this
 * repository's documentation and, where `POSTERN_CORPUS` names a folder of recordings, those of the recordings and of the reference texts
 * beside them.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const corpus = process.env.POSTERN_CORPUS;

const plugins = loadPlugins().all;
const entities = Object.values(entityDefinitions(plugins));
const now = (): number => 1_700_000_000_000;

interface Example {
  readonly name: string;
  readonly text: string;
}

function recordedIn(folder: string): Example[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".yml"));
  return names.map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
}

function examplesIn(folder: string): Example[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .sort()
    .flatMap((path) =>
      [...readFileSync(join(folder, path), "utf8").matchAll(/^```(?:ya?ml|json)?\n([\s\S]*?)^```/gm)].map(
        ([, text = ""], index) => ({
          name: `${path.replaceAll("\\", "/")}, block ${index + 1}`,
          text,
        }),
      ),
    )
    .filter(({ text }) => /^\s*\{?\s*"?_format_version"?:/m.test(text) && isWhole(text));
}

/** Not a piece with dots in it, and no answer that quotes a document. */
function isWhole(text: string): boolean {
  try {
    return "_format_version" in parseDocument(text).document;
  } catch {
    return false;
  }
}

function load(input: string | object): LoadedDocument {
  return loadDeclarative(input, { entities, now, deck: true });
}

function exported({ state }: LoadedDocument): string {
  const records = new EntityState(entities, state, { now });
  return exportDeclarative({ entities, rows: (name) => records.all(name) });
}

function recordsOf({ state }: LoadedDocument): unknown {
  return [...state].map(([name, rows]) => [name, Object.fromEntries([...rows].sort(([a], [b]) => (a < b ? -1 : 1)))]).sort();
}

/** Plugins that a document names and this build does not have. */
function missingPlugins(value: unknown, list = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => missingPlugins(item, list));
  if (typeof value !== "object" || value === null) return [];
  const { name } = value as { readonly name?: unknown };
  const own = list === "plugins" && typeof name === "string" && !plugins.has(name) ? [name] : [];
  return [...own, ...Object.entries(value).flatMap(([key, member]) => (key === "config" ? [] : missingPlugins(member, key)))];
}

function checkRoundTrip(text: string): void {
  const loaded = load(text);
  const again = load(exported(loaded));
  expect(recordsOf(again)).toEqual(recordsOf(loaded));
  expect(load(exported(again)).hash).toBe(again.hash);
}

describe("documents of the documentation", () => {
  const examples = [...examplesIn(join(root, "docs")), ...examplesIn(join(root, "examples"))];

  it("are found", () => expect(examples.length).toBeGreaterThan(5));

  it.for(examples)("$name", ({ text }, { skip }) => {
    const missing = missingPlugins(parseDocument(text).document);
    if (missing.length > 0) skip(`names plugins that are not there yet: ${missing.join(", ")}`);
    checkRoundTrip(text);
  });
});

describe.runIf(corpus !== undefined)("recorded documents, and those of the reference beside them", () => {
  const examples = corpus === undefined ? [] : [...recordedIn(corpus), ...examplesIn(join(corpus, "../reference"))];

  it.for(examples)("$name", ({ text }, { skip }) => {
    const missing = missingPlugins(parseDocument(text).document);
    if (missing.length > 0) skip(`names plugins that are not there yet: ${missing.join(", ")}`);
    checkRoundTrip(text);
  });
});
