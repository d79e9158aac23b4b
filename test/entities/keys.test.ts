import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keySets } from "../../src/entities/key-sets.js";
import { keys } from "../../src/entities/keys.js";
import { complete, faults } from "../schema/support.js";

const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: KeyObject): string => key.export({ type: key.type === "public" ? "spki" : "pkcs8", format: "pem" }) as string;
const jwk = (extra: object = {}, kid = "k"): string => JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid, ...extra });

describe("keys", () => {
  it("take a JWK as text", () => {
    expect(faults(keys, { kid: "k", jwk: jwk() })).toBeUndefined();
    expect(faults(keys, { kid: "k", jwk: "{vault://env/key}" })).toBeUndefined();
  });

  it.each([
    ["no JSON", "{", "could not json decode jwk string"],
    ["another id", jwk({}, "other"), "kid in jwk.kid must be equal to keys.kid"],
    ["a list", "[]", "kid in jwk.kid must be equal to keys.kid"],
    ["no key", JSON.stringify({ kty: "EC", kid: "k" }), "could not load JWK, likely not a valid key"],
    ["a symmetric key", JSON.stringify({ kty: "oct", k: "AAAA", kid: "k" }), "could not load JWK, likely not a valid key"],
    ["an unknown member", jwk({ shape: "round" }), "Validation error: shape: unknown field"],
    ["a wrong member", jwk({ use: 5 }), "Validation error: use: expected a string"],
  ])("refuse a JWK that is %s", (_, text, message) => {
    expect(faults(keys, { kid: "k", jwk: text })).toEqual({ "@entity": [message] });
  });

  it("take PEM, of one key or of a pair", () => {
    expect(faults(keys, { kid: "k", pem: { public_key: pem(publicKey) } })).toBeUndefined();
    expect(faults(keys, { kid: "k", pem: { public_key: pem(publicKey), private_key: pem(privateKey) } })).toBeUndefined();
    expect(faults(keys, { kid: "k", pem: { public_key: "{vault://env/key}", private_key: "no key" } })).toBeUndefined();
    expect(complete(keys, { kid: "k" })).toMatchObject({ pem: null, jwk: null, set: null });
  });

  it("refuse PEM that is none", () => {
    expect(faults(keys, { kid: "k", pem: { public_key: "x" } })).toEqual({ pem: "could not load public key" });
    expect(faults(keys, { kid: "k", pem: { private_key: "x" } })?.pem).toMatch(/^could not load private key./);
    const pair = { public_key: pem(publicKey), private_key: pem(other.privateKey) };
    expect(faults(keys, { kid: "k", pem: pair })).toEqual({ pem: "public key does not match private key" });
    expect(faults(keys, { kid: "k", pem: {} })?.pem).toEqual({
      "@entity": ["at least one of these fields must be non-empty: 'private_key', 'public_key'"],
    });
  });

  it("take one form, and need it", () => {
    expect(faults(keys, { kid: "k" })).toEqual({ "@entity": ["at least one of these fields must be non-empty: 'jwk', 'pem'"] });
    expect(faults(keys, { kid: "k", jwk: jwk(), pem: { public_key: pem(publicKey) } })).toEqual({
      "@entity": ["only one or none of these fields must be set: 'jwk', 'pem'"],
    });
  });
});

describe("key sets", () => {
  it("need nothing", () => {
    expect(faults(keySets, {})).toBeUndefined();
    expect(keySets.adminApiName).toBe("key-sets");
  });
});
