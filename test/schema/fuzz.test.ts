import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { coreEntities } from "../../src/entities/core.js";
import { pluginsWith } from "../../src/entities/plugins.js";
import { routesFor } from "../../src/entities/routes.js";
import { TransformationError } from "../../src/errors/dao-errors.js";
import { pluginSubschema } from "../../src/plugin-runner/registry.js";
import { pluginEntities } from "../../src/plugins/entities.js";
import { bundledPlugins } from "../../src/plugins/index.js";
import { compileSchema } from "../../src/schema/compile.js";
import type { WriteOperation } from "../../src/schema/compiled.js";
import type { EntityDefinition, Subschema } from "../../src/schema/entity.js";
import type { Field, Fields } from "../../src/schema/field.js";
import type { AnyRecord } from "./support.js";

const plugins = pluginsWith(Object.fromEntries(bundledPlugins.map((plugin) => [plugin.name, pluginSubschema(plugin)])));
const definitions: readonly EntityDefinition[] = [
  ...Object.values({ ...coreEntities, plugins }),
  ...Object.values(pluginEntities).flatMap((entities) => Object.values(entities)),
  routesFor("expressions"),
  routesFor("traditional"),
];

/** Names that reach what objects inherit. */
const poison = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];

/** Every field's name, so that values meet rules; and every word that selects a sub-schema. */
function namesOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]: [string, Field]) => [
    name,
    ...namesOf(field.fields ?? {}),
    ...namesOf(field.elements?.fields ?? {}),
  ]);
}

/** Values that come close to being right. */
const nearly = fc.constantFrom<unknown>(
  "",
  "/",
  "//",
  "~/(",
  "a.b:80",
  "[::1]:80",
  "*.a",
  "%",
  "\ud800",
  "{vault://env/x}",
  "{}",
  "-----BEGIN CERTIFICATE-----",
  "0855b320-0dd2-547d-891d-601e9b38647f",
  { id: "0855b320-0dd2-547d-891d-601e9b38647f" },
  { id: null },
  { id: {} },
  [],
  {},
  [null],
  [[]],
  -1,
  0.5,
  2 ** 53,
  null,
  true,
);

function inputs(definition: EntityDefinition): fc.Arbitrary<AnyRecord> {
  const subschemas: readonly Subschema[] = Object.values(definition.subschemas ?? {});
  const names = [...namesOf(definition.fields), ...subschemas.flatMap(({ fields }) => namesOf(fields))];
  const key = fc.oneof(fc.constantFrom(...names, ...Object.keys(definition.shorthands), ...poison), fc.string());
  const { value } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.oneof(nearly, fc.jsonValue({ maxDepth: 1 }), fc.string({ unit: "binary" }), fc.double()),
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      tie("leaf"),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 6 }),
    ),
  }));
  const { subschemaKey } = definition;
  const chosen: Record<string, fc.Arbitrary<unknown>> = {};
  if (subschemaKey !== undefined) {
    const selector = fc.constantFrom(...Object.keys(definition.subschemas ?? {}), ...poison);
    chosen[subschemaKey] = fc.oneof(selector, fc.array(selector, { maxLength: 3 }), value);
  }
  return fc
    .tuple(fc.dictionary(key, value, { maxKeys: 12 }), fc.record(chosen, { requiredKeys: [] }))
    .map(([record, selected]) => ({ ...record, ...selected }));
}

describe("any JSON at all", () => {
  const inherited = Object.getOwnPropertyNames(Object.prototype).sort();

  afterAll(() => {
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(inherited);
  });

  it.each(definitions.map((definition, index) => ({ name: `${definition.name} (${index})`, definition })))(
    "as a record of $name has faults or none, and reaches nothing else",
    ({ definition }) => {
      const schema = compileSchema(definition);
      const operations = fc.constantFrom<WriteOperation>("insert", "update", "upsert");
      fc.assert(
        fc.property(inputs(definition), operations, (input, operation) => {
          const before = structuredClone(input);
          const { record, errors } = schema.complete(input, operation);
          const faults = schema.validate(record, { operation, partial: operation === "update" });
          for (const fault of Object.values({ ...faults, ...errors })) expect(fault).toBeTruthy();
          JSON.stringify(faults);
          schema.merge(schema.complete({}, "insert").record, record);
          for (const name of Object.keys(definition.fields)) schema.validateField(name, input[name]);
          if (!faults && !errors && operation !== "update") transform(definition, record);
          expect(input).toEqual(before);
          expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
          expect(({} as AnyRecord).polluted).toBeUndefined();
        }),
        { numRuns: 60 },
      );
    },
  );

  it("cannot put anything where other objects find it", () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"config":{"__proto__":{"polluted":1}}}';
    for (const definition of definitions) {
      const schema = compileSchema(definition);
      const { record } = schema.complete(JSON.parse(text) as AnyRecord, "insert");
      expect(schema.validate(record)).toBeDefined();
      schema.merge(record, JSON.parse(text) as AnyRecord);
      expect(({} as AnyRecord).polluted).toBeUndefined();
    }
  });
});

/** What is valid can be stored; a transformation may refuse it, in the one way in which it can. */
function transform(definition: EntityDefinition, record: AnyRecord): void {
  try {
    compileSchema(definition).transform(record);
  } catch (error) {
    expect(error).toBeInstanceOf(TransformationError);
  }
}
