import { describe, expect, it } from "vitest";
import { TransformationError } from "../../src/errors/dao-errors.js";
import { compileSchema } from "../../src/schema/compile.js";
import { str } from "../../src/schema/field.js";
import { entity } from "./support.js";

const users = entity(
  { user: str(), password: str(), salt: str() },
  {
    transformations: [
      {
        input: ["password"],
        needs: ["salt"],
        onWrite: ({ password, salt }) => ({ password: `${String(salt)}:${String(password)}` }),
      },
      { input: ["password"], onWrite: ({ password }) => ({ password: `<${String(password)}>` }) },
    ],
  },
);
const schema = compileSchema(users);

describe("transformations", () => {
  it("run one after the other on a copy", () => {
    const record = { id: "x", user: "u", password: "p", salt: "s" };
    expect(schema.transform(record)).toEqual({ ...record, password: "<s:p>" });
    expect(record.password).toBe("p");
  });

  it("run only on what the caller gave", () => {
    const record = { id: "x", user: "u", password: "hashed", salt: "s" };
    expect(schema.transform(record, { user: "u" })).toBe(record);
  });

  it("want all of their fields or none", () => {
    const fault = { "@entity": ["all or none of these fields must be set: 'password', 'salt'"] };
    const id = "00000000-0000-4000-8000-000000000000";
    expect(schema.validate({ id, user: "u", password: "p", salt: null })).toEqual(fault);
    expect(schema.validate({ id, user: "u", password: null, salt: null })).toBeUndefined();
    expect(
      schema.validate({ id, user: "u", password: "hashed", salt: null }, { operation: "update", input: { user: "u" } }),
    ).toBeUndefined();
  });

  it("want all of them from the caller on update, for what is stored has been transformed", () => {
    const fault = { "@entity": ["all or none of these fields must be set: 'password', 'salt'"] };
    const stored = { id: "00000000-0000-4000-8000-000000000000", user: "u", password: "hashed", salt: "s" };
    const update = (input: Record<string, unknown>) =>
      schema.validate({ ...stored, ...input }, { operation: "update", input, stored });
    expect(update({ password: "p" })).toEqual(fault);
    expect(update({ salt: "t" })).toEqual(fault);
    expect(update({ salt: "s" })).toBeUndefined();
    expect(update({ password: "p", salt: "t" })).toBeUndefined();
    expect(update({ user: "v" })).toBeUndefined();
  });

  it("report their own failure", () => {
    const broken = entity(
      { a: str() },
      {
        transformations: [
          {
            input: ["a"],
            onWrite: () => {
              throw new Error("no entropy");
            },
          },
        ],
      },
    );
    expect(() => compileSchema(broken).transform({ a: "x" })).toThrow(TransformationError);
    expect(() => compileSchema(broken).transform({ a: "x" })).toThrow("transformation failed: no entropy");
  });
});
