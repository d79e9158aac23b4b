import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ParsedDocument, type ParseOptions, parseDocument } from "../../src/declarative/parse.js";
import { cutText } from "../../src/declarative/pieces/cut-text.js";
import type { DocumentPath, Locate } from "../../src/declarative/positions.js";

interface Assembled {
  readonly document: Record<string, unknown>;
  readonly locate: Locate;
  readonly lengths: readonly number[];
}

/** What comes of reading a text piece by piece; `undefined` when it has to be read as a whole. */
function inPieces(text: string, options: ParseOptions = {}): Assembled | undefined {
  const cut = cutText(text, options);
  if (!cut) return undefined;
  const document: Record<string, unknown> = Object.fromEntries(Object.entries(cut.top));
  const lists = new Map<string, unknown[]>();
  for (const piece of cut.pieces) {
    const read = cut.read(piece);
    if (read === undefined) return undefined;
    let values: readonly unknown[];
    try {
      values = typeof read === "string" ? JSON.parse(read) : read;
    } catch {
      return undefined;
    }
    const list = lists.get(piece.key) ?? [];
    expect(list.length).toBe(piece.first);
    lists.set(piece.key, [...list, ...values]);
  }
  for (const [key, list] of lists) Object.defineProperty(document, key, { value: list, enumerable: true });
  return { document, locate: cut.locate, lengths: cut.pieces.map(({ start, end }) => end - start) };
}

function whole(text: string, options: ParseOptions = {}): ParsedDocument | undefined {
  try {
    return parseDocument(text, options);
  } catch {
    return undefined;
  }
}

function paths(value: unknown, path: DocumentPath = []): DocumentPath[] {
  if (typeof value !== "object" || value === null) return [path];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...members.flatMap(([key, member]) => paths(member, [...path, key]))];
}

/** Where both ways read a text, they must read the same, at the same places. */
function expectSame(text: string, options: ParseOptions = {}): boolean {
  const pieces = inPieces(text, options);
  if (!pieces) return false;
  const all = whole(text, options);
  expect(all, "only the whole text is refused").toBeDefined();
  expect(pieces.document).toEqual(all?.document);
  expect(all?.duplicates).toEqual([]);
  for (const path of [...paths(pieces.document), ["absent"], ["services", 0, "absent"]]) {
    expect(pieces.locate(path), JSON.stringify(path)).toEqual(all?.locate(path));
  }
  return true;
}

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "a: b",
    "- x",
    "# no comment",
    "*",
    "&a",
    "line\nline",
    'say "hello"',
    "\\",
    "é",
    "~",
    "null",
    "yes",
    "1.0",
    "{a",
    "[",
    "|",
  ),
);
const scalar = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null));
const key = fc.constantFrom("name", "host", "tags", "config", "paths", "a b", "true", "0");
const item = fc.letrec<{ value: unknown; record: Record<string, unknown> }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("value"), { maxLength: 3 }), tie("record")),
  record: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
})).record;
const document = fc.record(
  {
    _format_version: fc.constant("3.0"),
    services: fc.array(item, { maxLength: 5 }),
    routes: fc.array(fc.oneof(item, scalar), { maxLength: 3 }),
    _info: item,
    _comment: text,
  },
  { requiredKeys: ["services"], noNullPrototype: true },
);

describe("a text in pieces", () => {
  it("says what the whole says, and at the same places: JSON", () => {
    fc.assert(
      fc.property(document, fc.constantFrom(undefined, 1, 2, "\t"), (value, space) => {
        expect(expectSame(JSON.stringify(value, null, space), { filename: "kong.json" })).toBe(true);
      }),
    );
  });

  it("says what the whole says, and at the same places: YAML", () => {
    let cut = 0;
    const format = fc.record({
      indent: fc.constantFrom(2, 4),
      indentSeq: fc.boolean(),
      lineWidth: fc.constantFrom(0, 20, 80),
      defaultStringType: fc.constantFrom(
        "PLAIN" as const,
        "QUOTE_DOUBLE" as const,
        "QUOTE_SINGLE" as const,
        "BLOCK_LITERAL" as const,
      ),
    });
    fc.assert(
      fc.property(document, format, (value, options) => {
        if (expectSame(stringify(value, { aliasDuplicateObjects: false, ...options }), { filename: "kong.yml" })) cut++;
      }),
    );
    expect(cut, "of 100 documents").toBeGreaterThan(50);
  });

  it("never reads what the whole refuses, whatever was done to the text", () => {
    const sources = fc.oneof(
      document.map((value) => JSON.stringify(value)),
      document.map((value) => JSON.stringify(value, null, 2)),
      document.map((value) => stringify(value)),
    );
    const insertions = fc.constantFrom(
      ..."{}[],:\"'\n \t-#&*!|>%\r\\~",
      "\n- ",
      "\n  ",
      "\n---\n",
      "\n...\n",
      "<<: ",
      "? ",
      "&a ",
      "*a",
      '"services":',
      "\nservices:\n",
      "services: []\n",
      "\u0000",
    );
    const changes = fc.array(fc.tuple(fc.nat(), insertions, fc.nat(3)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(sources, changes, fc.constantFrom(undefined, "kong.json", "kong.yml"), (source, list, filename) => {
        let changed = source;
        for (const [position, inserted, removed] of list) {
          const at = position % (changed.length + 1);
          changed = changed.slice(0, at) + inserted + changed.slice(at + removed);
        }
        expectSame(changed, filename === undefined ? {} : { filename });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["anchors", "services:\n- &a {name: one}\n- *a\n"],
    ["several documents", "services:\n- name: one\n---\nservices: []\n"],
    ["a key that stands twice at the top", "services:\n- name: one\nservices:\n- name: two\n"],
    ["a key that stands twice in an item", "services:\n- name: one\n  name: two\n"],
    ["a directive", "%YAML 1.2\n---\nservices:\n- name: one\n"],
    ["a map in flow style", "{services: [{name: one}]}"],
    ["a list in which the lines go back", "services:\n  - name: one\n - name: two\n"],
    ["lines before the first key", "  a: 1\nservices:\n- name: one\n"],
    ["a key that is no text", "null:\n- name: one\n"],
    ["a text in quotes across items", 'services:\n- name: "one\n- two"\n'],
  ])("leaves %s to those who read the whole", (_, yaml) => {
    expect(inPieces(yaml, { filename: "kong.yml" })).toBeUndefined();
  });

  it.each([
    ["a key that stands twice", '{"services":[{"name":"one","name":"two"}]}'],
    ["the same key in two notations", '{"services":[{"name":"one","\\u006eame":"two"}]}'],
    ["a key that stands twice at the top", '{"services":[],"services":[]}'],
    ["a comma too many", '{"services":[{"name":"one"},]}'],
    ["a comma too few", '{"services":[{"name":"one"}{"name":"two"}]}'],
    ["what follows the end", '{"services":[]} x'],
    ["brackets of two kinds", '{"services":[{"tags":["a"}]]}'],
    ["too many levels", `{"services":[${"[".repeat(1000)}${"]".repeat(1000)}]}`],
  ])("leaves %s to those who read the whole (JSON)", (_, json) => {
    expect(inPieces(json, { filename: "kong.json" })).toBeUndefined();
  });

  it("reads the examples of our own documentation the same", () => {
    const folder = join(import.meta.dirname, "fixtures");
    const names = readdirSync(folder).filter((name) => /\.(?:json|ya?ml)$/.test(name));
    expect(names.length).toBeGreaterThan(0);
    for (const filename of names) expectSame(readFileSync(join(folder, filename), "utf8"), { filename });
  });

  it("changes only the piece that something was put into", () => {
    const list = Array.from({ length: 5000 }, (_, index) => ({
      name: `service-${index}`,
      host: "example.com",
      tags: ["a", "b"],
    }));
    for (const write of [JSON.stringify, stringify] as const) {
      const before = write({ services: list });
      const after = write({ services: [...list.slice(0, 2500), { name: "new" }, ...list.slice(2500)] });
      const texts = (whole: string) => cutText(whole, {})?.pieces.map(({ start, end }) => whole.slice(start, end)) ?? [];
      const known = new Set(texts(before));
      expect(known.size).toBeGreaterThan(5);
      expect(texts(after).filter((piece) => !known.has(piece)).length).toBeLessThanOrEqual(2);
    }
  });
});
