import { describe, expect, it } from "vitest";
import { compileSchema } from "../../src/schema/compile.js";
import { abstractRecord, arrayOf, foreign, int, json, mapOf, record, setOf, str } from "../../src/schema/field.js";
import { timestamps, timestampsMs } from "../../src/schema/typedefs.js";
import { complete, entity, NOW } from "./support.js";

describe("insert", () => {
  it("fills auto fields", () => {
    const made = complete(entity({ ...timestamps, key: str({ auto: true }) }), { updated_at: 1 });
    expect(made.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(made.key).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(made).toMatchObject({ created_at: 1_700_000_000, updated_at: 1_700_000_000 });
  });

  it("keeps a client's id, key and creation time", () => {
    const thing = entity({ ...timestamps, key: str({ auto: true }) });
    expect(complete(thing, { id: "x", key: "k", created_at: 5 })).toMatchObject({ id: "x", key: "k", created_at: 5 });
    expect(complete(thing, { id: null, key: null, created_at: null })).toMatchObject({
      id: null,
      key: null,
      created_at: 1_700_000_000,
    });
  });

  it("counts in milliseconds where the field is a number", () => {
    expect(complete(entity(timestampsMs), {})).toMatchObject({ created_at: 1_700_000_000.123 });
  });

  it("fills nothing of its own when told so", () => {
    const { record: made } = compileSchema(entity(timestamps)).complete({}, "insert", { skipAuto: true, now: () => NOW });
    expect(made).toEqual({ id: null, created_at: null, updated_at: null });
  });

  it("fills defaults for absent fields, not for null ones", () => {
    const thing = entity({ a: int({ default: 5 }), b: str(), c: int({ default: null }) });
    expect(complete(thing, { id: "x" })).toEqual({ id: "x", a: 5, b: null, c: null });
    expect(complete(thing, { id: "x", a: null })).toMatchObject({ a: null });
    expect(complete(thing, { id: "x", a: undefined })).toMatchObject({ a: 5 });
  });

  it("copies defaults", () => {
    const preset = { list: ["a"] };
    const thing = entity({ a: record({ list: arrayOf(str()) }, { default: preset }) });
    const first = complete(thing, {});
    (first.a as { list: string[] }).list.push("b");
    expect(complete(thing, {}).a).toEqual({ list: ["a"] });
  });

  it("builds required records from their own defaults, and leaves optional ones unset", () => {
    const inner = { n: int({ default: 1 }), deeper: record({ m: int({ default: 2 }), s: str() }) };
    const thing = entity({ needed: record(inner), optional: record(inner, { required: false }), open: abstractRecord() });
    const whole = { n: 1, deeper: { m: 2, s: null } };
    expect(complete(thing, { id: "x" })).toEqual({ id: "x", needed: whole, optional: null, open: null });
    expect(complete(thing, { optional: {}, needed: { deeper: { s: "y" } } })).toMatchObject({
      optional: whole,
      needed: { n: 1, deeper: { m: 2, s: "y" } },
    });
  });

  it("completes records in lists and maps", () => {
    const item = record({ n: int({ default: 1 }) });
    const thing = entity({ list: arrayOf(item), map: mapOf(str(), item) });
    expect(complete(thing, { list: [{}, { n: 2 }], map: { a: {} } })).toMatchObject({
      list: [{ n: 1 }, { n: 2 }],
      map: { a: { n: 1 } },
    });
  });

  it("drops later duplicates of a set's scalars", () => {
    const thing = entity({ set: setOf(str()), list: arrayOf(str()), records: setOf(record({ a: str() })) });
    expect(complete(thing, { set: ["b", "a", "b"], list: ["a", "a"], records: [{ a: "x" }, { a: "x" }] })).toMatchObject({
      set: ["b", "a"],
      list: ["a", "a"],
      records: [{ a: "x" }, { a: "x" }],
    });
  });

  it("stores nothing of a reference but its id, once it has one", () => {
    const thing = entity({ service: foreign("services") });
    expect(complete(thing, { service: { id: "x", name: "y" } })).toMatchObject({ service: { id: "x" } });
    expect(complete(thing, { service: { name: "y" } })).toMatchObject({ service: { name: "y" } });
  });

  it("leaves the input alone and shares nothing with it", () => {
    const thing = entity({
      list: arrayOf(str()),
      map: mapOf(str(), arrayOf(str())),
      any: json(),
      rec: record({ l: arrayOf(str()) }),
    });
    const input = Object.freeze({
      list: Object.freeze(["a"]),
      map: Object.freeze({ k: Object.freeze(["v"]) }),
      any: Object.freeze({ deep: Object.freeze([1]) }),
      rec: Object.freeze({ l: Object.freeze(["x"]) }),
    });
    const made = complete(thing, input);
    expect(made).toMatchObject(input);
    for (const name of ["list", "map", "any", "rec"] as const) expect(made[name]).not.toBe(input[name]);
    expect((made.map as typeof input.map).k).not.toBe(input.map.k);
    expect((made.any as typeof input.any).deep).not.toBe(input.any.deep);
  });
});

describe("update", () => {
  const thing = entity({
    ...timestamps,
    a: int({ default: 5 }),
    rec: record({ n: int({ default: 1 }), m: int() }),
    list: arrayOf(record({ n: int({ default: 1 }) })),
  });

  it("fills nothing but the time of the change", () => {
    expect(complete(thing, { rec: { m: 3 } }, "update")).toEqual({ updated_at: 1_700_000_000, rec: { m: 3 } });
    expect(complete(thing, { a: null }, "update")).toMatchObject({ a: null });
  });

  it("merges records member by member and replaces the rest", () => {
    const schema = compileSchema(thing);
    const stored = complete(thing, { id: "x", rec: { n: 7 }, list: [{ n: 1 }, { n: 2 }] });
    const merged = schema.merge(stored, complete(thing, { rec: { m: 3 }, list: [{}] }, "update"));
    expect(merged).toEqual({ ...stored, rec: { n: 7, m: 3 }, list: [{ n: 1 }] });
    expect(stored).toMatchObject({ rec: { n: 7, m: null } });
  });

  it("completes an optional record that was not there before", () => {
    const optional = entity({ rec: record({ n: int({ default: 1 }), m: int() }, { required: false }) });
    expect(compileSchema(optional).merge({ id: "x", rec: null }, { rec: { m: 2 } })).toEqual({ id: "x", rec: { n: 1, m: 2 } });
  });
});
