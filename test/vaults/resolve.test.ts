import { describe, expect, it } from "vitest";
import { arrayOf, int, mapOf, record, str } from "../../src/schema/field.js";
import { resolveRecord } from "../../src/vaults/resolve.js";

const secret = str({ referenceable: true });
const fields = {
  plain: str(),
  secret,
  list: arrayOf(secret),
  map: mapOf(str(), secret),
  nested: record({ inner: record({ password: secret, port: int() }) }),
  records: arrayOf(record({ token: secret })),
};
const reference = "{vault://env/x}";
const resolve = (text: string): string => `<${text}>`;
const shown = `<${reference}>`;

describe("resolveRecord", () => {
  it("puts secrets in the place of references, wherever they are allowed", () => {
    const given = {
      plain: reference,
      secret: reference,
      list: ["a", reference],
      map: { a: reference, b: "b" },
      nested: { inner: { password: reference, port: 5 } },
      records: [{ token: reference }, { token: null }],
    };
    const before = structuredClone(given);
    expect(resolveRecord(fields, given, resolve)).toEqual({
      plain: reference,
      secret: shown,
      list: ["a", shown],
      map: { a: shown, b: "b" },
      nested: { inner: { password: shown, port: 5 } },
      records: [{ token: shown }, { token: null }],
    });
    expect(given).toEqual(before);
  });

  it("answers the record itself when there is nothing to do", () => {
    const given = { plain: reference, secret: "s", list: ["a"], map: { a: "b" }, nested: { inner: { password: null, port: 1 } } };
    expect(resolveRecord(fields, given, resolve)).toBe(given);
    expect(resolveRecord({ plain: str() }, given, resolve)).toBe(given);
  });
});
