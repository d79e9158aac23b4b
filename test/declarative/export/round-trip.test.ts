import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExportOptions, exportDeclarative } from "../../../src/declarative/export/export.js";
import { type LoadedDocument, loadDeclarative } from "../../../src/declarative/load.js";
import { loadPlugins } from "../../../src/gateway-plugins.js";
import { entityDefinitions } from "../../../src/gateway-store.js";
import { EntityState } from "../../../src/store/tables/entity-state.js";
import { gadgets, validDocuments } from "../../support/documents.js";
import { now } from "../support.js";

const entities = Object.values(entityDefinitions(loadPlugins().all, [gadgets]));
const load = (input: string | object): LoadedDocument => loadDeclarative(input, { entities, now });

function exported(loaded: LoadedDocument, options: ExportOptions): string | object {
  const state = new EntityState(entities, loaded.state, { now });
  return exportDeclarative({ entities, rows: (name) => state.all(name) }, options);
}

/** The records of a state, as plain data in a fixed order. */
function recordsOf({ state }: LoadedDocument): unknown {
  return [...state].map(([name, rows]) => [name, [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)]).sort();
}

const forms = fc.record({ format: fc.constantFrom("yaml", "json", "object"), defaults: fc.boolean(), nested: fc.boolean() });

describe("an export of any document", () => {
  it("loads to the same state", () => {
    fc.assert(
      fc.property(validDocuments, forms, (document, form) => {
        const loaded = load(document);
        expect(recordsOf(load(exported(loaded, form)))).toEqual(recordsOf(loaded));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("is the same again after that, hash included", () => {
    fc.assert(
      fc.property(validDocuments, forms, (document, form) => {
        const once = load(exported(load(document), form));
        const twice = load(exported(once, form));
        expect(exported(twice, form)).toEqual(exported(once, form));
        expect(twice.hash).toBe(once.hash);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it("without ids says the same of records with other ids", () => {
    fc.assert(
      fc.property(validDocuments, forms, (document, form) => {
        const options = { ...form, ids: false };
        const loaded = load(document);
        const again = load(exported(loaded, options));
        expect(again.counts).toEqual(loaded.counts);
        expect(sortedLists(exported(again, { ...options, format: "object" }))).toEqual(
          sortedLists(exported(loaded, { ...options, format: "object" })),
        );
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

/** Records are in order of their ids, which may be others. */
function sortedLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list = value.map(sortedLists);
    return list.every((item) => typeof item === "object" && item !== null)
      ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : list;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, sortedLists(member)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
