import { describe, expect, it } from "vitest";
import { arrayOf, bool, foreign, int, json, mapOf, num, oneOf, record, setOf, str } from "../../src/schema/field.js";
import { entity, faultOf, faults } from "./support.js";

describe("types", () => {
  it.each([
    [str(), 1, "expected a string"],
    [num(), "1", "expected a number"],
    [num(), Number.NaN, "expected a number"],
    [int(), 1.5, "expected an integer"],
    [int(), "80", "expected an integer"],
    [bool(), "true", "expected a boolean"],
    [arrayOf(str()), "x", "expected an array"],
    [arrayOf(str()), { a: 1 }, "expected an array"],
    [setOf(str()), 5, "expected a set"],
    [mapOf(str(), str()), ["x"], "expected a map"],
    [record({ a: str() }), "x", "expected a record"],
    [foreign("services"), 5, { id: "missing primary key" }],
    [foreign("services"), {}, { id: "missing primary key" }],
    [foreign("services"), { id: "x" }, { id: "expected a valid UUID" }],
    [foreign("services"), { id: 7 }, { id: "expected a string" }],
  ])("%# %s", (field, value, fault) => {
    expect(faultOf(field, value)).toEqual(fault);
  });

  it("take an empty list for an empty object, and the other way round", () => {
    const thing = entity({ list: arrayOf(str()), map: mapOf(str(), str()) });
    expect(faults(thing, { list: {}, map: [] })).toBeUndefined();
  });
});

describe("null", () => {
  it.each([
    [str(), null, undefined],
    [str({ required: true }), null, "required field missing"],
    [str({ ne: null }), null, "value must not be null"],
    [str({ eq: "a" }), null, "value must be a"],
    [str({ eq: null }), "x", "value must be null"],
    [str({ eq: null, err: "not here" }), "x", "not here"],
    [str({ required: true, default: "d" }), null, "required field missing"],
    [oneOf(["a"]), null, undefined],
    [json(), null, undefined],
    [json({ required: true }), null, "required field missing"],
  ])("%# is judged before anything else", (field, value, fault) => {
    expect(faultOf(field, value)).toEqual(fault);
  });
});

describe("validators", () => {
  it.each([
    [str(), "", "length must be at least 1"],
    [str({ lenMin: 0 }), "", undefined],
    [str({ eq: "a" }), "b", "value must be a"],
    [int({ ne: 3 }), 3, "value must not be 3"],
    [str({ notOneOf: ["a", "b"] }), "b", "must not be one of: a, b"],
    [oneOf(["a", "b"]), "c", "expected one of: a, b"],
    [int({ gt: 5 }), 5, "value must be greater than 5"],
    [int({ timestamp: true }), 0, "expected a valid timestamp"],
    [str({ uuid: true }), "x", "expected a valid UUID"],
    [str({ uuid: true }), "ABCDEF00-0000-0000-0000-000000000000", undefined],
    [str({ isRegex: true }), "(", "not a valid regex: ("],
    [num({ between: [0.001, 10] }), 11, "value should be between 0 and 10"],
    [str({ lenEq: 2 }), "abc", "length must be 2"],
    [str({ lenMin: 2 }), "a", "length must be at least 2"],
    [str({ lenMax: 2 }), "é!", "length must be at most 2"],
    [arrayOf(str(), { lenEq: 0 }), ["a"], "length must be 0"],
    [arrayOf(str(), { lenMin: 1 }), [], "length must be at least 1"],
    [mapOf(str(), str(), { lenMax: 1 }), { a: "x", b: "y" }, "length must be at most 1"],
    [str({ startsWith: "/" }), "x", "should start with: /"],
    [str({ notMatch: /b/ }), "abc", "invalid value: abc"],
    [str({ matchNone: [{ pattern: /b/, err: "no b" }] }), "abc", "no b"],
    [str({ match: /^a/ }), "b", "invalid value: b"],
    [
      str({
        matchAll: [
          { pattern: /a/, err: "no a" },
          { pattern: /b/, err: "no b" },
        ],
      }),
      "a",
      "no b",
    ],
    [str({ matchAny: { patterns: [/a/, /b/], err: "neither" } }), "c", "neither"],
    [arrayOf(str(), { contains: "x" }), ["y"], "expected to contain: x"],
    [str({ validator: (value) => (value === "odd" ? "is odd" : undefined) }), "odd", "is odd"],
    [
      setOf(str(), { mutuallyExclusiveSubsets: [["a", "b"], ["c"]] }),
      ["c", "a"],
      "these sets are mutually exclusive: ('c'), ('a', 'b')",
    ],
    [str({ match: /^a/, err: "my words" }), "b", "my words"],
    [str({ match: /^a/, err: "my words" }), 5, "expected a string"],
  ])("%# the message of a broken rule", (field, value, fault) => {
    expect(faultOf(field, value)).toEqual(fault);
  });

  it("speak in Kong's order, not in the order of the definition", () => {
    const field = str({ validator: () => "last", match: /^z/, startsWith: "y", lenMin: 5, oneOf: ["z"] });
    expect(faultOf(field, "a")).toBe("expected one of: z");
    expect(faultOf(str({ match: /^z/, startsWith: "y", lenMin: 5 }), "a")).toBe("length must be at least 5");
    expect(faultOf(str({ match: /^z/, startsWith: "y" }), "a")).toBe("should start with: y");
  });
});

describe("collections", () => {
  it("report elements by position, and only then rules of their own", () => {
    const field = arrayOf(str(), { lenMax: 1 });
    expect(faultOf(field, ["a", 2, "c", 4])).toEqual([null, "expected a string", null, "expected a string"]);
    expect(faultOf(field, ["a", "b"])).toBe("length must be at most 1");
  });

  it("do not show wrong elements to a validator of the list", () => {
    const field = arrayOf(str(), { validator: (list) => (list.some((item) => item.startsWith("x")) ? "no x" : undefined) });
    expect(faultOf(field, ["a", 5])).toEqual([null, "expected a string"]);
    expect(faultOf(field, ["xa"])).toBe("no x");
  });

  it("require their elements", () => {
    expect(faultOf(setOf(str()), ["a", null])).toEqual([null, "required field missing"]);
    expect(faultOf(mapOf(str(), str()), { a: null })).toBe("required field missing");
  });

  it("let the first bad key or value speak for a map", () => {
    const field = mapOf(str({ match: /^[a-z]+$/ }), int());
    expect(faultOf(field, { a: 1, B: 2 })).toBe("invalid value: B");
    expect(faultOf(field, { a: "x", B: 2 })).toBe("expected an integer");
    expect(faultOf(mapOf(str(), arrayOf(str())), { a: "x" })).toBe("expected an array");
    expect(faultOf(mapOf(str(), arrayOf(str())), { "a/b~c": ["x", 1] })).toEqual([null, "expected a string"]);
  });

  it("nest the faults of records", () => {
    const field = record({ a: record({ b: int({ required: true }) }), list: arrayOf(record({ c: str({ required: true }) })) });
    expect(faultOf(field, { a: { b: "x" }, list: [{ c: "ok" }, {}, { c: "ok", d: 1 }], more: null })).toEqual({
      a: { b: "expected an integer" },
      list: [null, { c: "required field missing" }, { d: "unknown field" }],
      more: "unknown field",
    });
  });
});

describe("vault references", () => {
  const reference = "{vault://env/some-name}";

  it("skip the rules of referenceable fields", () => {
    expect(faultOf(str({ referenceable: true, lenMax: 3 }), reference)).toBeUndefined();
    expect(faultOf(str({ referenceable: true, lenMax: 3 }), "long text")).toBe("length must be at most 3");
    expect(faultOf(arrayOf(str({ referenceable: true, uuid: true })), [reference, "x"])).toEqual([null, "expected a valid UUID"]);
  });

  it("are ordinary text elsewhere", () => {
    expect(faultOf(str({ lenMax: 3 }), reference)).toBe("length must be at most 3");
  });

  it("silence the checks of their fields", () => {
    const thing = entity({ a: str({ referenceable: true }), b: str() }, { checks: [{ kind: "distinct", fields: ["a", "b"] }] });
    expect(faults(thing, { a: reference, b: reference })).toBeUndefined();
    expect(faults(thing, { a: "x", b: "x" })).toHaveProperty(["@entity"]);
  });
});

describe("json", () => {
  const jsonSchema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: { name: { type: "string" }, list: { type: "array", items: { type: "number" } } },
    required: ["name"],
    additionalProperties: false,
  };

  it("nests the words of ajv by place", () => {
    expect(faultOf(json({ jsonSchema }), { list: [1, "x"], more: 1 })).toEqual({
      name: "required field missing",
      more: "unknown field",
      list: { 1: "must be number" },
    });
    expect(faultOf(json({ jsonSchema }), "x")).toBe("must be object");
    expect(faultOf(json({ jsonSchema }), { name: "x" })).toBeUndefined();
  });

  it("takes everything when there is no schema", () => {
    expect(faultOf(json(), { any: ["thing"] })).toBeUndefined();
  });
});
