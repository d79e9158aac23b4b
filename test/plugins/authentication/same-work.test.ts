import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { PluginGateway, pluginGateway as PluginGatewayOf } from "../../support/plugin-gateway.js";

/** The cryptographic work that was done, call by call. */
const work = vi.hoisted((): string[] => []);

vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  return {
    ...crypto,
    createHash(algorithm: string) {
      work.push(`hash ${algorithm}`);
      return crypto.createHash(algorithm);
    },
    createHmac(algorithm: string, key: never) {
      work.push(`hmac ${algorithm}`);
      return crypto.createHmac(algorithm, key);
    },
    timingSafeEqual(a: Buffer, b: Buffer) {
      work.push(`compare ${a.length} with ${b.length}`);
      return crypto.timingSafeEqual(a, b);
    },
  };
});

// Test files share modules: what this one looks at has to be loaded anew, and must not be left to others.
let pluginGateway: typeof PluginGatewayOf;
beforeAll(async () => {
  vi.resetModules();
  ({ pluginGateway } = await import("../../support/plugin-gateway.js"));
});
afterAll(() => {
  vi.doUnmock("node:crypto");
  vi.resetModules();
});

const consumers = [
  {
    username: "alice",
    basicauth_credentials: [{ username: "alice", password: "right" }],
    hmacauth_credentials: [{ username: "alice", secret: "right" }],
    keyauth_credentials: [{ key: "right" }],
  },
];
const DATE = "Mon, 01 Jan 2024 12:00:00 GMT";

async function workFor(t: PluginGateway, headers: Record<string, string>): Promise<readonly string[]> {
  work.length = 0;
  expect((await t.gateway.fetch("/", { headers })).status).toBe(401);
  return [...work];
}

// Times cannot be compared in a test that runs beside others; what takes the time can.
describe("whether a user is known takes the same work to find out as whether the secret is right", () => {
  it("basic-auth", async () => {
    await using t = await pluginGateway([{ name: "basic-auth" }], { consumers });
    const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    for (const name of ["authorization", "proxy-authorization"]) {
      const wrong = await workFor(t, { [name]: basic("alice", "wrong") });
      expect(wrong).toEqual(["hash sha1", "compare 40 with 40"]);
      expect(await workFor(t, { [name]: basic("nobody", "wrong") })).toEqual(wrong);
    }
  });

  it.each(["sha1", "sha256", "sha384", "sha512"])("hmac-auth, %s", async (hash) => {
    await using t = await pluginGateway([{ name: "hmac-auth" }], { consumers }, { clock: () => Date.parse(DATE) });
    const signature = createHmac(hash, "wrong").update(`date: ${DATE}`).digest("base64");
    const signed = (user: string) => ({
      date: DATE,
      authorization: `hmac username="${user}", algorithm="hmac-${hash}", headers="date", signature="${signature}"`,
    });
    const wrong = await workFor(t, signed("alice"));
    expect(wrong).toEqual([`hmac ${hash}`, expect.stringContaining("compare")]);
    expect(await workFor(t, signed("nobody"))).toEqual(wrong);
  });

  it("key-auth: a key is looked up whole, by its hash in a table, and nothing of it is compared by itself", async () => {
    await using t = await pluginGateway([{ name: "key-auth" }], { consumers });
    expect(await workFor(t, { apikey: "wrong" })).toEqual([]);
    expect(await workFor(t, { apikey: "righ" })).toEqual([]);
  });
});
