import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TransformationError } from "../../src/errors/dao-errors.js";
import { loadPlugins } from "../../src/gateway-plugins.js";
import { entityDefinitions } from "../../src/gateway-store.js";
import { compileSchema } from "../../src/schema/compile.js";
import type { WriteOperation } from "../../src/schema/compiled.js";
import type { EntityDefinition } from "../../src/schema/entity.js";
import { expectPlain, hostileJson, recordOf, withoutPollution } from "./hostile.js";

const definitions = Object.entries(entityDefinitions(loadPlugins().all));
const operations: readonly WriteOperation[] = ["insert", "update", "upsert"];
const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 60) };

/** Fields, shorthands, and for entities with variants the fields of each. */
function inputOf({ fields, shorthands, subschemas = {}, subschemaKey }: EntityDefinition): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.fromEntries(Object.entries(shorthands).map(([name, { field }]) => [name, field]));
  const general = recordOf({ ...fields, ...names });
  const variants = Object.entries(subschemas).map(([name, subschema]) =>
    recordOf({ ...fields, ...names, ...subschema.fields }).map((record) => ({
      ...record,
      ...(subschemaKey !== undefined && fields[subschemaKey]?.kind === "string" ? { [subschemaKey]: name } : {}),
    })),
  );
  return fc.oneof(general, ...variants);
}

describe.each(definitions)("%s", (_name, definition) => {
  const schema = compileSchema(definition);

  /** What a write does before it stores. Faults are returned; nothing may be thrown. */
  const write = (input: unknown, operation: WriteOperation): void => {
    const before = JSON.stringify(input);
    const { record, errors } = schema.complete(input as Record<string, unknown>, operation);
    const faults = schema.validate(record, { operation, partial: operation === "update" });
    expectPlain(record);
    for (const found of [errors, faults]) {
      if (found === undefined) continue;
      expect(Object.keys(found).length).toBeGreaterThan(0);
      expectPlain(found);
    }
    expect(JSON.stringify(input)).toBe(before);
    if (errors === undefined && faults === undefined && operation !== "update") {
      try {
        expectPlain(schema.transform(record));
      } catch (error) {
        expect(error).toBeInstanceOf(TransformationError);
      }
      expectPlain(schema.merge(record, record));
      expect(schema.validate(schema.merge(record, record), { operation })).toBeUndefined();
    }
  };

  it("refuses any JSON in words, without a throw", () =>
    withoutPollution(() => {
      fc.assert(
        fc.property(hostileJson, fc.constantFrom(...operations), (input, operation) => write(input, operation)),
        runs,
      );
    }));

  it("refuses records that are nearly right likewise", () =>
    withoutPollution(() => {
      fc.assert(
        fc.property(inputOf(definition), fc.constantFrom(...operations), (input, operation) => write(input, operation)),
        runs,
      );
    }));

  it("lays any changes over a record", () =>
    withoutPollution(() => {
      fc.assert(
        fc.property(inputOf(definition), inputOf(definition), (stored, changes) => {
          const { record } = schema.complete(stored, "insert");
          const merged = schema.merge(record, schema.complete(changes, "update").record);
          expectPlain(merged);
          schema.validate(merged, { operation: "update", input: changes });
        }),
        runs,
      );
    }));

  it("checks single values of its fields", () =>
    withoutPollution(() => {
      const field = fc.oneof(fc.constantFrom(...Object.keys(definition.fields)), fc.constantFrom("__proto__", "constructor"));
      fc.assert(
        fc.property(field, hostileJson, (name, value) => void schema.validateField(name, value)),
        runs,
      );
    }));
});
