import { describe, expect, it } from "vitest";
import { waitFor } from "../../support/wait-for.js";
import { ALICE, cookieOf, type SessionGateway, sessionGateway, setCookies } from "./support.js";

const SECOND = 1000;

function setup(config: object = {}): Promise<SessionGateway> {
  return sessionGateway({ storage: "kong", ...config }, {}, { database: "memory" });
}

async function rows(t: SessionGateway): Promise<readonly Record<string, unknown>[]> {
  return (await t.gateway.gateway.db.sessions.page()).data;
}

describe("session in the database", () => {
  it("is a record, of which the cookie has the id", async () => {
    await using t = await setup({ response_headers: ["id"] });
    const login = await t.ask({ key: "alice" });
    const cookie = cookieOf(login);
    expect((await t.ask({ cookie })).status).toBe(200);
    expect(t.upstream.requests.at(-1)?.headers).toMatchObject({
      "x-consumer-id": ALICE.id,
      "x-consumer-username": "alice",
      "x-credential-identifier": "11111111-1111-4111-8111-111111111111",
    });
    const [row, ...others] = await rows(t);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ session_id: login.headers["session-id"], expires: t.time.now / 1000 + 3600, ttl: 3600 });
    expect(Buffer.from(String(row?.data), "base64url").toString("latin1")).not.toContain(ALICE.id);
    expect(cookie.length).toBeLessThan(160);
  });

  it("is over at once after a logout", async () => {
    await using t = await setup();
    const cookie = await t.logIn();
    expect((await t.ask({ cookie })).status).toBe(200);
    const response = await t.ask({ cookie, method: "DELETE", path: "/?session_logout=true" });
    expect([response.status, response.text]).toEqual([200, ""]);
    expect(await rows(t)).toEqual([]);
    expect((await t.ask({ cookie })).status).toBe(403);
  });

  it("is over when the record is gone", async () => {
    await using t = await setup();
    const cookie = await t.logIn();
    expect((await t.ask({ cookie })).status).toBe(200);
    for (const { id } of await rows(t)) await t.gateway.gateway.db.sessions.delete(id as string);
    expect((await t.ask({ cookie })).status).toBe(403);
  });

  it("is over when its time is", async () => {
    await using t = await setup({ idling_timeout: 0 });
    const cookie = await t.logIn();
    t.time.now += 3_600 * SECOND;
    expect((await t.ask({ cookie })).status).toBe(403);
    expect(await rows(t)).toEqual([]);
  });

  it("stays good for a while when it is renewed", async () => {
    await using t = await setup({ idling_timeout: 0, rolling_timeout: 100, stale_ttl: 10 });
    const first = await t.logIn();
    t.time.now += 80 * SECOND;
    const second = cookieOf(await t.ask({ cookie: first }));
    expect(second).not.toBe("");
    expect(await rows(t)).toHaveLength(2);
    t.time.now += 9 * SECOND;
    expect((await t.ask({ cookie: first })).status).toBe(200);
    t.time.now += 2 * SECOND;
    expect((await t.ask({ cookie: first })).status).toBe(403);
    expect((await t.ask({ cookie: second })).status).toBe(200);
  });

  it("is remembered by a record of its own, which is used once", async () => {
    await using t = await setup({ remember: true, idling_timeout: 10 });
    const cookie = await t.logIn();
    expect((await t.ask({ cookie })).status).toBe(200);
    expect(await rows(t)).toHaveLength(2);
    t.time.now += 20 * SECOND;
    const [, remember = ""] = cookie.split("; ");
    const again = await t.ask({ cookie: remember });
    expect([again.status, setCookies(again).length]).toEqual([200, 2]);
    expect((await t.ask({ cookie: remember })).status).toBe(403);
    expect((await t.ask({ cookie: cookieOf(again) })).status).toBe(200);
  });

  it("has whom it belongs to beside it, when told to", async () => {
    await using t = await setup({ store_metadata: true, hash_subject: false, audience: "us" });
    const cookie = await t.logIn();
    const { db } = t.gateway.gateway;
    const [described] = await waitFor(async () => {
      const { data } = await db.session_metadatas.page();
      if (data.length === 0) throw new Error("no metadata yet");
      return data;
    });
    const [row] = await rows(t);
    expect(described).toMatchObject({ session: { id: row?.id }, sid: row?.session_id, audience: "us", subject: "alice" });
    await t.ask({ cookie, method: "DELETE", path: "/?session_logout" });
    expect((await db.session_metadatas.page()).data).toEqual([]);
  });

  it("has no end without limits", async () => {
    await using t = await setup({ idling_timeout: 0, rolling_timeout: 0, absolute_timeout: 0 });
    const cookie = await t.logIn();
    t.time.now += 1e9 * SECOND;
    expect((await t.ask({ cookie })).status).toBe(200);
    expect((await rows(t))[0]).toMatchObject({ expires: null });
  });

  it("is none where nothing can be written, and nobody gets an error for it", async () => {
    const lines: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => void lines.push(line) };
    await using t = await sessionGateway({ storage: "kong" }, {}, { logger });
    const login = await t.ask({ key: "alice" });
    expect(login.status).toBe(200);
    expect((await t.ask({ cookie: cookieOf(login) })).status).toBe(403);
    expect(lines).toEqual([expect.stringContaining("the session cannot be read or written: ")]);
  });
});
