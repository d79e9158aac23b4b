import fc from "fast-check";
import { expect, it } from "vitest";
import { loadDeclarative } from "../../src/declarative/load.js";
import { DeclarativeConfigError } from "../../src/errors/dao-errors.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { expectPlain, hostileJson, ownEntries, recordOf, withoutPollution } from "./hostile.js";

const definitions = entityDefinitions(loadPlugins().all);
const entities = Object.values(definitions);

/** Any document either loads or is refused as a whole, with its faults. */
function load(input: string | object): void {
  try {
    for (const rows of loadDeclarative(input, { entities }).state.values()) for (const row of rows.values()) expectPlain(row);
  } catch (error) {
    if (!(error instanceof DeclarativeConfigError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    expect(JSON.stringify(error.toJSON())).toContain("code");
  }
}

const lists = fc
  .tuple(...entities.map((definition) => fc.option(fc.array(recordOf(definition.fields), { maxLength: 2 }), { freq: 3 })))
  .map((rows) =>
    ownEntries([["_format_version", "3.0"], ...rows.map((list, index) => [entities[index]?.name ?? "", list] as const)]),
  );

it("reads or refuses documents with hostile records in every list", () =>
  withoutPollution(() => fc.assert(fc.property(lists, load), { numRuns: 100 })));

it("reads or refuses documents with any member", () =>
  withoutPollution(() => {
    const member = fc.tuple(
      fc.oneof(fc.constantFrom(...Object.keys(definitions), "_transform", "_comment", "_ignore"), fc.string()),
      hostileJson,
    );
    const document = fc.array(member, { maxLength: 6 }).map((members) => ownEntries([["_format_version", "3.0"], ...members]));
    fc.assert(fc.property(document, load), { numRuns: 300 });
    fc.assert(
      fc.property(document, (value) => load(JSON.stringify(value))),
      { numRuns: 100 },
    );
  }));

it("reads or refuses any text", () =>
  withoutPollution(() => fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), load), { numRuns: 300 })));
