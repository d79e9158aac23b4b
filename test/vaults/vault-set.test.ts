import { describe, expect, it } from "vitest";
import { bool, str } from "../../src/schema/field.js";
import { envVault } from "../../src/vaults/env.js";
import { defineVault } from "../../src/vaults/vault.js";
import { VaultSet } from "../../src/vaults/vault-set.js";

const environment = {
  MY_PASS: "one",
  MY_PASS_PREVIOUS: "zero",
  APP_DB_PASS: "two",
  "APP_A/B": "three",
  EMPTY: "",
  DB: JSON.stringify({ user: "u", port: 5, none: null, list: [] }),
  TEXT: "no json",
};
const shout = defineVault({
  name: "shout",
  config: { loud: bool({ required: true, default: false }), word: str() },
  get: ({ loud, word }, resource) => {
    if (resource === "broken") throw new Error("out of order");
    const text = `${word ?? ""}${resource}`;
    return loud ? text.toUpperCase() : text;
  },
});
const vaults = new VaultSet([envVault(environment), shout]);
const none = () => undefined;
const get = (reference: string): string => vaults.get(`{vault://${reference}}`, none);

describe("the env vault", () => {
  it.each([
    ["env/my-pass", "one"],
    ["env/MY_PASS", "one"],
    ["env/my-pass#1", "one"],
    ["env/my-pass#2", "zero"],
    ["env/db-pass?prefix=app-", "two"],
    ["env/a/b/?prefix=app_", "three"],
    ["env/my-pass?prefix=1&ttl=5", "one"],
    ["env/empty", ""],
    ["env/db/user", "u"],
  ])("answers %s", (reference, secret) => {
    expect(get(reference)).toBe(secret);
  });

  it.each([
    ["env/nothing", "no value found"],
    ["env/toString", "no value found"],
    ["env/db/password", "could not get subfield value: subfield password not found in JSON secret"],
    ["env/db/toString", "could not get subfield value: subfield toString not found in JSON secret"],
    ["env/db/port", "could not get subfield value: unexpected number value in JSON secret for subfield port"],
    ["env/db/none", "could not get subfield value: unexpected userdata value in JSON secret for subfield none"],
    ["env/db/list", "could not get subfield value: unexpected table value in JSON secret for subfield list"],
  ])("does not answer %s", (reference, why) => {
    expect(() => get(reference)).toThrow(`could not get value from external vault (${why})`);
  });

  it("says what is no JSON", () => {
    expect(() => get("env/text/key")).toThrow(/\(could not get subfield value: unable to json decode value \(.+\)\)$/);
  });

  it("has copied the environment, and has a prefix for references that name it", () => {
    const changing: Record<string, string> = { A_X: "old" };
    const set = new VaultSet([envVault(changing)], { defaults: { env: { prefix: "a-" } } });
    changing.A_X = "new";
    expect(set.get("{vault://env/x}", none)).toBe("old");
  });
});

describe("vault entities", () => {
  it("are found by prefix, and overridden by references", () => {
    const records = new Map([
      ["mine", { name: "env", config: { prefix: "app-" } }],
      ["loud", { name: "shout", config: { loud: true, word: null } }],
      ["gone", { name: "konnect", config: {} }],
    ]);
    const find = (prefix: string) => records.get(prefix);
    expect(vaults.get("{vault://mine/db-pass}", find)).toBe("two");
    expect(vaults.get("{vault://mine/pass?prefix=my-}", find)).toBe("one");
    expect(vaults.get("{vault://loud/hi}", find)).toBe("HI");
    expect(vaults.get("{vault://loud/hi?loud=false&word=oh-}", find)).toBe("oh-hi");
    expect(() => vaults.get("{vault://gone/x}", find)).toThrow("could not find vault (gone)");
    expect(() => vaults.get("{vault://other/x}", find)).toThrow("could not find vault (other)");
  });

  it("are not needed for a kind of one's own", () => {
    expect(get("shout/hi")).toBe("hi");
    expect(() => get("shout/broken")).toThrow("could not get value from external vault (out of order)");
  });
});
