import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { base64url, makeToken } from "../../support/jwt.js";
import { type PluginGateway, pluginGateway, refusal, seen } from "../../support/plugin-gateway.js";
import type { Config } from "../../support/test-gateway.js";

const ALICE = {
  id: "3b8a2f6e-6a55-4c1b-9f0e-1d2c3b4a5f60",
  username: "alice",
  custom_id: "a-1",
  jwt_secrets: [
    { key: "alice-key", secret: "alice-secret" },
    { key: "alice-384", secret: "alice-secret", algorithm: "HS384" },
    { key: "alice-512", secret: "alice-secret", algorithm: "HS512" },
  ],
};
const BOB = { username: "bob", jwt_secrets: [{ key: "bob-key", secret: "bob-secret" }] };
const GUEST = { id: "9d1c5a7e-0b1f-4f7a-8a40-6f2f2b5f8f11", username: "guest", custom_id: "g-1" };

function setup(config: object = {}, more: Config = {}, options: object = {}): Promise<PluginGateway> {
  return pluginGateway([{ name: "jwt", config }], { consumers: [ALICE, BOB, GUEST], ...more }, options);
}

const GOOD = makeToken({ iss: "alice-key" }, "alice-secret");
const OTHER = makeToken({ iss: "bob-key" }, "bob-secret");
const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });
const [HEADER = "", CLAIMS = "", SIGNATURE = ""] = GOOD.split(".");

describe("jwt", () => {
  it("tells the upstream who the caller is", async () => {
    await using t = await setup();
    const headers = { authorization: `Bearer ${GOOD}`, "x-anonymous-consumer": "true", "x-consumer-id": "root" };
    const record = await seen(await t.gateway.fetch("/", { headers }));
    expect(record.headers).toMatchObject({
      "x-consumer-id": ALICE.id,
      "x-consumer-custom-id": "a-1",
      "x-consumer-username": "alice",
      "x-credential-identifier": "alice-key",
      authorization: `Bearer ${GOOD}`,
    });
    expect(record.headers).not.toHaveProperty("x-anonymous-consumer");
  });

  it.each([
    ["HS256", "alice-key"],
    ["HS384", "alice-384"],
    ["HS512", "alice-512"],
  ])("verifies %s", async (alg, iss) => {
    await using t = await setup();
    await seen(await t.gateway.fetch("/", bearer(makeToken({ iss }, "alice-secret", { alg }))));
    const response = await t.gateway.fetch("/", bearer(makeToken({ iss }, "other", { alg })));
    expect(await refusal(response)).toBe("Invalid signature");
  });

  it("does not mind the type of the token", async () => {
    await using t = await setup();
    for (const header of [{ typ: undefined }, { typ: "at+jwt" }, { typ: 7 }]) {
      await seen(await t.gateway.fetch("/", bearer(makeToken({ iss: "alice-key" }, "alice-secret", { header }))));
    }
  });

  it("takes padding and the other alphabet of base64", async () => {
    await using t = await setup();
    const padded = GOOD.split(".").map((part) => Buffer.from(part, "base64url").toString("base64"));
    const token = makeToken({ iss: "alice-key", a: "??>>~~" }, "alice-secret");
    expect(token).toMatch(/[-_]/);
    await seen(await t.gateway.fetch("/", bearer(token)));
    // The signature is about the text as it stands, so other spellings of the first two parts do not pass.
    expect(await refusal(await t.gateway.fetch("/", bearer(padded.join("."))))).toBe("Invalid signature");
    await seen(await t.gateway.fetch("/", bearer(`${HEADER}.${CLAIMS}.${padded[2]}`)));
  });

  it("reads secrets in base64 when told to", async () => {
    const secret = Buffer.from([0, 255, 128, 7, 62, 63]);
    const consumers = [
      {
        username: "c",
        jwt_secrets: [
          { key: "url", secret: secret.toString("base64url") },
          { key: "plain", secret: secret.toString("base64") },
          { key: "bad", secret: "not base64!" },
        ],
      },
    ];
    await using t = await setup({ secret_is_base64: true }, { consumers });
    await seen(await t.gateway.fetch("/", bearer(makeToken({ iss: "url" }, secret))));
    await seen(await t.gateway.fetch("/", bearer(makeToken({ iss: "plain" }, secret))));
    const response = await t.gateway.fetch("/", bearer(makeToken({ iss: "bad" }, "")));
    expect(await refusal(response)).toBe("Invalid key/secret");
  });

  it("leaves the raw token to later plugins", async () => {
    const tell = definePlugin({
      name: "tell",
      version: "1.0.0",
      priority: 1,
      config: {},
      access: (pdk) => pdk.response.exit(200, String(pdk.ctx.shared.authenticated_jwt_token)),
    });
    await using t = await pluginGateway([{ name: "jwt" }, { name: "tell" }], { consumers: [ALICE] }, { plugins: [tell] });
    expect(await (await t.gateway.fetch("/", bearer(GOOD))).text()).toBe(GOOD);
  });

  it("lets preflights pass when told to, without saying who calls", async () => {
    await using t = await setup({ run_on_preflight: false });
    const { headers } = await seen(await t.gateway.fetch("/", { method: "OPTIONS", ...bearer(GOOD) }));
    expect(headers).not.toHaveProperty("x-consumer-id");
    expect((await t.gateway.fetch("/")).status).toBe(401);
  });

  it("authenticates OPTIONS requests by default", async () => {
    await using t = await setup();
    expect((await t.gateway.fetch("/", { method: "OPTIONS" })).status).toBe(401);
  });
});

describe("jwt, refusals", () => {
  const sign = (claims: object, header: object = {}): string => makeToken(claims, "alice-secret", { header });

  it("asks for a token in plain words, whatever the client accepts", async () => {
    await using t = await setup();
    const response = await t.gateway.fetch("/", { headers: { accept: "text/html" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await response.text()).toBe('{"message":"Unauthorized"}');
    expect(t.upstream.requests).toEqual([]);
  });

  it.each([
    ["an unknown algorithm", sign({ iss: "alice-key" }, { alg: "HS999" }), "Bad token; invalid alg"],
    ["an algorithm that is a name of every object", sign({ iss: "alice-key" }, { alg: "constructor" }), "Bad token; invalid alg"],
    ["no algorithm", sign({ iss: "alice-key" }, { alg: undefined }), "Bad token; invalid alg"],
    ["a number for an algorithm", sign({ iss: "alice-key" }, { alg: 256 }), "Bad token; invalid alg"],
    ["a list of algorithms", sign({ iss: "alice-key" }, { alg: ["HS256"] }), "Bad token; invalid alg"],
    ["a header that is null", `${base64url("null")}.${CLAIMS}.${SIGNATURE}`, "Bad token; invalid alg"],
    ["a corrupted header", `x${GOOD}`, "Bad token; invalid JSON"],
    ["claims that are not JSON", `${HEADER}.${base64url("{")}.${SIGNATURE}`, "Bad token; invalid JSON"],
    ["claims that are null", `${HEADER}.${base64url("null")}.${SIGNATURE}`, "Bad token; invalid claims"],
    ["claims that are a list", `${HEADER}.${base64url("[]")}.${SIGNATURE}`, "Bad token; invalid claims"],
    ["claims that are a text", `${HEADER}.${base64url('"iss"')}.${SIGNATURE}`, "Bad token; invalid claims"],
    ["one part", HEADER, "Bad token; invalid JSON"],
    ["two parts", `${HEADER}.${CLAIMS}`, "Bad token; invalid JSON"],
    ["dots alone", "..", "Bad token; invalid JSON"],
    ["four parts", `${GOOD}.${SIGNATURE}`, "Bad token; invalid signature"],
    ["a signature that is not base64", `${HEADER}.${CLAIMS}.!`, "Bad token; invalid signature"],
    ["no issuer", sign({ sub: "x" }), "No mandatory 'iss' in claims"],
    ["a null issuer", sign({ iss: null }), "No mandatory 'iss' in claims"],
    ["an empty issuer", sign({ iss: "" }), "Invalid 'iss' in claims"],
    ["a number for an issuer", sign({ iss: 7 }), "Invalid 'iss' in claims"],
    ["an object for an issuer", sign({ iss: { id: 1 } }), "Invalid 'iss' in claims"],
    ["an unknown issuer", sign({ iss: "nobody" }), "No credentials found for given 'iss'"],
    [
      "another algorithm than the credential's",
      makeToken({ iss: "alice-key" }, "alice-secret", { alg: "HS512" }),
      "Invalid algorithm",
    ],
    ["a wrong secret", makeToken({ iss: "alice-key" }, "bob-secret"), "Invalid signature"],
    ["changed claims", `${HEADER}.${base64url({ iss: "alice-key", admin: true })}.${SIGNATURE}`, "Invalid signature"],
    ["a cut signature", GOOD.slice(0, -4), "Invalid signature"],
    ["an empty signature", `${HEADER}.${CLAIMS}.`, "Invalid signature"],
  ])("names %s", async (_what, token, message) => {
    await using t = await setup();
    const response = await t.gateway.fetch("/", bearer(token));
    expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(await response.text()).toBe(JSON.stringify({ message }));
    expect(response.status).toBe(401);
    expect(t.upstream.requests).toEqual([]);
  });

  it("names the realm in both challenges", async () => {
    await using t = await setup({ realm: "test" });
    expect((await t.gateway.fetch("/")).headers.get("www-authenticate")).toBe('Bearer realm="test"');
    const response = await t.gateway.fetch("/", bearer("x"));
    expect(response.headers.get("www-authenticate")).toBe('Bearer realm="test", error="invalid_token"');
  });
});

describe("jwt, where tokens are looked for", () => {
  it.each([
    ["the query", {}, `/?jwt=${GOOD}`, {}],
    ["the header in lower case", {}, "/", { authorization: `bearer ${GOOD}` }],
    ["the header, not at its start", {}, "/", { authorization: `Other x, Bearer ${GOOD}` }],
    ["another argument", { uri_param_names: ["a", "token"] }, `/?token=${GOOD}`, {}],
    ["another argument, encoded", { uri_param_names: ["token"] }, `/?t%6Fken=${GOOD}`, {}],
    ["another header", { header_names: ["CustomAuthorization"] }, "/", { customauthorization: `Bearer ${GOOD}` }],
    ["a cookie", { cookie_names: ["silly", "crumble"] }, "/", { cookie: `a=1; crumble=${GOOD}; b=2` }],
    ["an empty cookie and a header", { cookie_names: ["silly"] }, "/", { cookie: "silly=", authorization: `Bearer ${GOOD}` }],
    ["the same in two places", { cookie_names: ["c"] }, `/?jwt=${GOOD}&jwt=${GOOD}`, { cookie: `c=${GOOD}` }],
    ["an empty argument and a header", {}, "/?jwt=", { authorization: `Bearer ${GOOD}` }],
  ])("finds it in %s", async (_place, config, path, headers) => {
    await using t = await setup(config);
    await seen(await t.gateway.fetch(path, { headers: headers as Record<string, string> }));
  });

  it.each([
    [
      "no place that is configured",
      { uri_param_names: [], header_names: [] },
      `/?jwt=${GOOD}`,
      { authorization: `Bearer ${GOOD}` },
    ],
    ["a header without Bearer", {}, "/", { authorization: GOOD }],
    ["another header without Bearer", { header_names: ["x-token"] }, "/", { "x-token": GOOD }],
    ["a cookie that was not asked for", {}, "/", { cookie: `jwt=${GOOD}` }],
    ["a cookie whose name only ends so", { cookie_names: ["c"] }, "/", { cookie: `xc=${GOOD}` }],
    ["a body", {}, "/", {}],
  ])("does not find it in %s", async (place, config, path, headers) => {
    await using t = await setup(config);
    const body = place === "a body" ? { method: "POST", body: `jwt=${GOOD}` } : {};
    expect(await refusal(await t.gateway.fetch(path, { headers: headers as Record<string, string>, ...body }))).toBe(
      "Unauthorized",
    );
  });

  it.each([
    ["two arguments", `/?jwt=${GOOD}&jwt=${OTHER}`, {}],
    ["argument and header", `/?jwt=${GOOD}`, { authorization: `Bearer ${OTHER}` }],
    ["a good one and a broken one", `/?jwt=${GOOD}&jwt=x`, {}],
    ["a good one and an argument without a value", `/?jwt=${GOOD}&jwt`, {}],
    ["cookie and header", "/", { cookie: `c=${OTHER}`, authorization: `Bearer ${GOOD}` }],
  ])("refuses different tokens: %s", async (_what, path, headers) => {
    await using t = await setup({ cookie_names: ["c"] });
    const response = await t.gateway.fetch(path, { headers: headers as Record<string, string> });
    expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(await refusal(response)).toBe("Multiple tokens provided");
  });

  it("does not recognise an argument without a value", async () => {
    await using t = await setup();
    expect(await refusal(await t.gateway.fetch("/?jwt"))).toBe("Unrecognizable token");
  });

  it("takes the first of a repeated header", async () => {
    await using t = await setup({ header_names: ["x-token"] });
    const first = await t.gateway.request({ headers: { host: "x", "x-token": [`Bearer ${GOOD}`, "Bearer x"] } });
    const second = await t.gateway.request({ headers: { host: "x", "x-token": ["Bearer x", `Bearer ${GOOD}`] } });
    expect([first.status, second.status]).toEqual([200, 401]);
  });
});

describe("jwt, the claim that names the credential", () => {
  it.each([
    ["another claim", { sub: "alice-key" }, {}],
    ["the header", {}, { sub: "alice-key" }],
    ["the claim before the header", { sub: "alice-key" }, { sub: "bob-key" }],
    ["the header when the claim is null", { sub: null }, { sub: "alice-key" }],
  ])("may be %s", async (_what, claims, header) => {
    await using t = await setup({ key_claim_name: "sub" });
    const { headers } = await seen(await t.gateway.fetch("/", bearer(makeToken(claims, "alice-secret", { header }))));
    expect(headers["x-consumer-username"]).toBe("alice");
  });

  it("is named in refusals, and not found where every object has it", async () => {
    await using t = await setup({ key_claim_name: "toString" });
    expect(await refusal(await t.gateway.fetch("/", bearer(GOOD)))).toBe("No mandatory 'toString' in claims");
  });
});

describe("jwt, registered claims", () => {
  const NOW = Date.UTC(2024, 0, 1) / 1000;
  const clock = { clock: () => NOW * 1000 };

  async function ask(config: object, claims: object): Promise<string> {
    await using t = await setup(config, {}, clock);
    const response = await t.gateway.fetch("/", bearer(makeToken({ iss: "alice-key", ...claims }, "alice-secret")));
    if (response.status === 200) return "passes";
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    return response.text();
  }

  const both = { claims_to_verify: ["nbf", "exp"] };
  const exp = { claims_to_verify: ["exp"] };
  it.each([
    ["not asked for", {}, { exp: 1, nbf: NOW + 9 }, "passes"],
    ["both good", both, { exp: NOW + 1, nbf: NOW }, "passes"],
    ["expired now", exp, { exp: NOW }, '{"exp":"token expired"}'],
    ["expired long ago", exp, { exp: -1 }, '{"exp":"token expired"}'],
    ["not valid yet", both, { exp: NOW + 9, nbf: NOW + 1 }, '{"nbf":"token not valid yet"}'],
    ["both bad", both, { exp: NOW, nbf: NOW + 1 }, '{"nbf":"token not valid yet","exp":"token expired"}'],
    ["absent", both, {}, '{"nbf":"must be a number","exp":"must be a number"}'],
    ["texts", exp, { exp: `${NOW + 9}` }, '{"exp":"must be a number"}'],
    ["null", exp, { exp: null }, '{"exp":"must be a number"}'],
    ["within the maximum", { ...exp, maximum_expiration: 300 }, { exp: NOW + 300 }, "passes"],
    [
      "beyond the maximum",
      { ...exp, maximum_expiration: 300 },
      { exp: NOW + 301 },
      '{"exp":"exceeds maximum allowed expiration"}',
    ],
    ["no exp to compare with the maximum", { maximum_expiration: 300 }, {}, '{"exp":"exceeds maximum allowed expiration"}'],
    ["a text beside the maximum", { maximum_expiration: 300 }, { exp: "1" }, '{"exp":"exceeds maximum allowed expiration"}'],
    ["beyond all", { ...exp, maximum_expiration: 300 }, { exp: 1e300 }, '{"exp":"exceeds maximum allowed expiration"}'],
  ])("%s", async (_what, config, claims, answer) => {
    expect(await ask(config, claims)).toBe(answer);
  });
});

describe("jwt, anonymous consumer", () => {
  it.each([
    ["id", GUEST.id],
    ["username", GUEST.username],
  ])("stands in by %s for a client without a good token", async (_by, anonymous) => {
    await using t = await setup({ anonymous });
    for (const init of [{}, bearer("x"), bearer(makeToken({ iss: "alice-key" }, "wrong"))]) {
      const { headers } = await seen(await t.gateway.fetch("/", init));
      expect(headers).toMatchObject({ "x-consumer-username": "guest", "x-anonymous-consumer": "true" });
      expect(headers).not.toHaveProperty("x-credential-identifier");
    }
    expect((await seen(await t.gateway.fetch("/", bearer(GOOD)))).headers["x-consumer-username"]).toBe("alice");
  });

  it("is not found by custom_id; then nobody passes", async () => {
    await using t = await setup({ anonymous: "g-1" });
    expect(await refusal(await t.gateway.fetch("/"), 500)).toBe("anonymous consumer g-1 is configured but doesn't exist");
  });
});

describe("jwt, credentials", () => {
  it("get a key and a secret when they have none, and follow writes", async () => {
    await using t = await setup({}, {}, { database: "memory" });
    const { jwt_secrets: secrets } = t.gateway.gateway.db;
    const made = await secrets.insert({ consumer: { id: ALICE.id } });
    expect(made).toMatchObject({
      key: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      secret: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      algorithm: "HS256",
    });
    const token = makeToken({ iss: made.key }, made.secret);
    expect((await t.gateway.fetch("/", bearer(token))).status).toBe(200);
    await secrets.update(made.id, { secret: "changed" });
    expect(await refusal(await t.gateway.fetch("/", bearer(token)))).toBe("Invalid signature");
    expect((await t.gateway.fetch("/", bearer(makeToken({ iss: made.key }, "changed")))).status).toBe(200);
    await secrets.delete(made.id);
    expect(await refusal(await t.gateway.fetch("/", bearer(token)))).toBe("No credentials found for given 'iss'");
  });
});

describe("jwt, schema", () => {
  it.each([
    [{ maximum_expiration: 300, claims_to_verify: ["nbf"] }, "expected to contain: exp"],
    [{ maximum_expiration: -1, claims_to_verify: ["exp"] }, "value should be between 0 and 31536000"],
    [{ claims_to_verify: ["aud"] }, "expected one of: exp, nbf"],
  ])("refuses %j", async (config, message) => {
    await expect(setup(config)).rejects.toThrow(message);
  });

  it("refuses to be set on a consumer", async () => {
    await expect(setup({}, { plugins: [{ name: "jwt", consumer: "alice" }] })).rejects.toThrow("value must be null");
  });
});
