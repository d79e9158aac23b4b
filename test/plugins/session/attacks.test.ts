import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newSessionId, Sealer } from "../../../src/plugins/session/sealing.js";
import { ALICE, cookieOf, SECRET, type SessionGateway, sessionGateway, setCookies } from "./support.js";

/** The bytes behind the cookie. */
const bytesOf = (cookie: string): Buffer => Buffer.from(cookie.slice("session=1".length), "base64url");
const cookieFor = (bytes: Uint8Array): string => `session=1${Buffer.from(bytes).toString("base64url")}`;

async function status(t: SessionGateway, cookie: string): Promise<number> {
  return (await t.ask({ cookie })).status;
}

describe.each(["cookie", "kong"])("session, forged cookies, storage %s", (storage) => {
  const setup = (config: object = {}): Promise<SessionGateway> =>
    sessionGateway({ storage, ...config }, {}, { database: "memory" });

  it("refuses every cookie in which one bit is another", async () => {
    await using t = await setup();
    const bytes = bytesOf(await t.logIn());
    expect(await status(t, cookieFor(bytes))).toBe(200);
    for (let i = 0; i < bytes.length; i += 1) {
      const forged = Buffer.from(bytes);
      forged[i] = (forged[i] as number) ^ (1 << (i % 8));
      expect(await status(t, cookieFor(forged))).toBe(403);
    }
  });

  it("refuses cookies that are cut or longer", async () => {
    await using t = await setup();
    const bytes = bytesOf(await t.logIn());
    for (const length of [0, 1, 25, 37, 52, 53, 54, bytes.length - 16, bytes.length - 1]) {
      expect(await status(t, cookieFor(bytes.subarray(0, length)))).toBe(403);
    }
    expect(await status(t, cookieFor(Buffer.concat([bytes, Buffer.alloc(1)])))).toBe(403);
    // A tag of fewer bytes is easier to guess: GCM allows it, this format does not.
    expect(await status(t, cookieFor(Buffer.concat([bytes.subarray(0, -16), bytes.subarray(-16, -12)])))).toBe(403);
  });

  it("refuses the parts of two good cookies", async () => {
    await using t = await setup();
    const [alice, bob] = [bytesOf(await t.logIn("alice")), bytesOf(await t.logIn("bob"))];
    for (const cut of [25, 37, bob.length - 16]) {
      expect(await status(t, cookieFor(Buffer.concat([alice.subarray(0, cut), bob.subarray(cut)])))).toBe(403);
    }
  });

  it.each([
    ["another secret", { secret: `${SECRET}.` }],
    ["another audience", { audience: "others" }],
    ["another name", { cookie_name: "sid" }],
  ])("refuses a cookie of %s", async (_what, config) => {
    await using t = await setup();
    await using other = await setup(config);
    const cookie = (await other.logIn()).replace("sid=", "session=");
    expect(await status(t, cookie)).toBe(403);
    expect(await status(t, await t.logIn())).toBe(200);
  });

  it("answers whatever stands in a cookie", async () => {
    await using t = await setup();
    const text = fc.string({ unit: fc.constantFrom(..."19=;,. \"'%-_abcXYZ{}[]") });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("session", "session2", "remember", ""), text, async (name, value) => {
        expect(await status(t, `${name}=${value}`)).toBe(403);
      }),
      { numRuns: 100 },
    );
  });
});

describe("session, attacks", () => {
  // A reference that cannot be resolved is the empty text, with which everybody could seal.
  it.each([null, "{vault://env/postern-test-no-such-variable}"])(
    "keeps its cookies to itself with the secret %j",
    async (secret) => {
      await using t = await sessionGateway({ secret });
      const cookie = await t.logIn();
      expect(await status(t, cookie)).toBe(200);
      const content = JSON.stringify([Array(3).fill(t.time.now / 1000), [ALICE.id, "1", "alice", null]]);
      const seal = (key: string): string => new Sealer(key, "cookie", "session", "default").seal(newSessionId(), content);
      expect(await status(t, `session=1${seal("")}`)).toBe(403);
      await using good = await sessionGateway();
      expect(await status(good, `session=1${seal(SECRET)}`)).toBe(200);
      expect(await status(good, cookie)).toBe(403);
    },
  );

  it("does not let a client choose the id of its session", async () => {
    await using t = await sessionGateway({ response_headers: ["id"] });
    const planted = await t.logIn("bob");
    const login = await t.ask({ key: "alice", cookie: "session=1planted" });
    expect(cookieOf(login)).not.toContain("planted");
    // A good session that somebody else has planted stays theirs: the key is not looked at, so nobody's rights get into it.
    const fixed = await t.ask({ key: "alice", cookie: planted });
    expect(t.upstream.requests.at(-1)?.headers["x-consumer-username"]).toBe("bob");
    expect(setCookies(fixed)).toEqual([]);
  });

  it("does not take a record of the database for the session of another id", async () => {
    await using t = await sessionGateway({ storage: "kong" }, {}, { database: "memory" });
    const cookie = await t.logIn("bob");
    await t.logIn("alice");
    expect(await status(t, cookie)).toBe(200);
    const { sessions } = t.gateway.gateway.db;
    const [first, second] = (await sessions.page()).data;
    await sessions.update(first?.id as string, { data: second?.data as string });
    await sessions.update(second?.id as string, { data: first?.data as string });
    expect(await status(t, cookie)).toBe(403);
  });

  it("takes the first of two cookies of a name, as nginx does", async () => {
    await using t = await sessionGateway();
    const [alice, bob] = [await t.logIn("alice"), await t.logIn("bob")];
    await t.ask({ cookie: `${alice}; ${bob}` });
    expect(t.upstream.requests.at(-1)?.headers["x-consumer-username"]).toBe("alice");
  });
});
