import { describe, expect, it } from "vitest";
import { type EchoRecord, type EchoUpstream, echoUpstream } from "../../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../../support/test-gateway.js";

const ALICE = {
  id: "3b8a2f6e-6a55-4c1b-9f0e-1d2c3b4a5f60",
  username: "alice",
  custom_id: "a-1",
  keyauth_credentials: [{ key: "kong" }],
};
const GUEST = { id: "9d1c5a7e-0b1f-4f7a-8a40-6f2f2b5f8f11", username: "guest", custom_id: "g-1" };

interface Setup extends AsyncDisposable {
  readonly upstream: EchoUpstream;
  readonly gateway: TestGateway;
}

async function setup(config: object = {}, more: Config = {}, options: object = {}): Promise<Setup> {
  const upstream = await echoUpstream();
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }], plugins: [{ name: "key-auth", config }] }],
      consumers: [ALICE, GUEST],
      ...more,
    },
    options: { logger: { debug() {}, info() {}, warn() {}, error() {} }, ...options },
  });
  return {
    upstream,
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

async function seen(response: Response): Promise<EchoRecord> {
  expect(response.status).toBe(200);
  return (await response.json()) as EchoRecord;
}

async function refusal(response: Response): Promise<string> {
  expect(response.status).toBe(401);
  return ((await response.json()) as { message: string }).message;
}

describe("key-auth", () => {
  it("tells the upstream who the caller is", async () => {
    await using t = await setup();
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { apikey: "kong", "x-anonymous-consumer": "true" } }));
    expect(headers).toMatchObject({
      "x-consumer-id": ALICE.id,
      "x-consumer-custom-id": "a-1",
      "x-consumer-username": "alice",
      apikey: "kong",
    });
    expect(headers["x-credential-identifier"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers).not.toHaveProperty("x-anonymous-consumer");
  });

  it("does not let a client pretend to have what its consumer lacks", async () => {
    await using t = await setup({}, { consumers: [{ username: "bob", keyauth_credentials: [{ key: "kong" }] }] });
    const spoofed = { apikey: "kong", "x-consumer-custom-id": "root", "x-consumer-username": "root" };
    const { headers } = await seen(await t.gateway.fetch("/", { headers: spoofed }));
    expect(headers["x-consumer-username"]).toBe("bob");
    expect(headers).not.toHaveProperty("x-consumer-custom-id");
  });

  it("takes the key from the query", async () => {
    await using t = await setup();
    expect((await seen(await t.gateway.fetch("/?apikey=kong"))).url).toBe("/?apikey=kong");
  });

  it.each([
    ["no key", "/", {}, "No API key found in request"],
    ["an argument without a value", "/?apikey", {}, "No API key found in request"],
    ["an empty argument", "/?apikey=", {}, "No API key found in request"],
    ["an unknown key", "/?apikey=nobody", {}, "Unauthorized"],
    ["the same argument twice", "/?apikey=kong&apikey=kong", {}, "Duplicate API key found"],
    ["a wrong header beside a right argument", "/?apikey=kong", { apikey: "nobody" }, "Unauthorized"],
  ])("refuses %s", async (_case, path, headers, message) => {
    await using t = await setup();
    const response = await t.gateway.fetch(path, { headers });
    expect(response.headers.get("www-authenticate")).toBe("Key");
    expect(await refusal(response)).toBe(message);
    expect(t.upstream.requests).toEqual([]);
  });

  it("refuses an empty header, even when the query has a key", async () => {
    await using t = await setup();
    const response = await t.gateway.request({ path: "/?apikey=kong", headers: { host: "x", apikey: "" } });
    expect(response.status).toBe(401);
    expect(JSON.parse(response.text)).toMatchObject({ message: "No API key found in request" });
  });

  it("refuses a repeated header, but not a comma in a key", async () => {
    await using t = await setup({}, { consumers: [{ username: "bob", keyauth_credentials: [{ key: "a, b" }] }] });
    const twice = await t.gateway.request({ headers: { host: "x", apikey: ["a", "b"] } });
    expect(JSON.parse(twice.text)).toMatchObject({ message: "Duplicate API key found" });
    expect((await t.gateway.request({ headers: { host: "x", apikey: "a, b" } })).status).toBe(200);
  });

  it("names the realm in the challenge", async () => {
    await using t = await setup({ realm: "test" });
    expect((await t.gateway.fetch("/")).headers.get("www-authenticate")).toBe('Key realm="test"');
  });

  it("tries the names in their order", async () => {
    await using t = await setup({ key_names: ["api_key", "api-key"] });
    for (const name of ["api_key", "api-key"]) await seen(await t.gateway.fetch("/", { headers: { [name]: "kong" } }));
    expect(await refusal(await t.gateway.fetch("/", { headers: { api_key: "wrong", "api-key": "kong" } }))).toBe("Unauthorized");
    // An argument without a value is no text, so the next name has its turn.
    await seen(await t.gateway.fetch("/?api_key&api-key=kong"));
  });

  it.each([
    ["header", { key_in_header: false }, "/", { apikey: "kong" }],
    ["query", { key_in_query: false }, "/?apikey=kong", {}],
  ])("does not look into the %s when told not to", async (_place, config, path, headers) => {
    await using t = await setup(config);
    expect(await refusal(await t.gateway.fetch(path, { headers }))).toBe("No API key found in request");
  });

  it("looks nowhere when it is told so of all places", async () => {
    await using t = await setup({ key_in_header: false, key_in_query: false, key_in_body: false });
    expect(await refusal(await t.gateway.fetch("/?apikey=kong", { headers: { apikey: "kong" } }))).toBe(
      "No API key found in request",
    );
  });

  it("no longer knows a key whose time is over", async () => {
    let now = Date.UTC(2024, 0, 1);
    // In a document, `ttl` is the moment of expiry.
    const consumers = [{ username: "bob", keyauth_credentials: [{ key: "kong", ttl: now / 1_000 + 10 }] }];
    await using t = await setup({}, { consumers }, { clock: () => now });
    now += 9_000;
    expect((await t.gateway.fetch("/?apikey=kong")).status).toBe(200);
    now += 1_000;
    expect(await refusal(await t.gateway.fetch("/?apikey=kong"))).toBe("Unauthorized");
  });

  it("learns of new keys with a new configuration", async () => {
    await using t = await setup();
    expect((await t.gateway.fetch("/?apikey=new")).status).toBe(401);
    await t.gateway.gateway.loadConfig({
      _format_version: "3.0",
      services: [{ name: "echo", url: t.upstream.url, routes: [{ paths: ["/"] }], plugins: [{ name: "key-auth" }] }],
      consumers: [{ username: "bob", keyauth_credentials: [{ key: "new" }] }],
    });
    expect((await t.gateway.fetch("/?apikey=new")).status).toBe(200);
    expect((await t.gateway.fetch("/?apikey=kong")).status).toBe(401);
  });

  it("follows writes to credentials and consumers at once", async () => {
    await using t = await setup({}, {}, { database: "memory" });
    const { keyauth_credentials: keys, consumers } = t.gateway.gateway.db;
    const ask = async (key: string): Promise<number> => (await t.gateway.fetch(`/?apikey=${key}`)).status;
    expect(await ask("new")).toBe(401);
    const { id } = await keys.insert({ key: "new", consumer: { id: ALICE.id } });
    expect(await ask("new")).toBe(200);
    await keys.update(id, { key: "newer" });
    expect([await ask("new"), await ask("newer")]).toEqual([401, 200]);
    await keys.delete(id);
    expect([await ask("newer"), await ask("kong")]).toEqual([401, 200]);
    await consumers.delete(ALICE.id);
    expect(await ask("kong")).toBe(401);
  });

  it("lets preflights pass when told to, without saying who calls", async () => {
    await using t = await setup({ run_on_preflight: false });
    const { headers } = await seen(await t.gateway.fetch("/", { method: "OPTIONS", headers: { apikey: "kong" } }));
    expect(headers).not.toHaveProperty("x-consumer-id");
    expect((await t.gateway.fetch("/")).status).toBe(401);
  });

  it("authenticates OPTIONS requests by default", async () => {
    await using t = await setup();
    expect((await t.gateway.fetch("/", { method: "OPTIONS" })).status).toBe(401);
  });
});

describe("key-auth, key in the body", () => {
  const form = "application/x-www-form-urlencoded";

  function post(t: Setup, body: string | FormData, type?: string): Promise<Response> {
    return t.gateway.fetch("/", { method: "POST", body, ...(type === undefined ? {} : { headers: { "content-type": type } }) });
  }

  it.each([
    ["a form", "apikey=kong&a=1", form],
    ["JSON", '{"apikey":"kong","a":1}', "application/json"],
  ])("is found in %s, which arrives whole", async (_kind, body, type) => {
    await using t = await setup({ key_in_body: true });
    expect((await seen(await post(t, body, type))).body).toBe(body);
  });

  it("is found in a multipart form", async () => {
    await using t = await setup({ key_in_body: true });
    const body = new FormData();
    body.append("apikey", "kong");
    await seen(await post(t, body));
  });

  it.each([
    ["a repeated field", "apikey=a&apikey=b", form, "Duplicate API key found"],
    ["a list", '{"apikey":["kong"]}', "application/json", "Duplicate API key found"],
    ["a number", '{"apikey":1}', "application/json", "No API key found in request"],
    ["a wrong key", "apikey=nobody", form, "Unauthorized"],
    ["a field that only looks like it", "apikey[]=kong", form, "No API key found in request"],
    ["an indexed field", "apikey[1]=kong", form, "No API key found in request"],
    ["plain text", "apikey=kong", "text/plain", "No API key found in request"],
    ["broken JSON", '{"apikey":', "application/json", "No API key found in request"],
    ["a list of keys", '["kong"]', "application/json", "No API key found in request"],
  ])("is refused when it is %s", async (_kind, body, type, message) => {
    await using t = await setup({ key_in_body: true });
    expect(await refusal(await post(t, body, type))).toBe(message);
  });

  it("is not looked for by default", async () => {
    await using t = await setup();
    expect(await refusal(await post(t, "apikey=kong", form))).toBe("No API key found in request");
  });

  it("is taken out of the body, which keeps its type", async () => {
    await using t = await setup({ key_in_body: true, hide_credentials: true });
    const asForm = await seen(await post(t, "b=2&apikey=kong&a=1", form));
    expect([asForm.body, asForm.headers["content-type"], asForm.headers["content-length"]]).toEqual(["a=1&b=2", form, "7"]);
    const asJson = await seen(await post(t, '{"apikey":"kong","a":[1]}', "application/json"));
    expect([asJson.body, asJson.headers["content-type"]]).toEqual(['{"a":[1]}', "application/json"]);
  });

  it("is taken out of a multipart form", async () => {
    await using t = await setup({ key_in_body: true, hide_credentials: true });
    const body = new FormData();
    body.append("apikey", "kong");
    body.append("note", "keep me");
    const record = await seen(await post(t, body));
    expect(record.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(record.body).toContain("keep me");
    expect(record.body).not.toContain("kong");
  });

  it("is taken out of the body also when it was found in a header", async () => {
    await using t = await setup({ key_in_body: true, hide_credentials: true });
    const headers = { apikey: "kong", "content-type": form };
    const record = await seen(await t.gateway.fetch("/?apikey=other&x=1", { method: "POST", body: "apikey=third&a=1", headers }));
    expect([record.url, record.body, record.headers.apikey]).toEqual(["/?x=1", "a=1", undefined]);
  });
});

describe("key-auth, hidden credentials", () => {
  it("takes the key off headers and query", async () => {
    await using t = await setup({ hide_credentials: true });
    const record = await seen(await t.gateway.fetch("/?apikey=kong&a=1", { headers: { apikey: "kong" } }));
    expect([record.url, record.headers.apikey]).toEqual(["/?a=1", undefined]);
  });

  it("finds an encoded name and leaves the other arguments as they are", async () => {
    await using t = await setup({ hide_credentials: true });
    const record = await seen(await t.gateway.fetch("/?c=value1&b=value2&api%6B%65%79=kong&a=value3"));
    expect(record.url).toBe("/?c=value1&b=value2&a=value3");
  });

  it("takes off a header that matched with a dash for an underscore", async () => {
    await using t = await setup({ hide_credentials: true, key_names: ["api_key"] });
    const record = await seen(await t.gateway.fetch("/", { headers: { "api-key": "kong" } }));
    expect(record.headers).not.toHaveProperty("api-key");
  });
});

describe("key-auth, anonymous consumer", () => {
  it.each([
    ["id", GUEST.id],
    ["username", GUEST.username],
  ])("stands in by %s for a client without a key", async (_by, anonymous) => {
    await using t = await setup({ anonymous });
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { "x-credential-identifier": "spoofed" } }));
    expect(headers).toMatchObject({ "x-consumer-username": "guest", "x-consumer-id": GUEST.id, "x-anonymous-consumer": "true" });
    expect(headers).not.toHaveProperty("x-credential-identifier");
  });

  it("does not stand in for a client with a good key", async () => {
    await using t = await setup({ anonymous: "guest" });
    const { headers } = await seen(await t.gateway.fetch("/", { headers: { apikey: "kong" } }));
    expect(headers["x-consumer-username"]).toBe("alice");
    expect(headers).not.toHaveProperty("x-anonymous-consumer");
  });

  it("is not found by custom_id; then nobody passes", async () => {
    await using t = await setup({ anonymous: "g-1" });
    const response = await t.gateway.fetch("/");
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ message: "anonymous consumer g-1 is configured but doesn't exist" });
  });
});

describe("key-auth, schema", () => {
  it("refuses odd header names", async () => {
    await expect(setup({ key_names: ["a b"] })).rejects.toThrow(
      "bad header name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'",
    );
  });

  it("refuses to be set on a consumer", async () => {
    const plugins = [{ name: "key-auth", consumer: "alice" }];
    await expect(setup({}, { plugins })).rejects.toThrow("value must be null");
  });
});
