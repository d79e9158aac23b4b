import { describe, expect, it } from "vitest";
import { defineEntity } from "../../src/schema/entity.js";
import type { EntityCheck } from "../../src/schema/entity-check.js";
import { arrayOf, bool, int, record, setOf, str } from "../../src/schema/field.js";
import { type AnyRecord, entity, faults } from "./support.js";

const fields = { a: str(), b: str(), c: arrayOf(str()), n: int(), on: bool(), rec: record({ x: str(), y: str() }) };
const check = (one: EntityCheck, input: AnyRecord, options = {}): unknown =>
  faults(entity(fields, { checks: [one] }), input, options);

describe("checks of a list of names", () => {
  it.each<[EntityCheck["kind"], AnyRecord, string | undefined]>([
    ["at_least_one_of", {}, "at least one of these fields must be non-empty: 'a', 'b'"],
    ["at_least_one_of", { b: "x" }, undefined],
    ["only_one_of", {}, "exactly one of these fields must be non-empty: 'a', 'b'"],
    ["only_one_of", { a: "x", b: "y" }, "exactly one of these fields must be non-empty: 'a', 'b'"],
    ["only_one_of", { a: "x" }, undefined],
    ["distinct", { a: "x", b: "x" }, "values of these fields must be distinct: 'a', 'b'"],
    ["distinct", { a: "x", b: "y" }, undefined],
    ["distinct", {}, undefined],
    ["mutually_required", { a: "x" }, "all or none of these fields must be set: 'a', 'b'"],
    ["mutually_required", { a: "x", b: "y" }, undefined],
    ["mutually_exclusive", { a: "x", b: "y" }, "only one or none of these fields must be set: 'a', 'b'"],
    ["mutually_exclusive", { a: "x" }, undefined],
  ])("%s of %j", (kind, input, text) => {
    const found = check({ kind, fields: ["a", "b"] } as EntityCheck, input);
    expect(found).toEqual(text === undefined ? undefined : { "@entity": [text] });
  });

  it("count false and 0 as set, and empty collections as unset", () => {
    expect(check({ kind: "at_least_one_of", fields: ["c", "n"] }, { n: 0 })).toBeUndefined();
    expect(check({ kind: "at_least_one_of", fields: ["c", "on"] }, { on: false })).toBeUndefined();
    expect(check({ kind: "at_least_one_of", fields: ["c", "a"] }, { c: [] })).toHaveProperty(["@entity"]);
  });

  it("follow dotted paths", () => {
    expect(check({ kind: "distinct", fields: ["rec.x", "rec.y"] }, { rec: { x: "1", y: "1" } })).toEqual({
      "@entity": ["values of these fields must be distinct: 'rec.x', 'rec.y'"],
    });
  });

  it("name the members that are set, for two sets", () => {
    const sets: EntityCheck = { kind: "mutually_exclusive_sets", set1: ["a", "n"], set2: ["b", "c"] };
    expect(check(sets, { a: "x", c: ["y"] })).toEqual({ "@entity": ["these sets are mutually exclusive: ('a'), ('c')"] });
    expect(check(sets, { a: "x", n: 1 })).toBeUndefined();
  });

  it("say when it is an update", () => {
    expect(
      check({ kind: "at_least_one_of", fields: ["a", "b"] }, { a: null, b: null }, { operation: "update", partial: true }),
    ).toEqual({
      "@entity": ["when updating, at least one of these fields must be non-empty: 'a', 'b'"],
    });
  });
});

describe("conditional", () => {
  const needsB: EntityCheck = {
    kind: "conditional",
    ifField: "a",
    ifMatch: { eq: "x" },
    thenField: "b",
    thenMatch: { required: true },
  };

  it("faults both the entity and the second field", () => {
    expect(check(needsB, { a: "x" })).toEqual({
      "@entity": ["failed conditional validation given value of field 'a'"],
      b: "required field missing",
    });
    expect(check(needsB, { a: "y" })).toBeUndefined();
  });

  it("takes words of its own, but not for a missing value", () => {
    const check1: EntityCheck = { ...needsB, thenMatch: { required: true, eq: "z" }, thenErr: "b goes with %s" };
    expect(check(check1, { a: "x", b: "y" })).toEqual({ "@entity": ["b goes with a"], b: "value must be z" });
    expect(check(check1, { a: "x" })).toMatchObject({ "@entity": ["failed conditional validation given value of field 'a'"] });
  });

  it("inherits the rules of the real field", () => {
    const list = entity(
      { p: setOf(str({ oneOf: ["x", "y"] })), q: str() },
      {
        checks: [
          {
            kind: "conditional",
            ifField: "p",
            ifMatch: { elements: { notOneOf: ["y"] } },
            thenField: "q",
            thenMatch: { eq: null },
          },
        ],
      },
    );
    expect(faults(list, { p: ["x"], q: "set" })).toHaveProperty("q", "value must be null");
    expect(faults(list, { p: ["x", "y"], q: "set" })).toBeUndefined();
    expect(faults(list, { p: ["z"], q: "set" })).toEqual({ p: ["expected one of: x, y"] });
  });

  it("does not ask for what an update does not touch", () => {
    expect(check(needsB, { b: "y" }, { partial: true, operation: "update" })).toBeUndefined();
  });
});

describe("conditional_at_least_one_of", () => {
  const one: EntityCheck = {
    kind: "conditional_at_least_one_of",
    ifField: "a",
    ifMatch: { eq: "x" },
    thenAtLeastOneOf: ["b", "c"],
    elseMatch: { eq: "y" },
    elseThenAtLeastOneOf: ["n"],
    elseThenErr: "y needs %s",
  };
  it.each([
    [{ a: "x" }, "at least one of these fields must be non-empty: 'b', 'c'"],
    [{ a: "x", c: ["z"] }, undefined],
    [{ a: "y" }, "y needs 'n'"],
    [{ a: "y", n: 0 }, undefined],
    [{ a: "z" }, undefined],
  ])("of %j", (input, text) => {
    expect(check(one, input)).toEqual(text === undefined ? undefined : { "@entity": [text] });
  });
});

describe("custom checks", () => {
  it("see their own fields only, and none that is wrong", () => {
    const seen: unknown[] = [];
    const custom: EntityCheck = {
      kind: "custom",
      fieldSources: ["a", "rec.x"],
      check: (given) => {
        seen.push(given);
        return given.a === "bad" ? "bad a" : undefined;
      },
    };
    expect(check(custom, { a: "bad", b: "hidden", rec: { x: "1", y: "2" } })).toEqual({ "@entity": ["bad a"] });
    expect(seen).toEqual([{ a: "bad", rec: { x: "1" } }]);
    expect(check(custom, { a: 5 })).toEqual({ a: "expected a string" });
    expect(seen).toHaveLength(1);
  });

  it("may fault fields", () => {
    const custom: EntityCheck = { kind: "custom", fieldSources: ["a"], check: () => ({ "rec.x": "no", b: "neither" }) };
    expect(check(custom, { a: "x" })).toEqual({ rec: { x: "no" }, b: "neither" });
  });
});

describe("checks of records", () => {
  const checks: EntityCheck[] = [{ kind: "at_least_one_of", fields: ["x", "y"] }];
  const text = "at least one of these fields must be non-empty: 'x', 'y'";
  const inner = record({ x: str(), y: str() }, { checks });

  it("run at every depth", () => {
    const thing = entity({ rec: record({ deep: inner }), list: arrayOf(inner) });
    expect(faults(thing, { list: [{ x: "1" }, {}] })).toEqual({
      rec: { deep: { "@entity": [text] } },
      list: [null, { "@entity": [text] }],
    });
  });

  it("add to the faults of fields", () => {
    expect(faults(entity({ rec: inner }), { rec: { z: 1 } })).toEqual({ rec: { z: "unknown field", "@entity": [text] } });
  });
});

describe("definitions", () => {
  it("may not refer to fields that do not exist", () => {
    const misspelt: EntityCheck = { kind: "at_least_one_of", fields: ["a", "bb"] };
    expect(() => entity(fields, { checks: [misspelt] })).toThrow("entity 'things' has no field 'bb'");
    expect(() => defineEntity({ name: "x", fields, primaryKey: ["a"], checks: [] })).not.toThrow();
  });
});
