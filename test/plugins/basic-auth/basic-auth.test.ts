import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type PluginGateway, pluginGateway, refusal, seen } from "../../support/plugin-gateway.js";
import type { Config } from "../../support/test-gateway.js";

const ALICE = {
  id: "3b8a2f6e-6a55-4c1b-9f0e-1d2c3b4a5f60",
  username: "alice",
  custom_id: "a-1",
  basicauth_credentials: [
    { username: "al", password: "open sesame" },
    { username: "colons", password: "a:b:c" },
    { username: "Zoë", password: "pässword" },
  ],
};
const BOB = { username: "bob", basicauth_credentials: [{ username: "bob", password: "secret" }] };
const GUEST = { id: "9d1c5a7e-0b1f-4f7a-8a40-6f2f2b5f8f11", username: "guest", custom_id: "g-1" };

function setup(config: object = {}, more: Config = {}, options: object = {}): Promise<PluginGateway> {
  return pluginGateway([{ name: "basic-auth", config }], { consumers: [ALICE, BOB, GUEST], ...more }, options);
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const basic = (text: string): string => `Basic ${base64(text)}`;
const GOOD = basic("al:open sesame");

describe("basic-auth", () => {
  it("tells the upstream who the caller is", async () => {
    await using t = await setup();
    const { headers } = await seen(
      await t.gateway.fetch("/", { headers: { authorization: GOOD, "x-anonymous-consumer": "true", "x-consumer-id": "root" } }),
    );
    expect(headers).toMatchObject({
      "x-consumer-id": ALICE.id,
      "x-consumer-custom-id": "a-1",
      "x-consumer-username": "alice",
      "x-credential-identifier": "al",
      authorization: GOOD,
    });
    expect(headers).not.toHaveProperty("x-anonymous-consumer");
  });

  it("removes what a client claims and its consumer has not", async () => {
    await using t = await setup();
    const headers = { authorization: basic("bob:secret"), "x-consumer-custom-id": "root", "x-anonymous-consumer": "true" };
    const record = await seen(await t.gateway.fetch("/", { headers }));
    expect(record.headers["x-consumer-username"]).toBe("bob");
    expect(record.headers).not.toHaveProperty("x-consumer-custom-id");
    expect(record.headers).not.toHaveProperty("x-anonymous-consumer");
  });

  it.each([
    ["colons in the password", basic("colons:a:b:c")],
    ["letters beyond ASCII", basic("Zoë:pässword")],
    ["the scheme in lower case", `basic ${base64("al:open sesame")}`],
    ["no padding", GOOD.replaceAll("=", "")],
    ["several blanks after the scheme", `Basic   ${base64("al:open sesame")}`],
  ])("takes %s", async (_what, authorization) => {
    await using t = await setup();
    await seen(await t.gateway.fetch("/", { headers: { authorization } }));
  });

  it.each([
    ["no header", undefined],
    ["a wrong password", basic("al:wrong")],
    ["the right password with something after it", basic("al:open sesame ")],
    ["the first letters of the password", basic("al:open")],
    ["the stored hash", basic(`al:${createHash("sha1").update(`open sesame${ALICE.id}`).digest("hex")}`)],
    ["an unknown user", basic("nobody:open sesame")],
    ["the password of another user", basic("bob:open sesame")],
    ["a user without a password", basic("al")],
    ["an empty password", basic("al:")],
    ["a password without a user", basic(":open sesame")],
    ["an empty user and password", basic(":")],
    ["another scheme", `Bearer ${base64("al:open sesame")}`],
    ["the scheme in capitals", `BASIC ${base64("al:open sesame")}`],
    ["the scheme alone", "Basic"],
    ["text that is not base64", "Basic al:open sesame"],
    ["base64 with something in it", `Basic ${base64("al:open sesame").slice(0, 4)}!${base64("al:open sesame").slice(4)}`],
    ["a name that every object has", basic("__proto__:x")],
  ])("refuses %s, always in the same words", async (_what, authorization) => {
    await using t = await setup();
    const response = await t.gateway.fetch("/", { headers: authorization === undefined ? {} : { authorization } });
    expect(response.headers.get("www-authenticate")).toBe('Basic realm="service"');
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await refusal(response)).toBe("Unauthorized");
    expect(t.upstream.requests).toEqual([]);
  });

  it("names the realm in the challenge", async () => {
    await using t = await setup({ realm: "test" });
    expect((await t.gateway.fetch("/")).headers.get("www-authenticate")).toBe('Basic realm="test"');
  });

  it("answers in the form that the client prefers", async () => {
    await using t = await setup();
    const response = await t.gateway.fetch("/", { headers: { accept: "text/plain" } });
    expect(await response.text()).toMatch(/^Unauthorized\nrequest_id: [0-9a-f]{32}\n$/);
  });

  it("authenticates OPTIONS requests too", async () => {
    await using t = await setup();
    expect((await t.gateway.fetch("/", { method: "OPTIONS" })).status).toBe(401);
  });

  it("refuses two headers, of which the upstream might take the other one", async () => {
    await using t = await setup();
    for (const authorization of [
      [basic("al:wrong"), GOOD],
      [GOOD, basic("al:wrong")],
      [GOOD, GOOD],
    ]) {
      expect((await t.gateway.request({ headers: { host: "x", authorization } })).status).toBe(400);
    }
    expect(t.upstream.requests).toEqual([]);
  });
});

describe("basic-auth, Proxy-Authorization", () => {
  it.each([
    ["alone", GOOD, undefined, 200],
    ["with a wrong Authorization", GOOD, basic("al:wrong"), 200],
    ["of an unknown user, with a good Authorization", basic("nobody:x"), GOOD, 200],
    ["that is unusable, with a good Authorization", "Basic !", GOOD, 200],
    ["with a wrong password, which is final", basic("al:wrong"), GOOD, 401],
    ["of an unknown user alone", basic("nobody:x"), undefined, 401],
    ["of an unknown user, with an unusable Authorization", basic("nobody:x"), "Basic !", 401],
  ])("%s", async (_what, proxyAuthorization, authorization, status) => {
    await using t = await setup();
    const headers = {
      host: "x",
      "proxy-authorization": proxyAuthorization,
      ...(authorization === undefined ? {} : { authorization }),
    };
    expect((await t.gateway.request({ headers })).status).toBe(status);
  });
});

describe("basic-auth, hidden credentials", () => {
  it("takes off the header that it has used", async () => {
    await using t = await setup({ hide_credentials: true });
    expect((await seen(await t.gateway.fetch("/", { headers: { authorization: GOOD } }))).headers).not.toHaveProperty(
      "authorization",
    );
  });

  it("leaves an Authorization that it did not need", async () => {
    await using t = await setup({ hide_credentials: true });
    const response = await t.gateway.request({
      headers: { host: "x", "proxy-authorization": GOOD, authorization: "Bearer other" },
    });
    expect(response.status).toBe(200);
    const [{ headers } = { headers: {} }] = t.upstream.requests;
    expect(headers).toMatchObject({ authorization: "Bearer other" });
    expect(headers).not.toHaveProperty("proxy-authorization");
  });

  it("takes off what the anonymous consumer came with", async () => {
    await using t = await setup({ hide_credentials: true, anonymous: "guest" });
    const record = await seen(await t.gateway.fetch("/", { headers: { authorization: basic("al:wrong") } }));
    expect(record.headers).not.toHaveProperty("authorization");
  });
});

describe("basic-auth, anonymous consumer", () => {
  it.each([
    ["id", GUEST.id],
    ["username", GUEST.username],
  ])("stands in by %s for a client without a password", async (_by, anonymous) => {
    await using t = await setup({ anonymous });
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { "x-credential-identifier": "spoofed" } }));
    expect(headers).toMatchObject({ "x-consumer-username": "guest", "x-consumer-id": GUEST.id, "x-anonymous-consumer": "true" });
    expect(headers).not.toHaveProperty("x-credential-identifier");
  });

  it("is not found by custom_id; then nobody passes", async () => {
    await using t = await setup({ anonymous: "g-1" });
    expect(await refusal(await t.gateway.fetch("/"), 500)).toBe("anonymous consumer g-1 is configured but doesn't exist");
  });

  it("is gone when it is deleted", async () => {
    await using t = await setup({ anonymous: "guest" }, {}, { database: "memory" });
    expect((await t.gateway.fetch("/")).status).toBe(200);
    await t.gateway.gateway.db.consumers.delete(GUEST.id);
    expect((await t.gateway.fetch("/")).status).toBe(500);
  });
});

describe("basic-auth, credentials", () => {
  it("come and go with writes", async () => {
    await using t = await setup({}, {}, { database: "memory" });
    const { basicauth_credentials: credentials } = t.gateway.gateway.db;
    const ask = async (text: string): Promise<number> =>
      (await t.gateway.fetch("/", { headers: { authorization: basic(text) } })).status;
    expect(await ask("new:one")).toBe(401);
    const made = await credentials.insert({ username: "new", password: "one", consumer: { id: ALICE.id } });
    expect(made.password).toBe(createHash("sha1").update(`one${ALICE.id}`).digest("hex"));
    expect(await ask("new:one")).toBe(200);
    await credentials.update(made.id, { username: "newer" });
    expect([await ask("new:one"), await ask("newer:one")]).toEqual([401, 200]);
    await credentials.delete(made.id);
    expect(await ask("newer:one")).toBe(401);
  });

  it("may be loaded hashed", async () => {
    const password = createHash("sha1").update(`plain${ALICE.id}`).digest("hex");
    const consumers = [{ ...ALICE, basicauth_credentials: [{ username: "al", password }] }];
    await using t = await setup({}, { _transform: false, consumers });
    await seen(await t.gateway.fetch("/", { headers: { authorization: basic("al:plain") } }));
    expect((await t.gateway.fetch("/", { headers: { authorization: basic(`al:${password}`) } })).status).toBe(401);
  });
});

describe("basic-auth, schema", () => {
  it("refuses to be set on a consumer", async () => {
    await expect(setup({}, { plugins: [{ name: "basic-auth", consumer: "alice" }] })).rejects.toThrow("value must be null");
  });

  it("needs a user name and a password", async () => {
    await expect(setup({}, { consumers: [{ username: "x", basicauth_credentials: [{}] }] })).rejects.toThrow(
      "required field missing",
    );
  });
});
