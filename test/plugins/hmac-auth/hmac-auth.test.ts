import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type PluginGateway, pluginGateway } from "../../support/plugin-gateway.js";
import type { RawRequest } from "../../support/raw-request.js";
import type { RawResponse } from "../../support/raw-response.js";
import type { Config } from "../../support/test-gateway.js";

const ALICE = {
  id: "3b8a2f6e-6a55-4c1b-9f0e-1d2c3b4a5f60",
  username: "alice",
  custom_id: "a-1",
  hmacauth_credentials: [{ username: "al", secret: "secret" }],
};
const BOB = { username: "bob", hmacauth_credentials: [{ username: "bob", secret: "bobs" }] };
const GUEST = { id: "9d1c5a7e-0b1f-4f7a-8a40-6f2f2b5f8f11", username: "guest", custom_id: "g-1" };

const NOW = Date.UTC(2024, 0, 1, 12, 0, 0);
const DATE = "Mon, 01 Jan 2024 12:00:00 GMT";

function setup(config: object = {}, more: Config = {}, options: object = {}): Promise<PluginGateway> {
  const document = { consumers: [ALICE, BOB, GUEST], ...more };
  return pluginGateway([{ name: "hmac-auth", config }], document, { clock: () => NOW, ...options });
}

interface Signing {
  readonly username?: string;
  readonly secret?: string;
  readonly algorithm?: string;
  readonly headers?: string;
  /** What is signed; by default the date. */
  readonly text?: string;
}

function hmac({
  username = "al",
  secret = "secret",
  algorithm = "hmac-sha256",
  headers = "date",
  text = `date: ${DATE}`,
}: Signing = {}): string {
  const signature = createHmac(algorithm.slice(5), secret).update(text).digest("base64");
  return `hmac username="${username}", algorithm="${algorithm}", headers="${headers}", signature="${signature}"`;
}

function ask(
  t: PluginGateway,
  headers: Record<string, string>,
  { body = "", ...request }: RawRequest = {},
): Promise<RawResponse> {
  const length = body === "" ? {} : { "content-length": String(body.length) };
  return t.gateway.request({ ...request, body, headers: { host: "x", date: DATE, ...length, ...headers } });
}

const messageOf = ({ text }: RawResponse): string => (JSON.parse(text) as { message: string }).message;

describe("hmac-auth", () => {
  it("tells the upstream who the caller is", async () => {
    await using t = await setup();
    const authorization = hmac();
    expect((await ask(t, { authorization, "x-anonymous-consumer": "true", "x-consumer-id": "root" })).status).toBe(200);
    const headers = t.upstream.requests[0]?.headers;
    expect(headers).toMatchObject({
      "x-consumer-id": ALICE.id,
      "x-consumer-custom-id": "a-1",
      "x-consumer-username": "alice",
      "x-credential-identifier": "al",
      authorization,
    });
    expect(headers).not.toHaveProperty("x-anonymous-consumer");
  });

  it.each(["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"])("verifies %s", async (algorithm) => {
    await using t = await setup();
    expect((await ask(t, { authorization: hmac({ algorithm }) })).status).toBe(200);
    const wrong = await ask(t, { authorization: hmac({ algorithm, secret: "Secret" }) });
    expect([wrong.status, messageOf(wrong)]).toEqual([401, "HMAC signature does not match"]);
  });

  it.each([
    ["the scheme with a capital", hmac().replace("hmac", "Hmac")],
    ["no blanks", hmac().replaceAll(", ", ",")],
    ["several blanks", hmac().replaceAll(", ", ",   ").replace("hmac ", "hmac   ")],
    ["something before it", `Other, ${hmac()}`],
    ["something after it", `${hmac()} and more`],
  ])("takes %s", async (_what, authorization) => {
    await using t = await setup();
    expect((await ask(t, { authorization })).status).toBe(200);
  });

  it.each([
    ["nothing", undefined, "Unauthorized"],
    ["another scheme", "Basic YWw6c2VjcmV0", "HMAC signature cannot be verified"],
    [
      "another order",
      'hmac algorithm="hmac-sha256", username="al", headers="date", signature="x"',
      "HMAC signature cannot be verified",
    ],
    ["an empty user", hmac({ username: "" }), "HMAC signature cannot be verified"],
    ["no signature", 'hmac username="al", algorithm="hmac-sha256", headers="date"', "HMAC signature cannot be verified"],
    ["an empty signature", hmac().replace(/signature=".*"/, 'signature=""'), "HMAC signature cannot be verified"],
    ["an unknown user", hmac({ username: "nobody" }), "HMAC signature cannot be verified"],
    [
      "an unknown user with the secret that nobody has",
      hmac({ username: "nobody", secret: "" }),
      "HMAC signature cannot be verified",
    ],
    ["an unknown algorithm", hmac().replace("hmac-sha256", "hmac-md5"), "HMAC signature cannot be verified"],
    ["an algorithm without its first part", hmac().replace("hmac-sha256", "sha256"), "HMAC signature cannot be verified"],
    ["another user's secret", hmac({ secret: "bobs" }), "HMAC signature does not match"],
    ["an empty secret", hmac({ secret: "" }), "HMAC signature does not match"],
    ["another algorithm than it says", hmac().replace("hmac-sha256", "hmac-sha1"), "HMAC signature does not match"],
    ["a signature that is not base64", hmac().replace(/signature=".*"/, 'signature="!"'), "HMAC signature does not match"],
    ["a part of the signature", hmac().replace(/.{5}"$/, '"'), "HMAC signature does not match"],
    ["a signature of another text", hmac({ text: "date: yesterday" }), "HMAC signature does not match"],
  ])("refuses %s", async (_what, authorization, message) => {
    await using t = await setup();
    const response = await ask(t, authorization === undefined ? {} : { authorization });
    expect(response.status).toBe(401);
    expect(response.headers["www-authenticate"]).toBe("hmac");
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(messageOf(response)).toBe(message);
    expect(t.upstream.requests).toEqual([]);
  });

  it("names the realm in the challenge", async () => {
    await using t = await setup({ realm: "test" });
    expect((await ask(t, {})).headers["www-authenticate"]).toBe('hmac realm="test"');
  });

  it("takes the algorithms that are allowed", async () => {
    await using t = await setup({ algorithms: ["hmac-sha512"] });
    expect((await ask(t, { authorization: hmac({ algorithm: "hmac-sha512" }) })).status).toBe(200);
    expect(messageOf(await ask(t, { authorization: hmac() }))).toBe("HMAC signature cannot be verified");
  });
});

describe("hmac-auth, Proxy-Authorization", () => {
  it.each([
    ["alone", { "proxy-authorization": hmac() }, 200],
    ["with a garbled Authorization", { "proxy-authorization": hmac(), authorization: "hmac x" }, 200],
    ["garbled, with a good Authorization", { "proxy-authorization": "hmac x", authorization: hmac() }, 200],
    ["wrong, which is final", { "proxy-authorization": hmac({ secret: "x" }), authorization: hmac() }, 401],
    ["of an unknown user, which is final", { "proxy-authorization": hmac({ username: "x" }), authorization: hmac() }, 401],
  ])("%s", async (_what, headers, status) => {
    await using t = await setup();
    expect((await ask(t, headers as Record<string, string>)).status).toBe(status);
  });
});

describe("hmac-auth, the date", () => {
  const at = (seconds: number): string => new Date(NOW + seconds * 1000).toUTCString();
  const signed = (headers: Record<string, string>, name = "date"): Record<string, string> => ({
    ...headers,
    authorization: hmac({ headers: name, text: `${name}: ${headers[name]}` }),
  });

  it.each([
    [0, 200],
    [300, 200],
    [-300, 200],
    [301, 401],
    [-301, 401],
  ])("%d seconds away: %d", async (seconds, status) => {
    await using t = await setup();
    const response = await ask(t, signed({ date: at(seconds) }));
    expect(response.status).toBe(status);
    if (status === 401) {
      expect(messageOf(response)).toBe(
        "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication",
      );
    }
  });

  it("may be as far away as is configured", async () => {
    await using t = await setup({ clock_skew: 1 });
    expect((await ask(t, signed({ date: at(-1) }))).status).toBe(200);
    expect((await ask(t, signed({ date: at(-2) }))).status).toBe(401);
  });

  it.each([
    ["X-Date alone", { "x-date": DATE, date: "" }, "x-date", 200],
    ["a good X-Date and an old Date", { "x-date": DATE, date: at(-999) }, "x-date", 200],
    ["an old X-Date and a good Date", { "x-date": at(-999), date: DATE }, "date", 200],
    ["a garbled X-Date that is signed, and a good Date", { "x-date": "soon", date: DATE }, "x-date", 200],
    ["neither", { "x-date": "soon", date: "soon" }, "date", 401],
    ["seconds since the epoch", { date: String(NOW / 1000) }, "date", 401],
    ["an ISO date", { date: new Date(NOW).toISOString() }, "date", 401],
    ["the older form", { date: "Monday, 01-Jan-24 12:00:00 GMT" }, "date", 200],
    ["the form of asctime", { date: "Mon Jan  1 12:00:00 2024" }, "date", 200],
  ])("%s", async (_what, headers, name, status) => {
    await using t = await setup();
    expect((await ask(t, signed(headers as Record<string, string>, name))).status).toBe(status);
  });
});

describe("hmac-auth, what is signed", () => {
  it.each([
    ["several headers", "date host x-a", `date: ${DATE}\nhost: x\nx-a: 1, 2`],
    ["another order", "x-a date", `x-a: 1, 2\ndate: ${DATE}`],
    ["names as they are written", "Date X-A", `Date: ${DATE}\nX-A: 1, 2`],
    ["a header that is not there", "date x-none", `date: ${DATE}\nx-none:`],
    ["the request line", "date request-line", `date: ${DATE}\nPOST /a%20b/../c?d=%31&e HTTP/1.1`],
    ["the request target", "@request-target date", `@request-target: post /a%20b/../c?d=%31&e\ndate: ${DATE}`],
  ])("%s", async (_what, headers, text) => {
    await using t = await setup();
    const request = { method: "POST", path: "/a%20b/../c?d=%31&e" };
    const good = await ask(t, { "x-a": "1, 2", authorization: hmac({ headers, text }) }, request);
    expect([good.status, good.text.slice(0, 60)]).toEqual([200, expect.any(String)]);
    const other = await ask(t, { "x-a": "1, 2", authorization: hmac({ headers, text: `${text} ` }) }, request);
    expect(other.status).toBe(401);
  });

  it("includes the query", async () => {
    await using t = await setup();
    const authorization = hmac({ headers: "date request-line", text: `date: ${DATE}\nGET / HTTP/1.1` });
    expect((await ask(t, { authorization })).status).toBe(200);
    expect((await ask(t, { authorization }, { path: "/?admin=1" })).status).toBe(401);
    expect((await ask(t, { authorization }, { method: "DELETE" })).status).toBe(401);
  });

  it("names the version that the client speaks", async () => {
    await using t = await setup();
    const authorization = hmac({ headers: "date request-line", text: `date: ${DATE}\nGET /x HTTP/1.0` });
    const text = `GET /x HTTP/1.0\r\nHost: x\r\nDate: ${DATE}\r\nAuthorization: ${authorization}\r\n\r\n`;
    expect((await t.gateway.request(text)).status).toBe(200);
  });

  it("is the first value of a header that came twice", async () => {
    await using t = await setup();
    const signed = (value: string): string => hmac({ headers: "date x-a", text: `date: ${DATE}\nx-a: ${value}` });
    for (const [value, status] of [
      ["1", 200],
      ["2", 401],
      ["1, 2", 401],
    ] as const) {
      const headers = { host: "x", date: DATE, "x-a": ["1", "2"], authorization: signed(value) };
      expect((await t.gateway.request({ headers })).status).toBe(status);
    }
  });

  it.each([
    [["date"], "date", 200],
    [["date", "host"], "host date", 200],
    [["date", "host"], "date", 401],
    [["Date"], "date", 401],
    [["request-line"], "date", 401],
    [["request-line"], "date request-line", 200],
  ])("must cover %j; %s: %d", async (enforce_headers, headers, status) => {
    await using t = await setup({ enforce_headers });
    const lines: Record<string, string> = { date: `date: ${DATE}`, host: "host: x", "request-line": "GET / HTTP/1.1" };
    const text = headers
      .split(" ")
      .map((name) => lines[name])
      .join("\n");
    const response = await ask(t, { authorization: hmac({ headers, text }) });
    expect(response.status).toBe(status);
    if (status === 401) expect(messageOf(response)).toBe("HMAC signature cannot be verified");
  });
});

describe("hmac-auth, the body", () => {
  const digestOf = (body: string): string => `SHA-256=${createHash("sha256").update(body).digest("base64")}`;
  const post = (body: string): RawRequest => ({ method: "POST", body });

  it.each([
    ["the right digest", '{"a":4}', digestOf('{"a":4}'), 200],
    ["the digest of another body", '{"a":5}', digestOf('{"a":4}'), 401],
    ["another algorithm", "x", `SHA-1=${createHash("sha1").update("x").digest("base64")}`, 401],
    ["the name in lower case", "x", digestOf("x").toLowerCase(), 401],
    ["no digest", "x", undefined, 401],
    ["no digest and no body", "", undefined, 200],
    ["the digest of no body", "", digestOf(""), 200],
    ["the digest of a body that is not there", "", digestOf("x"), 401],
  ])("with %s", async (_what, body, digest, status) => {
    await using t = await setup({ validate_request_body: true });
    const response = await ask(t, { authorization: hmac(), ...(digest === undefined ? {} : { digest }) }, post(body));
    expect(response.status).toBe(status);
    if (status === 401) expect(messageOf(response)).toBe("HMAC signature does not match");
    else expect(t.upstream.requests[0]?.body).toBe(body);
  });

  it("that does not fit into memory is refused", async () => {
    await using t = await setup({ validate_request_body: true }, {}, { clientBodyBufferSize: 100 });
    const body = "x".repeat(101);
    const response = await ask(t, { authorization: hmac(), digest: digestOf(body) }, post(body));
    expect([response.status, messageOf(response)]).toEqual([401, "HMAC signature does not match"]);
  });

  it("is not looked at by default", async () => {
    await using t = await setup();
    expect((await ask(t, { authorization: hmac(), digest: "wrong" }, post("x"))).status).toBe(200);
  });
});

describe("hmac-auth, hidden credentials", () => {
  it.each([
    ["authorization", { authorization: hmac() }, {}],
    ["proxy-authorization", { "proxy-authorization": hmac(), authorization: "Bearer x" }, { authorization: "Bearer x" }],
  ])("takes off %s", async (name, headers, kept) => {
    await using t = await setup({ hide_credentials: true });
    expect((await ask(t, headers as unknown as Record<string, string>)).status).toBe(200);
    expect(t.upstream.requests[0]?.headers).toMatchObject(kept);
    expect(t.upstream.requests[0]?.headers).not.toHaveProperty(name);
  });
});

describe("hmac-auth, anonymous consumer", () => {
  it.each([
    ["id", GUEST.id],
    ["username", GUEST.username],
  ])("stands in by %s for a client without a good signature", async (_by, anonymous) => {
    await using t = await setup({ anonymous });
    for (const headers of [{}, { authorization: hmac({ secret: "wrong" }) }]) {
      expect((await ask(t, headers as Record<string, string>)).status).toBe(200);
      const { headers: sent = {} } = t.upstream.requests.at(-1) ?? {};
      expect(sent).toMatchObject({ "x-consumer-username": "guest", "x-anonymous-consumer": "true" });
      expect(sent).not.toHaveProperty("x-credential-identifier");
    }
  });

  it("is not found by custom_id; then nobody passes", async () => {
    await using t = await setup({ anonymous: "g-1" });
    const response = await ask(t, {});
    expect([response.status, messageOf(response)]).toEqual([500, "anonymous consumer g-1 is configured but doesn't exist"]);
  });
});

describe("hmac-auth, attacks", () => {
  it("does not sign what only looks like a line of the list", async () => {
    await using t = await setup({ enforce_headers: ["date", "host"] });
    // A header whose value would be two lines cannot come in, and one whose name is a line is not a name.
    const text = `date: ${DATE}\nhost: x`;
    expect((await ask(t, { authorization: hmac({ headers: "date host", text }) })).status).toBe(200);
    const split = 'hmac username="al", algorithm="hmac-sha256", headers="date", headers="host", signature="x"';
    expect((await ask(t, { authorization: split })).status).toBe(401);
  });

  it("reads the last of repeated parameters, without taking long over them", async () => {
    await using t = await setup();
    for (const part of ['", algorithm="', '", headers="', '", signature="', 'hmac username="', '",                ']) {
      const authorization = `hmac username="x${part.repeat(Math.floor(12_000 / part.length))}`;
      const response = await ask(t, { authorization });
      expect([response.status, messageOf(response)]).toEqual([401, "HMAC signature cannot be verified"]);
    }
  });

  it("takes a signature once it is for this request alone", async () => {
    await using t = await setup({ enforce_headers: ["request-line"] });
    const authorization = hmac({ headers: "request-line", text: "GET /mine HTTP/1.1" });
    expect((await ask(t, { authorization }, { path: "/mine" })).status).toBe(200);
    expect((await ask(t, { authorization }, { path: "/yours" })).status).toBe(401);
    // What the client calls `request-line` is a header that comes first: no other request than its own is signed by it.
    expect((await ask(t, { authorization, "request-line": "GET /mine HTTP/1.1" }, { path: "/yours" })).status).toBe(401);
  });
});

describe("hmac-auth, credentials", () => {
  it("get a secret when they have none, and follow writes", async () => {
    await using t = await setup({}, {}, { database: "memory" });
    const { hmacauth_credentials: credentials } = t.gateway.gateway.db;
    const made = await credentials.insert({ username: "new", consumer: { id: ALICE.id } });
    expect(made.secret).toMatch(/^[A-Za-z0-9]{32}$/);
    const status = async (username: string, secret: string): Promise<number> =>
      (await ask(t, { authorization: hmac({ username, secret }) })).status;
    expect(await status("new", made.secret)).toBe(200);
    await credentials.update(made.id, { secret: "changed" });
    expect([await status("new", made.secret), await status("new", "changed")]).toEqual([401, 200]);
    await credentials.delete(made.id);
    expect(await status("new", "changed")).toBe(401);
  });
});

describe("hmac-auth, schema", () => {
  it.each([
    [{ clock_skew: 0 }, "value must be greater than 0"],
    [{ algorithms: ["md5"] }, "expected one of: hmac-sha1, hmac-sha256, hmac-sha384, hmac-sha512"],
  ])("refuses %j", async (config, message) => {
    await expect(setup(config)).rejects.toThrow(message);
  });

  it("refuses to be set on a consumer", async () => {
    await expect(setup({}, { plugins: [{ name: "hmac-auth", consumer: "alice" }] })).rejects.toThrow("value must be null");
  });
});
