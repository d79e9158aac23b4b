import { describe, expect, it } from "vitest";
import { pluginsWith } from "../../src/entities/plugins.js";
import { services } from "../../src/entities/services.js";
import { compileSchema } from "../../src/schema/compile.js";
import { mapOf, record, str } from "../../src/schema/field.js";
import { type AnyRecord, complete, entity, faults } from "./support.js";

const poisoned = (text: string): AnyRecord => JSON.parse(text) as AnyRecord;

describe("keys that mean something to JavaScript", () => {
  it.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])("%s is an unknown field", (key) => {
    const found = faults(services, poisoned(`{"host":"h","${key}":{"polluted":true}}`));
    expect(Object.entries(found ?? {})).toEqual([[key, "unknown field"]]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
    expect(({} as AnyRecord).polluted).toBeUndefined();
  });

  it("are unknown in nested records too", () => {
    const thing = entity({ rec: record({ a: str() }) });
    const found = faults(thing, poisoned('{"rec":{"__proto__":{"a":"x"},"constructor":1}}'))?.rec;
    expect(Object.entries(found as object)).toEqual([
      ["__proto__", "unknown field"],
      ["constructor", "unknown field"],
    ]);
  });

  it("are plain keys of maps", () => {
    const thing = entity({ map: mapOf(str(), str()) });
    const { map } = complete(thing, poisoned('{"map":{"__proto__":"x","constructor":"y"}}'));
    expect(Object.entries(map as object)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
  });

  it("select no sub-schema", () => {
    const plugins = pluginsWith({});
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(faults(plugins, { name })).toEqual({
        name: `plugin '${name}' not enabled; add it to the 'plugins' configuration property`,
      });
    }
  });

  it("survive a merge as plain keys", () => {
    const merged = compileSchema(services).merge({ host: "h" }, poisoned('{"__proto__":{"host":"evil"}}'));
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(merged.host).toBe("h");
  });

  it("do not satisfy a rule by inheritance", () => {
    const input = Object.create({ host: "inherited" }) as AnyRecord;
    expect(faults(services, input)).toEqual({ host: "required field missing" });
  });
});
