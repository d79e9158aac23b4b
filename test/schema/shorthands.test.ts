import { describe, expect, it } from "vitest";
import { compileSchema } from "../../src/schema/compile.js";
import { int, record, type Shorthands, str } from "../../src/schema/field.js";
import { deprecationNotes, showShorthands } from "../../src/schema/shorthands.js";
import { complete, entity, faults } from "./support.js";

const shorthands: Shorthands = {
  address: {
    field: str(),
    expand: (value: string) => {
      const [host, port] = value.split(":");
      return { host, port: port === undefined ? null : Number(port) };
    },
  },
  redis_host: {
    field: str(),
    expand: (host: string) => ({ redis: { host } }),
    deprecated: { message: "use redis.host", removalInVersion: "4.0", replacedBy: "redis.host" },
  },
};
const fields = {
  host: str({ required: true }),
  port: int(),
  redis: record({ host: str({ default: "local" }), port: int({ default: 6379 }) }),
};
const thing = entity(fields, { shorthands });
const nested = entity({ config: record(fields, { shorthands }) });

describe("a shorthand", () => {
  it("gives values to real fields and is gone", () => {
    expect(complete(thing, { id: "x", address: "h:80" })).toEqual({
      id: "x",
      host: "h",
      port: 80,
      redis: { host: "local", port: 6379 },
    });
  });

  it("wins over the fields it sets", () => {
    expect(complete(thing, { address: "h", host: "other", port: 5 })).toMatchObject({ host: "h", port: null });
  });

  it("has its own type, and its faults its own name", () => {
    expect(faults(thing, { address: 5, host: "h" })).toEqual({ address: "expected a string" });
    expect(faults(thing, { address: "", host: "h" })).toEqual({ address: "length must be at least 1" });
  });

  it("keeps its place when it is nested", () => {
    expect(faults(nested, { config: { address: 5, host: "h" } })).toEqual({ config: { address: "expected a string" } });
    expect(complete(nested, { config: { address: "h" } })).toMatchObject({ config: { host: "h" } });
  });

  it("works on update, where only what was given is set", () => {
    expect(complete(thing, { address: "h:1" }, "update")).toEqual({ host: "h", port: 1 });
  });
});

describe("an old name", () => {
  it("fills what is not set, and leaves what is", () => {
    expect(complete(thing, { host: "h", redis_host: "old" })).toMatchObject({ redis: { host: "old", port: 6379 } });
    expect(complete(thing, { host: "h", redis_host: "old", redis: { port: 1 } })).toMatchObject({
      redis: { host: "old", port: 1 },
    });
    expect(complete(thing, { host: "h", redis_host: null, redis: { host: "new" } })).toMatchObject({ redis: { host: "new" } });
  });

  it("may agree with the new one, not contradict it", () => {
    expect(complete(thing, { host: "h", redis_host: "same", redis: { host: "same" } })).toMatchObject({
      redis: { host: "same" },
    });
    expect(faults(thing, { host: "h", redis_host: "old", redis: { host: "new" } })).toEqual({
      redis_host: "both deprecated and new field are used but their values mismatch: redis_host = old vs redis.host = new",
    });
  });

  it("is shown beside the new one on read", () => {
    const stored = complete(nested, { config: { host: "h", redis_host: "r" } });
    expect(showShorthands(nested.fields, nested.shorthands, stored)).toMatchObject({
      config: { redis_host: "r", redis: { host: "r" } },
    });
    expect(stored.config).not.toHaveProperty("redis_host");
    const plain = entity({ a: str() });
    const untouched = complete(plain, {});
    expect(showShorthands(plain.fields, plain.shorthands, untouched)).toBe(untouched);
  });

  it("is worth a note in the log", () => {
    expect(deprecationNotes(shorthands, { redis_host: "x", address: "y" })).toEqual(["use redis.host"]);
    expect(deprecationNotes(shorthands, { redis_host: null })).toEqual([]);
  });
});

describe("validateField", () => {
  it("judges one value by its field's rules", () => {
    const schema = compileSchema(thing);
    expect(schema.validateField("host", "h")).toBeUndefined();
    expect(schema.validateField("host", 5)).toBe("expected a string");
    expect(schema.validateField("port", null)).toBeUndefined();
    expect(schema.validateField("constructor", 5)).toBe("unknown field");
  });
});
