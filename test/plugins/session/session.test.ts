import { createHash } from "node:crypto";
import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { ALICE, cookieOf, sessionGateway, setCookies } from "./support.js";

const SECOND = 1000;

describe("session", () => {
  it("stands in for a key from then on", async () => {
    await using t = await sessionGateway();
    expect((await t.ask({})).status).toBe(403);
    const first = await t.ask({ key: "alice" });
    expect(first.status).toBe(200);
    const cookie = cookieOf(first);
    expect(cookie).toMatch(/^session=1[\w-]+$/);

    const spoofed = { "x-anonymous-consumer": "true", "x-consumer-custom-id": "root", "x-authenticated-groups": "root" };
    const second = await t.ask({ cookie, headers: spoofed });
    expect(second.status).toBe(200);
    expect(setCookies(second)).toEqual([]);
    const { headers = {} } = t.upstream.requests.at(-1) ?? {};
    expect(headers).toMatchObject({
      "x-consumer-id": ALICE.id,
      "x-consumer-username": "alice",
      "x-consumer-custom-id": "a-1",
      "x-credential-identifier": "11111111-1111-4111-8111-111111111111",
    });
    expect(headers).not.toHaveProperty("x-anonymous-consumer");
    expect(headers).not.toHaveProperty("x-authenticated-groups");
  });

  it("is not begun for the anonymous consumer", async () => {
    await using t = await sessionGateway();
    expect(setCookies(await t.ask({}))).toEqual([]);
    expect(setCookies(await t.ask({ key: "wrong" }))).toEqual([]);
  });

  it("tells nothing to whoever reads the cookie", async () => {
    await using t = await sessionGateway();
    const cookie = await t.logIn();
    const bytes = Buffer.from(cookie.slice("session=1".length), "base64url").toString("latin1");
    for (const secret of ["alice", ALICE.id, "11111111", "default"]) expect(`${cookie}${bytes}`).not.toContain(secret);
    expect(await t.logIn()).not.toBe(cookie);
  });

  it("comes before a key, which is then not looked at", async () => {
    await using t = await sessionGateway();
    const cookie = await t.logIn();
    const response = await t.ask({ cookie, key: "bob" });
    expect(t.upstream.requests.at(-1)?.headers["x-consumer-username"]).toBe("alice");
    expect(setCookies(response)).toEqual([]);
  });

  it("is another one when somebody else is recognised in spite of it", async () => {
    const other = definePlugin({
      name: "other-auth",
      version: "1.0.0",
      priority: 1000,
      config: {},
      async access(pdk) {
        const name = pdk.request.getHeader("x-other");
        if (name === undefined) return;
        const consumer = await pdk.client.loadConsumer(name, true);
        if (consumer !== undefined) pdk.client.authenticate(consumer, { id: "other" });
      },
    });
    await using t = await sessionGateway({}, { plugins: [{ name: "other-auth" }] }, { plugins: [other] });
    const cookie = await t.logIn();
    const changed = await t.ask({ cookie, headers: { "x-other": "bob" } });
    expect(setCookies(changed)).toHaveLength(1);
    await t.ask({ cookie: cookieOf(changed) });
    expect(t.upstream.requests.at(-1)?.headers["x-consumer-username"]).toBe("bob");
  });

  it("ends when its consumer is gone", async () => {
    await using t = await sessionGateway({}, {}, { database: "memory" });
    const cookie = await t.logIn();
    await t.gateway.gateway.db.consumers.delete(ALICE.id);
    const response = await t.ask({ cookie });
    expect(response.status).toBe(403);
    expect(setCookies(response)).toEqual([expect.stringMatching(/^session=;.*; Max-Age=0$/)]);
  });

  it("restores the groups that an authentication plugin had found", async () => {
    const groups = definePlugin({
      name: "groups",
      version: "1.0.0",
      priority: 1100,
      config: {},
      access(pdk) {
        if (pdk.request.getHeader("apikey") !== undefined) pdk.ctx.shared.authenticated_groups = ["agents", "doubleagents"];
      },
    });
    const acl = { name: "acl", config: { allow: ["agents"], always_use_authenticated_groups: true } };
    await using t = await sessionGateway({}, { plugins: [{ name: "groups" }, acl] }, { plugins: [groups] });
    const cookie = await t.logIn();
    expect((await t.ask({ cookie })).status).toBe(200);
    expect(t.upstream.requests.at(-1)?.headers["x-authenticated-groups"]).toBe("agents, doubleagents");
  });

  it("survives a new configuration with the same secret", async () => {
    await using t = await sessionGateway();
    const cookie = await t.logIn();
    await t.gateway.gateway.loadConfig({ ...t.document, _comment: "changed" } as never);
    expect((await t.ask({ cookie })).status).toBe(200);
  });

  it("gets a secret when it has none", async () => {
    await using t = await sessionGateway({ secret: undefined }, {}, { database: "memory" });
    const plugin = (await t.gateway.gateway.db.plugins.page()).data.find(({ name }) => name === "session");
    expect(plugin?.config).toMatchObject({ secret: expect.stringMatching(/^[A-Za-z0-9]{32}$/) });
    expect((await t.ask({ cookie: await t.logIn() })).status).toBe(200);
  });

  it("takes as many cookies as it needs", async () => {
    const groups = definePlugin({
      name: "groups",
      version: "1.0.0",
      priority: 1100,
      config: {},
      access(pdk) {
        const count = Number(pdk.request.getHeader("x-groups") ?? 0);
        if (count > 0) pdk.ctx.shared.authenticated_groups = Array.from({ length: count }, (_, i) => `group-number-${i}`);
      },
    });
    await using t = await sessionGateway({}, { plugins: [{ name: "groups" }] }, { plugins: [groups] });
    const response = await t.ask({ key: "alice", headers: { "x-groups": "250" } });
    const lines = setCookies(response);
    expect(lines.map((line) => line.slice(0, line.indexOf("=")))).toEqual(["session", "session2"]);
    for (const line of lines) expect(line.length).toBeLessThan(4096);
    const cookie = cookieOf(response);
    expect((await t.ask({ cookie })).status).toBe(200);
    expect((await t.ask({ cookie: cookie.replace("session2=", "other=") })).status).toBe(403);
    const ended = setCookies(await t.ask({ cookie, method: "DELETE", path: "/?session_logout" }));
    expect(ended.map((line) => line.slice(0, line.indexOf(";")))).toEqual(["session=", "session2="]);
    // More than browsers could be asked to keep.
    const large = await t.ask({ key: "alice", headers: { "x-groups": "3000" } });
    expect([large.status, setCookies(large)]).toEqual([200, []]);
  });
});

describe("session, attributes of the cookie", () => {
  it.each([
    [{}, "Path=/; SameSite=Strict; Secure; HttpOnly"],
    [{ cookie_secure: false }, "Path=/; SameSite=Strict; HttpOnly"],
    [{ cookie_http_only: false }, "Path=/; SameSite=Strict; Secure"],
    [{ cookie_same_site: "Default", cookie_secure: false, cookie_http_only: false }, "Path=/"],
    [{ cookie_same_site: "None" }, "Path=/; SameSite=None; Secure; HttpOnly"],
    [{ cookie_path: "/a", cookie_domain: "a.test" }, "Path=/a; Domain=a.test; SameSite=Strict; Secure; HttpOnly"],
    [{ cookie_samesite: "off" }, "Path=/; SameSite=Lax; Secure; HttpOnly"],
    [{ cookie_httponly: false }, "Path=/; SameSite=Strict; Secure"],
  ])("%j", async (config, attributes) => {
    await using t = await sessionGateway(config);
    const [line = ""] = setCookies(await t.ask({ key: "alice" }));
    expect(line.slice(line.indexOf(";") + 2)).toBe(attributes);
  });

  it("has the name that is configured", async () => {
    await using t = await sessionGateway({ cookie_name: "sid" });
    const cookie = await t.logIn();
    expect(cookie).toMatch(/^sid=/);
    expect((await t.ask({ cookie })).status).toBe(200);
    expect((await t.ask({ cookie: cookie.replace("sid", "session") })).status).toBe(403);
  });
});

describe("session, time", () => {
  async function status(t: Awaited<ReturnType<typeof sessionGateway>>, cookie: string): Promise<number> {
    return (await t.ask({ cookie })).status;
  }

  it("ends without requests", async () => {
    await using t = await sessionGateway({ idling_timeout: 100 });
    const cookie = await t.logIn();
    t.time.now += 99 * SECOND;
    expect(await status(t, cookie)).toBe(200);
    t.time.now += SECOND;
    expect(await status(t, cookie)).toBe(403);
  });

  it("goes on with requests, by a new cookie now and then", async () => {
    await using t = await sessionGateway({ idling_timeout: 100 });
    const first = await t.logIn();
    t.time.now += 20 * SECOND;
    expect(setCookies(await t.ask({ cookie: first }))).toEqual([]);
    t.time.now += 10 * SECOND;
    const touched = await t.ask({ cookie: first });
    expect(setCookies(touched)).toHaveLength(1);
    t.time.now += 90 * SECOND;
    expect([await status(t, first), await status(t, cookieOf(touched))]).toEqual([403, 200]);
  });

  it("is renewed when most of its time is over", async () => {
    await using t = await sessionGateway({
      idling_timeout: 0,
      rolling_timeout: 100,
      absolute_timeout: 0,
      response_headers: ["id"],
    });
    const login = await t.ask({ key: "alice" });
    const first = cookieOf(login);
    t.time.now += 74 * SECOND;
    expect(setCookies(await t.ask({ cookie: first }))).toEqual([]);
    t.time.now += SECOND;
    const renewed = await t.ask({ cookie: first });
    expect(setCookies(renewed)).toHaveLength(1);
    expect(renewed.headers["session-id"]).not.toBe(login.headers["session-id"]);
    t.time.now += 26 * SECOND;
    expect([await status(t, first), await status(t, cookieOf(renewed))]).toEqual([403, 200]);
  });

  it("ends in any case", async () => {
    await using t = await sessionGateway({ idling_timeout: 0, rolling_timeout: 60, absolute_timeout: 100 });
    let cookie = await t.logIn();
    for (let i = 0; i < 2; i += 1) {
      t.time.now += 49 * SECOND;
      const response = await t.ask({ cookie });
      expect(response.status).toBe(200);
      cookie = cookieOf(response) || cookie;
    }
    t.time.now += 2 * SECOND;
    expect(await status(t, cookie)).toBe(403);
  });

  it("has no end without limits", async () => {
    await using t = await sessionGateway({ idling_timeout: 0, rolling_timeout: 0, absolute_timeout: 0 });
    const cookie = await t.logIn();
    t.time.now += 1e9 * SECOND;
    const response = await t.ask({ cookie });
    expect([response.status, setCookies(response)]).toEqual([200, []]);
  });

  it("has old names", async () => {
    await using t = await sessionGateway({ cookie_lifetime: 50, cookie_idletime: null, cookie_renew: 3, cookie_discard: 4 });
    const cookie = await t.logIn();
    t.time.now += 50 * SECOND;
    expect(await status(t, cookie)).toBe(403);
  });
});

describe("session, remembered", () => {
  const config = { remember: true, idling_timeout: 10, rolling_timeout: 0, absolute_timeout: 100 };

  it("begins anew with the second cookie", async () => {
    await using t = await sessionGateway({ ...config, remember_rolling_timeout: 1000, response_headers: ["id"] });
    const login = await t.ask({ key: "alice" });
    const [main = "", remember = ""] = setCookies(login);
    expect(main).toMatch(/^session=/);
    expect(main).not.toContain("Max-Age");
    expect(remember).toMatch(/^remember=1[\w-]+; Path=\/; SameSite=Strict; Secure; HttpOnly; Expires=.* GMT; Max-Age=1000$/);
    expect(remember).toContain(`Expires=${new Date(t.time.now + 1000 * SECOND).toUTCString()}`);

    t.time.now += 500 * SECOND;
    const again = await t.ask({ cookie: cookieOf(login) });
    expect(again.status).toBe(200);
    expect(setCookies(again).map((line) => line.slice(0, line.indexOf("=")))).toEqual(["session", "remember"]);
    expect(again.headers["session-id"]).not.toBe(login.headers["session-id"]);
    const [fresh = ""] = cookieOf(again).split("; ");
    expect((await t.ask({ cookie: fresh })).status).toBe(200);

    t.time.now += 600 * SECOND;
    expect((await t.ask({ cookie: cookieOf(login) })).status).toBe(403);
    expect((await t.ask({ cookie: cookieOf(again) })).status).toBe(200);
  });

  it("ends in any case", async () => {
    await using t = await sessionGateway({ ...config, remember_rolling_timeout: 60, remember_absolute_timeout: 100 });
    let cookie = await t.logIn();
    t.time.now += 50 * SECOND;
    cookie = cookieOf(await t.ask({ cookie }));
    t.time.now += 50 * SECOND;
    expect((await t.ask({ cookie })).status).toBe(403);
  });

  it("does not take one cookie for the other", async () => {
    await using t = await sessionGateway(config);
    const [main = "", remember = ""] = (await t.logIn()).split("; ");
    t.time.now += 50 * SECOND;
    expect((await t.ask({ cookie: main.replace("session", "remember") })).status).toBe(403);
    expect((await t.ask({ cookie: remember.replace("remember", "session") })).status).toBe(403);
    expect((await t.ask({ cookie: remember })).status).toBe(200);
  });

  it("is forgotten with the session", async () => {
    await using t = await sessionGateway({ ...config, remember_cookie_name: "later" });
    const cookie = await t.logIn();
    const ended = setCookies(await t.ask({ cookie, method: "POST", path: "/?session_logout=1" }));
    expect(ended.map((line) => line.slice(0, line.indexOf(";")))).toEqual(["session=", "later="]);
  });
});

describe("session, logout", () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  it.each([
    ["DELETE with the argument", {}, { method: "DELETE", path: "/?session_logout=true" }, true],
    ["POST with the argument without a value", {}, { method: "POST", path: "/?session_logout" }, true],
    ["GET", {}, { path: "/?session_logout=true" }, false],
    ["GET when it is on the list", { logout_methods: ["GET"] }, { path: "/?session_logout=true" }, true],
    ["DELETE when it is not", { logout_methods: ["GET"] }, { method: "DELETE", path: "/?session_logout=true" }, false],
    ["no argument", {}, { method: "DELETE" }, false],
    ["another argument", { logout_query_arg: "bye" }, { method: "DELETE", path: "/?bye" }, true],
    ["the old argument", { logout_query_arg: "bye" }, { method: "DELETE", path: "/?session_logout" }, false],
    ["a body that is not read", {}, { method: "POST", body: "session_logout=1", headers: form }, false],
    ["a body", { read_body_for_logout: true }, { method: "POST", body: "session_logout=1", headers: form }, true],
    [
      "another field",
      { read_body_for_logout: true, logout_post_arg: "bye" },
      { method: "POST", body: "bye=1", headers: form },
      true,
    ],
    ["a body without it", { read_body_for_logout: true }, { method: "POST", body: "a=1", headers: form }, false],
    ["a body of no type", { read_body_for_logout: true }, { method: "POST", body: "session_logout=1" }, false],
  ])("%s", async (_what, config, request, ends) => {
    await using t = await sessionGateway(config);
    const cookie = await t.logIn();
    const before = t.upstream.requests.length;
    const response = await t.ask({ cookie, ...request });
    expect(response.status).toBe(200);
    expect(t.upstream.requests.length - before).toBe(ends ? 0 : 1);
    if (!ends) return;
    expect(response.text).toBe("");
    expect(setCookies(response)).toEqual([
      "session=; Path=/; SameSite=Strict; Secure; HttpOnly; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0",
    ]);
  });

  it("does nothing without a session", async () => {
    await using t = await sessionGateway();
    const response = await t.ask({ key: "alice", method: "DELETE", path: "/?session_logout" });
    expect(response.status).toBe(200);
    expect(t.upstream.requests).toHaveLength(1);
  });
});

describe("session, headers", () => {
  const all = ["id", "audience", "subject", "timeout", "idling-timeout", "rolling-timeout", "absolute-timeout"];

  it("tell client and upstream about it", async () => {
    await using t = await sessionGateway({ request_headers: all, response_headers: all, idling_timeout: 0, audience: "us" });
    const login = await t.ask({ key: "alice" });
    expect(login.headers).toMatchObject({ "session-subject": "alice", "session-timeout": "3600" });
    t.time.now += 100 * SECOND;
    const { headers } = await t.ask({ cookie: cookieOf(login) });
    const expected = {
      "session-id": login.headers["session-id"],
      "session-audience": "us",
      "session-subject": "alice",
      "session-timeout": "3500",
      "session-rolling-timeout": "3500",
      "session-absolute-timeout": "86300",
    };
    expect(headers).toMatchObject(expected);
    expect(headers).not.toHaveProperty("session-idling-timeout");
    expect(t.upstream.requests.at(-1)?.headers).toMatchObject(expected);
  });

  it("are nothing that a client can tell the upstream", async () => {
    await using t = await sessionGateway({ request_headers: ["subject"] });
    await t.ask({ key: "alice", headers: { "session-subject": "root" } });
    expect(t.upstream.requests.at(-1)?.headers).not.toHaveProperty("session-subject");
  });

  it("may have the subject as a hash", async () => {
    await using t = await sessionGateway({ hash_subject: true, response_headers: ["subject"] });
    const { headers } = await t.ask({ key: "alice" });
    expect(headers["session-subject"]).toBe(createHash("sha256").update("alice").digest("base64url"));
  });
});

describe("session, schema", () => {
  it.each([
    [{ storage: "redis" }, "expected one of: cookie, kong"],
    [{ cookie_same_site: "strict" }, "expected one of: Strict, Lax, None, Default"],
    [{ logout_methods: ["PUT"] }, "expected one of: GET, POST, DELETE"],
  ])("refuses %j", async (config, message) => {
    await expect(sessionGateway(config)).rejects.toThrow(message);
  });
});
