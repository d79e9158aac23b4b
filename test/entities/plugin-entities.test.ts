import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { acls } from "../../src/plugins/acl/entities.js";
import { basicauthCredentials } from "../../src/plugins/basic-auth/entities.js";
import { pluginEntities } from "../../src/plugins/entities.js";
import { hmacauthCredentials } from "../../src/plugins/hmac-auth/entities.js";
import { jwtSecrets } from "../../src/plugins/jwt/entities.js";
import { hashClientSecret } from "../../src/plugins/oauth2/client-secret.js";
import { oauth2Credentials, oauth2Tokens } from "../../src/plugins/oauth2/entities.js";
import { ratelimitingMetrics } from "../../src/plugins/rate-limiting/entities.js";
import { compileSchema } from "../../src/schema/compile.js";
import { complete, faults } from "../schema/support.js";

const consumer = { id: "0b2e2520-8980-505a-b7a2-769e8dde10c3" };

describe("the entities of plugins", () => {
  it("stand under their own names", () => {
    for (const entities of Object.values(pluginEntities)) {
      for (const [key, definition] of Object.entries(entities)) expect(definition.name).toBe(key);
    }
  });

  it("need a consumer", () => {
    const missing = { consumer: "required field missing" };
    expect(faults(acls, { group: "g" })).toEqual(missing);
    expect(faults(hmacauthCredentials, { username: "u" })).toEqual(missing);
    expect(faults(acls, { group: "g", consumer })).toBeUndefined();
  });
});

describe("basic-auth credentials", () => {
  const schema = compileSchema(basicauthCredentials);

  it("hash the password with the consumer's id", () => {
    const record = complete(basicauthCredentials, { username: "u", password: "kong", consumer });
    expect(schema.transform(record).password).toBe("9c0e4233ca3ae863544822d80ee668491ff22430");
  });

  it("want password and consumer together in an update", () => {
    const stored = complete(basicauthCredentials, { username: "u", password: "hash", consumer });
    const fault = { "@entity": ["all or none of these fields must be set: 'password', 'consumer.id'"] };
    const update = (input: Record<string, unknown>) =>
      schema.validate(schema.merge(stored, input), { operation: "update", input, stored });
    expect(update({ consumer: { id: "00000000-0000-4000-8000-000000000000" } })).toEqual(fault);
    expect(update({ password: "new" })).toEqual(fault);
    expect(update({ consumer })).toBeUndefined();
    expect(update({ username: "v" })).toBeUndefined();
    expect(update({ password: "new", consumer })).toBeUndefined();
  });
});

describe("jwt credentials", () => {
  const failed = "failed conditional validation given value of field 'algorithm'";
  const key = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string;

  it("need a public key for asymmetric algorithms", () => {
    expect(faults(jwtSecrets, { consumer })).toBeUndefined();
    expect(faults(jwtSecrets, { consumer, algorithm: "EdDSA", rsa_public_key: key })).toBeUndefined();
    expect(faults(jwtSecrets, { consumer, algorithm: "RS256" })).toEqual({
      "@entity": [failed],
      rsa_public_key: "required field missing",
    });
    expect(faults(jwtSecrets, { consumer, algorithm: "PS512", rsa_public_key: "x" })).toEqual({
      "@entity": [failed],
      rsa_public_key: "invalid key",
    });
  });

  it("accept ECDSA without one, as Kong does", () => {
    expect(faults(jwtSecrets, { consumer, algorithm: "ES256" })).toBeUndefined();
  });
});

describe("oauth2 credentials", () => {
  const input = { name: "app", consumer, client_secret: "s" };

  it("hash the secret when asked to", () => {
    const schema = compileSchema(oauth2Credentials);
    const hashed = schema.transform(complete(oauth2Credentials, { ...input, hash_secret: true })).client_secret;
    expect(hashed).toMatch(/^\$pbkdf2-sha512\$i=10000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(schema.transform(complete(oauth2Credentials, input)).client_secret).toBe("s");
    expect(hashClientSecret("s", Buffer.alloc(16))).toBe(hashClientSecret("s", Buffer.alloc(16)));
  });

  it("check where users may be sent back", () => {
    const uris = (...redirect_uris: string[]) => faults(oauth2Credentials, { ...input, redirect_uris })?.redirect_uris;
    expect(uris("https://a.test/cb?x=1")).toBeUndefined();
    expect(uris("https://a.test/#x", "not-valid")).toEqual([
      "fragment not allowed in 'https://a.test/#x'",
      "cannot parse 'not-valid'",
    ]);
  });
});

describe("oauth2 tokens and counters", () => {
  it("have Kong's shapes", () => {
    const token = complete(oauth2Tokens, { credential: consumer, expires_in: 60 });
    expect(token).toMatchObject({ token_type: "bearer", service: null, refresh_token: null });
    expect(token.access_token).toMatch(/^[A-Za-z0-9]{32}$/);
    const none = "00000000-0000-0000-0000-000000000000";
    const counter = { identifier: "", period: "minute", period_date: 1_700_000_000, service_id: none, route_id: none, value: 1 };
    expect(faults(ratelimitingMetrics, counter)).toBeUndefined();
  });
});
