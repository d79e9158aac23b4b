import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { cookieOf, sessionGateway, setCookies } from "./support.js";

const ID = "7a0b8a0e-1d0c-4f5e-9a55-1c1b2d3e4f50";

describe("the subject of a session", () => {
  it.each([
    ["the username", { id: ID, username: "dave", custom_id: "d-1" }, "dave"],
    ["else the custom_id", { id: ID, custom_id: "d-1" }, "d-1"],
  ])("is %s", async (_what, consumer, subject) => {
    const consumers = [{ ...consumer, keyauth_credentials: [{ key: "dave" }] }, { username: "guest" }];
    await using t = await sessionGateway({ response_headers: ["subject"], request_headers: ["subject"] }, { consumers });
    const login = await t.ask({ key: "dave" });
    expect(login.headers["session-subject"]).toBe(subject);
    await t.ask({ cookie: cookieOf(login) });
    expect(t.upstream.requests.at(-1)?.headers).toMatchObject({ "session-subject": subject, "x-consumer-id": ID });
  });
});

describe("a session", () => {
  it("is there for later plugins", async () => {
    const tell = definePlugin({
      name: "tell",
      version: "1.0.0",
      priority: 1000,
      config: {},
      access(pdk) {
        const session = pdk.ctx.shared.authenticated_session as { identity?: { subject?: string } } | undefined;
        pdk.service.request.setHeader("x-told", session?.identity?.subject ?? "none");
      },
    });
    await using t = await sessionGateway({}, { plugins: [{ name: "tell" }] }, { plugins: ["bundled", tell] });
    const cookie = await t.logIn();
    expect(t.upstream.requests.at(-1)?.headers["x-told"]).toBe("none");
    await t.ask({ cookie });
    expect(t.upstream.requests.at(-1)?.headers["x-told"]).toBe("alice");
  });

  it("is carried on by all of the old names", async () => {
    const old = { cookie_lifetime: 50, cookie_idletime: 40, cookie_discard: 4, cookie_persistent: true, cookie_renew: 1 };
    await using t = await sessionGateway(old);
    const login = await t.ask({ key: "alice" });
    expect(setCookies(login).map((line) => line.slice(0, line.indexOf("=")))).toEqual(["session", "remember"]);
    const [{ config } = { config: {} }] = (await t.gateway.gateway.db.plugins.page()).data.filter(
      ({ name }) => name === "session",
    );
    expect(config).toMatchObject({ rolling_timeout: 50, idling_timeout: 40, stale_ttl: 4, remember: true });
    for (const name of Object.keys(old)) expect(config).not.toHaveProperty(name);
  });

  it("restarts no session that the client has ended", async () => {
    await using t = await sessionGateway({ remember: true });
    const cookie = await t.logIn();
    const ended = await t.ask({ cookie, method: "DELETE", path: "/?session_logout" });
    expect([ended.status, ended.text, setCookies(ended).length]).toEqual([200, "", 2]);
    for (const line of setCookies(ended)) expect(line).toMatch(/^(?:session|remember)=; Path=\/; .*; Max-Age=0$/);
  });
});
