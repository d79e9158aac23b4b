import fc from "fast-check";
import type { Json } from "./documented.js";

/** Makes up values by the schemas of a document; most are right by them. */
export function valuesOf(schema: Json, resolve: (schema: unknown) => Json, depth = 0): fc.Arbitrary<unknown> {
  const { $ref, anyOf, allOf, type, enum: values, const: only, pattern, format, items, minimum, maximum } = schema;
  const inner = (one: unknown): fc.Arbitrary<unknown> => valuesOf(one as Json, resolve, depth + 1);
  if ($ref !== undefined) return valuesOf(resolve(schema), resolve, depth);
  if (only !== undefined) return fc.constant(only);
  if (Array.isArray(values)) return fc.constantFrom(...values);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map(inner));
  const kinds = [type].flat() as (string | undefined)[];
  if (kinds.length > 1) return fc.oneof(...kinds.map((kind) => inner({ ...schema, type: kind })));
  switch (kinds[0]) {
    case "string":
      if (format === "uuid") return fc.uuid();
      if (typeof pattern === "string") return matching(pattern);
      return fc.oneof(
        fc.constantFrom("a", "GET", "/a", "10.0.0.1", "a.test", "{vault://env/a}"),
        fc.string({ minLength: 1, maxLength: 12 }),
      );
    case "integer":
    case "number":
      return numberBetween(minimum, maximum);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return depth > 4 || !items
        ? fc.constant([])
        : fc.uniqueArray(inner(items), { maxLength: 2, selector: (one) => JSON.stringify(one) });
    case "object":
      return depth > 4 ? fc.constant({}) : objectOf(schema, (allOf ?? []) as Json[], inner);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function numberBetween(minimum: unknown, maximum: unknown): fc.Arbitrary<number> {
  const min = Math.ceil(Number(minimum ?? 1));
  return fc.integer({ min, max: Math.max(min, Math.min(Math.floor(Number(maximum ?? 1000)), min + 100_000)) });
}

function matching(pattern: string): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(new RegExp(pattern, "u"), { maxLength: 20 });
  } catch {
    return fc.string({ minLength: 1 });
  }
}

/** With one of the variants, where the schema has any. */
function objectOf(
  schema: Json,
  rules: readonly Json[],
  inner: (schema: unknown) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const properties = (schema.properties ?? {}) as Record<string, Json>;
  const required = (schema.required ?? []) as readonly string[];
  const { additionalProperties: more } = schema;
  if (Object.keys(properties).length === 0) {
    return typeof more === "object"
      ? fc.dictionary(fc.constantFrom("a", "b", "x-y"), inner(more), { maxKeys: 2 })
      : fc.constant({});
  }
  const variants = rules.flatMap((rule) => {
    const [[key, test] = []] = Object.entries(((rule.if as Json | undefined)?.properties ?? {}) as Record<string, Json>);
    return key !== undefined && test?.const !== undefined
      ? [{ ...properties, ...(rule.then as { properties: Record<string, Json> }).properties, [key]: test }]
      : [];
  });
  const one = (members: Record<string, Json>): fc.Arbitrary<unknown> => {
    // Few of the members that are not needed, so that not every record breaks one of the rules that schemas have no words for.
    const optional = Object.keys(members).filter((name) => !required.includes(name));
    return fc.subarray(optional, { maxLength: Math.min(3, optional.length) }).chain((chosen) => {
      const names = [...required, ...chosen].filter((name) => members[name]);
      return fc.record(Object.fromEntries(names.map((name) => [name, inner(members[name])])));
    });
  };
  return variants.length > 0 ? fc.oneof(...variants.map(one)) : one(properties);
}

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    "",
    [],
    {},
    -1,
    1.5,
    1e308,
    true,
    "\u0000",
    "\ud800",
    "a".repeat(300),
    [[]],
    { id: 1 },
    { id: null },
    "__proto__",
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A value with something wrong in it: another member, one less, or one of another kind. */
export function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null) return junk;
  const names = Object.keys(value);
  const name = names.length > 0 ? fc.constantFrom(...names) : fc.constant("name");
  const members = value as Json;
  return fc.oneof(
    fc.tuple(name, junk).map(([at, other]) => ({ ...members, [at]: other })),
    fc
      .tuple(fc.constantFrom("unknown", "__proto__", "constructor", "id", "created_at", "tags", "ttl", "config"), junk)
      .map(([at, other]) => Object.defineProperty({ ...members }, at, { value: other, enumerable: true, configurable: true })),
    name.map((at) => Object.fromEntries(Object.entries(members).filter(([key]) => key !== at))),
    name.chain((at) => spoiled(members[at]).map((other) => ({ ...members, [at]: other }))),
  );
}
