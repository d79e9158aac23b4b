import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { base64url, makeToken, signature } from "../../support/jwt.js";
import { type PluginGateway, pluginGateway, refusal, seen } from "../../support/plugin-gateway.js";

const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }) as string;
const rsa = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength });
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });

const pairs = {
  rsa: rsa(2048),
  other: rsa(2048),
  large: rsa(3072),
  p256: ec("P-256"),
  p384: ec("P-384"),
  p521: ec("P-521"),
  ed25519: generateKeyPairSync("ed25519"),
  ed448: generateKeyPairSync("ed448"),
};
type Pair = keyof typeof pairs;

const GOOD: readonly (readonly [algorithm: string, pair: Pair])[] = [
  ["RS256", "rsa"],
  ["RS384", "rsa"],
  ["RS512", "rsa"],
  ["RS256", "large"],
  ["PS256", "rsa"],
  ["PS384", "rsa"],
  ["PS512", "rsa"],
  ["PS256", "large"],
  ["ES256", "p256"],
  ["ES384", "p384"],
  ["ES512", "p521"],
  ["EdDSA", "ed25519"],
  ["EdDSA", "ed448"],
];

const SECRET = "a-secret";
const consumers = [
  {
    username: "alice",
    jwt_secrets: [
      ...GOOD.map(([algorithm, pair]) => ({
        key: `${algorithm}-${pair}`,
        algorithm,
        rsa_public_key: pem(pairs[pair].publicKey),
        secret: SECRET,
      })),
      { key: "hmac", secret: SECRET },
      // Kong checks the keys of all algorithms but these.
      { key: "ES256-none", algorithm: "ES256" },
      { key: "ES256-broken", algorithm: "ES256", rsa_public_key: "not a key" },
      { key: "ES256-rsa", algorithm: "ES256", rsa_public_key: pem(pairs.rsa.publicKey) },
      { key: "ES256-p384", algorithm: "ES256", rsa_public_key: pem(pairs.p384.publicKey) },
      { key: "RS256-p256", algorithm: "RS256", rsa_public_key: pem(pairs.p256.publicKey) },
      { key: "EdDSA-p256", algorithm: "EdDSA", rsa_public_key: pem(pairs.p256.publicKey) },
    ],
  },
];

let t: PluginGateway;
beforeAll(async () => {
  t = await pluginGateway([{ name: "jwt", config: { secret_is_base64: false } }], { consumers });
});
afterAll(() => t[Symbol.asyncDispose]());

const ask = (token: string): Promise<Response> => t.gateway.fetch("/", { headers: { authorization: `Bearer ${token}` } });

describe("jwt, public keys", () => {
  it.each(GOOD)("verifies %s with a key %s", async (alg, pair) => {
    const iss = `${alg}-${pair}`;
    const { headers } = await seen(await ask(makeToken({ iss }, pairs[pair].privateKey, { alg })));
    expect(headers["x-credential-identifier"]).toBe(iss);
  });

  it.each(GOOD)("refuses what another key, or nobody, has signed: %s, %s", async (alg, pair) => {
    const iss = `${alg}-${pair}`;
    const signed = `${base64url({ alg })}.${base64url({ iss })}`;
    const genuine = signature(alg, signed, pairs[pair].privateKey);
    const flipped = Buffer.from(genuine);
    flipped[7] = (flipped[7] as number) ^ 1;
    const forged = [
      Buffer.alloc(0),
      Buffer.alloc(genuine.length),
      Buffer.alloc(genuine.length, 255),
      flipped,
      genuine.subarray(0, -1),
      genuine.subarray(1),
      Buffer.concat([genuine, Buffer.alloc(1)]),
      Buffer.concat([genuine, genuine]),
    ];
    for (const bytes of forged) expect(await refusal(await ask(`${signed}.${base64url(bytes)}`))).toBe("Invalid signature");
  });

  it("refuses a signature by another key of the same kind", async () => {
    expect(await refusal(await ask(makeToken({ iss: "RS256-rsa" }, pairs.other.privateKey, { alg: "RS256" })))).toBe(
      "Invalid signature",
    );
  });

  it("reads secrets of public keys' credentials as they are, whatever is said of secrets", async () => {
    await using other = await pluginGateway([{ name: "jwt", config: { secret_is_base64: true } }], { consumers });
    const token = makeToken({ iss: "RS256-rsa" }, pairs.rsa.privateKey, { alg: "RS256" });
    await seen(await other.gateway.fetch("/", { headers: { authorization: `Bearer ${token}` } }));
  });

  it.each([
    ["no key", "ES256-none", "Invalid key/secret"],
    ["text that is no key", "ES256-broken", "Invalid signature"],
    ["a key of another kind", "ES256-rsa", "Invalid signature"],
    ["a key on another curve", "ES256-p384", "Invalid signature"],
    ["an elliptic key for RSA", "RS256-p256", "Invalid signature"],
    ["an elliptic key for EdDSA", "EdDSA-p256", "Invalid signature"],
  ])("is 401, not 500, with %s", async (_what, iss, message) => {
    const alg = iss.slice(0, 5);
    const signed = `${base64url({ alg })}.${base64url({ iss })}`;
    for (const length of [0, 64, 96, 256]) {
      expect(await refusal(await ask(`${signed}.${base64url(Buffer.alloc(length, 1))}`))).toBe(message);
    }
    const curve = iss === "ES256-p384" ? pairs.p384 : pairs.p256;
    const real = signature("ES256", signed, curve.privateKey);
    expect(await refusal(await ask(`${signed}.${base64url(real)}`))).toBe(message);
  });
});

describe("jwt, attacks", () => {
  it.each(["none", "None", "NONE", "nOnE", ""])("refuses the algorithm %j, signed or not", async (alg) => {
    for (const iss of ["hmac", "RS256-rsa"]) {
      const signed = `${base64url({ alg })}.${base64url({ iss })}`;
      const hmac = signature("HS256", signed, SECRET);
      for (const end of ["", base64url(hmac)])
        expect(await refusal(await ask(`${signed}.${end}`))).toBe("Bad token; invalid alg");
    }
  });

  // RFC 8725 section 2.1: the verifier takes the public key, which everybody knows, for the secret of an HMAC.
  it.each(["HS256", "HS384", "HS512"])("refuses %s signed with the public key", async (alg) => {
    const key = pem(pairs.rsa.publicKey);
    const der = pairs.rsa.publicKey.export({ type: "spki", format: "der" });
    for (const secret of [key, key.trim(), key.replaceAll("\n", ""), der, SECRET]) {
      expect(await refusal(await ask(makeToken({ iss: "RS256-rsa" }, secret, { alg })))).toBe("Invalid algorithm");
    }
  });

  it.each([
    ["RS256", "PS256"],
    ["PS256", "RS256"],
    ["RS256", "RS512"],
  ] as const)("refuses %s's credential for %s, with the right key", async (of, alg) => {
    expect(await refusal(await ask(makeToken({ iss: `${of}-rsa` }, pairs.rsa.privateKey, { alg })))).toBe("Invalid algorithm");
  });

  it("refuses an HMAC credential for a token that brings its own key", async () => {
    const jwk = pairs.rsa.publicKey.export({ format: "jwk" });
    const header = { jwk, x5c: [pem(pairs.rsa.publicKey)], jku: "http://127.0.0.1/keys", kid: "RS256-rsa" };
    const token = makeToken({ iss: "hmac" }, pairs.rsa.privateKey, { alg: "RS256", header });
    expect(await refusal(await ask(token))).toBe("Invalid algorithm");
    const own = makeToken({ iss: "RS256-rsa" }, pairs.other.privateKey, {
      alg: "RS256",
      header: { jwk: pairs.other.publicKey.export({ format: "jwk" }) },
    });
    expect(await refusal(await ask(own))).toBe("Invalid signature");
  });

  it("refuses signatures of the wrong algorithm under the right name", async () => {
    const signed = `${base64url({ alg: "RS256" })}.${base64url({ iss: "RS256-rsa" })}`;
    for (const alg of ["PS256", "RS384"]) {
      const bytes = signature(alg, signed, pairs.rsa.privateKey);
      expect(await refusal(await ask(`${signed}.${base64url(bytes)}`))).toBe("Invalid signature");
    }
    const ecdsa = `${base64url({ alg: "ES256" })}.${base64url({ iss: "ES256-p256" })}`;
    const der = sign("sha256", Buffer.from(ecdsa), pairs.p256.privateKey);
    expect(await refusal(await ask(`${ecdsa}.${base64url(der)}`))).toBe("Invalid signature");
  });

  // RFC 7515 section 4.1.11. With `b64: false` (RFC 7797), something else would be signed than what is read.
  it.each([{ crit: ["b64"], b64: false }, { crit: ["exp"] }, { crit: [] }, { crit: null }, { crit: "x" }])(
    "refuses extensions that must be understood: %j",
    async (header) => {
      const message = "Bad token; invalid crit";
      expect(await refusal(await ask(makeToken({ iss: "hmac" }, SECRET, { header })))).toBe(message);
      expect(await refusal(await ask(makeToken({ iss: "RS256-rsa" }, pairs.rsa.privateKey, { alg: "RS256", header })))).toBe(
        message,
      );
    },
  );

  it("refuses a token in the name of another issuer", async () => {
    const mixed = [{ username: "bob", jwt_secrets: [{ key: "bobs", secret: "bobs-secret" }] }, ...consumers];
    await using other = await pluginGateway([{ name: "jwt" }], { consumers: mixed });
    const bobs = makeToken({ iss: "hmac", sub: "bobs", key: "bobs" }, "bobs-secret", { header: { iss: "bobs", kid: "bobs" } });
    const headers = { authorization: `Bearer ${bobs}` };
    expect(await refusal(await other.gateway.fetch("/", { headers }))).toBe("Invalid signature");
    expect(other.upstream.requests).toEqual([]);
  });

  it.each([
    "../../../../dev/null",
    "/dev/null",
    "' union select 'x' --",
    "http://127.0.0.1/key",
    "__proto__",
    "constructor",
    "hmac\0",
    " hmac",
    "HMAC",
    "x".repeat(4_000),
  ])("finds no key by a crafted name: %.30j", async (kid) => {
    await using other = await pluginGateway([{ name: "jwt", config: { key_claim_name: "kid" } }], { consumers });
    for (const secret of ["", SECRET]) {
      const headers = { authorization: `Bearer ${makeToken({}, secret, { header: { kid } })}` };
      expect(await refusal(await other.gateway.fetch("/", { headers }))).toBe("No credentials found for given 'kid'");
    }
  });

  it("refuses a token within a token, and one of five parts", async () => {
    const inner = makeToken({ iss: "hmac" }, SECRET);
    const signed = `${base64url({ alg: "HS256", cty: "JWT" })}.${base64url(inner)}`;
    expect(await refusal(await ask(`${signed}.${base64url(signature("HS256", signed, SECRET))}`))).toBe(
      "Bad token; invalid JSON",
    );
    expect((await ask(`${inner}.${inner}`)).status).toBe(401);
    const encrypted = [{ alg: "dir", enc: "A256GCM" }, "", "x", "x", "x"].map((part) => base64url(part)).join(".");
    expect((await ask(encrypted)).status).toBe(401);
  });

  it("refuses a short HMAC, and one with something after it", async () => {
    const signed = `${base64url({ alg: "HS256" })}.${base64url({ iss: "hmac" })}`;
    const whole = signature("HS256", signed, SECRET);
    for (const bytes of [whole.subarray(0, 16), whole.subarray(0, 1), Buffer.concat([whole, whole])]) {
      expect(await refusal(await ask(`${signed}.${base64url(bytes)}`))).toBe("Invalid signature");
    }
    expect((await ask(`${signed}.${base64url(whole)}`)).status).toBe(200);
  });

  it("does not let a repeated member hide what was signed", async () => {
    // The last one counts, for all readers of the token here: it is the same text that is verified and read.
    const header = base64url('{"alg":"none","alg":"HS256"}');
    const signed = `${header}.${base64url('{"iss":"nobody","iss":"hmac"}')}`;
    await seen(await ask(`${signed}.${base64url(signature("HS256", signed, SECRET))}`));
    const other = `${base64url('{"alg":"HS256","alg":"none"}')}.${base64url({ iss: "hmac" })}`;
    expect(await refusal(await ask(`${other}.${base64url(signature("HS256", other, SECRET))}`))).toBe("Bad token; invalid alg");
  });

  it("gets nowhere with names that every object has", async () => {
    const token = makeToken({}, SECRET, { header: { alg: "HS256" } });
    const proto = `${base64url('{"__proto__":{"alg":"HS256"}}')}.${base64url('{"__proto__":{"iss":"hmac"}}')}.x`;
    expect(await refusal(await ask(token))).toBe("No mandatory 'iss' in claims");
    expect(await refusal(await ask(proto))).toBe("Bad token; invalid alg");
  });

  it("answers tokens as large as a head may be", async () => {
    const claims = { iss: "hmac", filling: "x".repeat(10_000) };
    await seen(await ask(makeToken(claims, SECRET)));
    const nested = base64url("[".repeat(5_000));
    expect(await refusal(await ask(`${nested}.${nested}.${nested.slice(0, 64)}`))).toBe("Bad token; invalid JSON");
    expect(await refusal(await ask(".".repeat(10_000)))).toBe("Bad token; invalid JSON");
    const blanks = await t.gateway.request({ headers: { host: "x", authorization: `Bearer${" ".repeat(12_000)}x` } });
    expect(blanks.status).toBe(401);
  });
});
