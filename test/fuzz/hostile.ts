import fc from "fast-check";
import { expect } from "vitest";
import type { Field, Fields } from "../../src/schema/field.js";

/** Names that mean something to JavaScript where a careless program reads or writes them. */
const hostileKey = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "then",
  "length",
  "0",
);

/** Texts that parsers and validators have to look at twice. */
const hostileText = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "~",
    "~(",
    "~/a(?<b>",
    "{vault://env/x}",
    "{vault://",
    "::1",
    "[::1]:80",
    "*.a.*",
    "http://",
    "https://a:99999/%zz",
  ),
  fc.constantFrom(
    "\u0000",
    "\ud800",
    "%",
    "/%2",
    "a\nb",
    "constructor",
    "__proto__",
    "9007199254740993",
    "-----BEGIN CERTIFICATE-----",
  ),
  fc.string({ unit: "binary" }),
);

const scalar = fc.oneof(
  hostileText,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, -0, Number.MAX_SAFE_INTEGER, -1),
  fc.uuid(),
);

/** Any JSON value, with hostile keys and texts in it. `__proto__` is an own key, as `JSON.parse` makes it. */
export const hostileJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, fc.array(tie("value"), { maxLength: 4 }), tie("object")),
  object: fc
    .array(fc.tuple(fc.oneof(hostileKey, fc.string({ maxLength: 8 })), tie("value")), { maxLength: 5 })
    .map((entries) => ownEntries(entries)),
})).value;

/** An object with these as own members, `__proto__` included. */
export function ownEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const object = {};
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

/** Values of the right shape as often as not, so that the checks behind the first one are reached too. */
function valueFor(field: Field, depth: number): fc.Arbitrary<unknown> {
  const { oneOf } = field.attributes as { oneOf?: readonly unknown[] };
  const fitting = (): fc.Arbitrary<unknown> => {
    if (oneOf && oneOf.length > 0) return fc.constantFrom(...oneOf);
    switch (field.kind) {
      case "string":
        return fc.oneof(hostileText, fc.uuid(), fc.domain(), fc.webPath());
      case "integer":
        return fc.oneof(fc.integer(), fc.nat(70_000));
      case "number":
        return fc.double();
      case "boolean":
        return fc.boolean();
      case "foreign":
        return fc.oneof(fc.record({ id: fc.uuid() }), fc.record({ name: fc.string() }));
      case "array":
      case "set":
        return field.elements
          ? fc.array(valueFor(field.elements, depth + 1), { maxLength: 3 })
          : fc.array(hostileJson, { maxLength: 3 });
      case "map":
        return fc
          .array(fc.tuple(fc.oneof(hostileKey, fc.string()), field.elements ? valueFor(field.elements, depth + 1) : hostileJson))
          .map(ownEntries);
      case "record":
        return field.fields && depth < 6 ? recordOf(field.fields, depth + 1) : hostileJson;
      default:
        return hostileJson;
    }
  };
  return fc.oneof({ weight: 4, arbitrary: fitting() }, { weight: 1, arbitrary: hostileJson });
}

/** Records with some of the fields, and members that are none. */
export function recordOf(fields: Fields, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueFor(field, depth)]));
  const strange = fc.array(fc.tuple(hostileKey, hostileJson), { maxLength: 1 });
  return fc
    .tuple(fc.record(known, { requiredKeys: [] }), strange)
    .map(([record, others]) => ownEntries([...Object.entries(record as Record<string, unknown>), ...others]));
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];

/** Runs a test and asserts that it has left the prototypes of the language as they were. */
export async function withoutPollution(run: () => unknown): Promise<void> {
  const before = prototypes.map((prototype) => Reflect.ownKeys(prototype));
  await run();
  expect(prototypes.map((prototype) => Reflect.ownKeys(prototype))).toEqual(before);
}

/** Asserts that no object in a value has a prototype that a caller could have chosen. */
export function expectPlain(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) expect(Object.getPrototypeOf(value)).toBe(Array.prototype);
  else expect([Object.prototype, null]).toContain(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) expectPlain(Object.getOwnPropertyDescriptor(value, key)?.value);
}
