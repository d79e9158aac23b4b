import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Field, Fields, Shorthands } from "../../src/schema/field.js";
import { catalogueFile, documentedPlugins, pageOf, pluginCatalogue } from "./plugin-catalogue.js";

describe("the catalogue of plugins", () => {
  it("says what the definitions say (else: npm run docs:plugins)", () => {
    expect(readFileSync(catalogueFile, "utf8")).toBe(pluginCatalogue());
  });
});

/** A row of a table about a configuration: the names in its first cell, and the other cells. */
interface Row {
  readonly names: readonly string[];
  readonly type: string;
  readonly preset: string;
}

/** The tables of a page's section about the configuration: those that tell of defaults. Others are about entities. */
function configRows(page: string): Row[] {
  const section = /\n## Config\n([\s\S]*?)(?=\n## |$)/.exec(page)?.[1] ?? "";
  const rows: Row[] = [];
  let isConfig = false;
  for (const line of section.split("\n")) {
    if (!line.startsWith("|")) {
      isConfig = false;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    const [first = "", type = "", preset = ""] = cells;
    if (first === "field") isConfig = preset === "default";
    else if (isConfig && !/^-+$/.test(first)) rows.push({ names: namesIn(first), type, preset });
  }
  return rows;
}

/** The names in a cell; after `add.headers`, `.body` stands for `add.body`. */
function namesIn(cell: string): string[] {
  let record = "";
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => {
    if (name.startsWith(".")) return record + name;
    record = name.split(".").slice(0, -1).join(".");
    return name;
  });
}

/** Every field by its dotted path, members of records in lists without brackets. */
function fieldsByPath(fields: Fields, prefix = ""): Map<string, Field> {
  const found = new Map<string, Field>();
  for (const [name, field] of Object.entries(fields)) {
    found.set(`${prefix}${name}`, field);
    for (const [path, inner] of fieldsByPath(field.fields ?? field.elements?.fields ?? {}, `${prefix}${name}.`))
      found.set(path, inner);
  }
  return found;
}

/** What a cell may say of a default, as a value; `undefined`: it is in words. */
function valueIn(cell: string): unknown {
  const text = /^`([^`]*)`$/.exec(cell)?.[1];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const wordsFor: Readonly<Record<string, RegExp>> = {
  boolean: /boolean/,
  array: /list|array|set|of /,
  set: /list|array|set|of /,
  map: /map|object|record/,
  record: /record|object/,
};

/** The kind of field that a type is surely about. */
function contradicts({ kind }: Field, type: string): boolean {
  if (type === "" || /see|`/.test(type)) return false;
  const expected = wordsFor[kind];
  if (expected) return !expected.test(type);
  return /^(boolean|list|map|record|object|set)\b/.test(type);
}

describe.each(documentedPlugins.map((plugin) => [plugin.name, plugin] as const))("docs/plugins/%s.md", (_name, plugin) => {
  const fields = fieldsByPath(plugin.config as Fields);
  const rows = (): Row[] => configRows(pageOf(plugin));
  const named = (): string[] => rows().flatMap(({ names }) => [...names]);
  const shorthands = Object.keys((plugin.shorthands ?? {}) as Shorthands);

  it("names every field of the configuration", () => {
    const top = Object.keys(plugin.config);
    const all = named();
    expect(top.filter((name) => !all.some((path) => path === name || path.startsWith(`${name}.`)))).toEqual([]);
  });

  it("names no other", () => {
    const known = new Set([
      ...fields.keys(),
      ...shorthands,
      ...[...fields.keys()].map((path) => path.split(".").at(-1) as string),
    ]);
    expect(named().filter((path) => !known.has(path.replaceAll("[]", "")))).toEqual([]);
  });

  it("gives the defaults of the schema", () => {
    const wrong = rows().flatMap(({ names, preset }) => {
      const value = valueIn(preset);
      if (value === undefined) return [];
      return names
        .filter((name) => fields.has(name))
        .map((name) => ({ name, says: value, is: fields.get(name)?.attributes.default }))
        .filter(({ says, is }) => JSON.stringify(says) !== JSON.stringify(is) && JSON.stringify([says]) !== JSON.stringify(is))
        .filter(({ says, is }) => !(says === "null" || says === null) || is != null);
    });
    expect(wrong).toEqual([]);
  });

  it("keeps no default of a plain value to itself", () => {
    const missing = rows().flatMap(({ names, preset }) =>
      preset !== ""
        ? []
        : names.filter((name) => {
            const value = fields.get(name)?.attributes.default;
            return value !== undefined && value !== null && typeof value !== "object";
          }),
    );
    expect(missing).toEqual([]);
  });

  it("gives types that fit", () => {
    const wrong = rows().flatMap(({ names, type }) =>
      names.flatMap((name) => {
        const field = fields.get(name);
        return field && contradicts(field, type) ? [`${name}: ${type} (${field.kind})`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });
});
