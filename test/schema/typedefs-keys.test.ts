import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { capability, luaCode } from "../../src/schema/typedefs.js";
import { jwk, pem } from "../../src/schema/typedefs-keys.js";
import { complete, entity, faultOf } from "./support.js";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });

describe("jwk", () => {
  it("is an object that loads as a key", () => {
    expect(faultOf(jwk(), { kid: "k", ...publicKey.export({ format: "jwk" }) })).toBeUndefined();
    expect(faultOf(jwk(), { kid: "k", ...privateKey.export({ format: "jwk" }) })).toBeUndefined();
    expect(faultOf(jwk(), { kid: "k", kty: "RSA" })).toBe("could not load JWK, likely not a valid key");
    expect(faultOf(jwk(), { kty: "RSA", shape: "round", key_ops: "sign" })).toEqual({
      kid: "required field missing",
      shape: "unknown field",
      key_ops: "expected an array",
    });
  });

  it("may be optional", () => {
    expect(complete(entity({ key: jwk({ required: false }), pair: pem({ required: false }) }), {})).toMatchObject({
      key: null,
      pair: null,
    });
  });
});

describe("lua_code and capability", () => {
  it("are texts", () => {
    expect(faultOf(luaCode(), { "header.x": "return 1", other: "no lua at all" })).toBeUndefined();
    expect(faultOf(luaCode(), { name: "" })).toBe("length must be at least 1");
    expect(faultOf(luaCode(), { name: 5 })).toBe("expected a string");
    expect(faultOf(capability(), "")).toBe("length must be at least 1");
  });
});
