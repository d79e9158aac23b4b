import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeToken } from "../../support/jwt.js";
import { type PluginGateway, type PluginUse, pluginGateway, refusal, seen } from "../../support/plugin-gateway.js";

const DATE = "Mon, 01 Jan 2024 12:00:00 GMT";

const consumers = [
  { username: "by-key", keyauth_credentials: [{ key: "key" }] },
  { username: "by-password", basicauth_credentials: [{ username: "user", password: "password" }] },
  { username: "by-token", jwt_secrets: [{ key: "issuer", secret: "secret" }] },
  { username: "by-signature", hmacauth_credentials: [{ username: "signer", secret: "secret" }] },
  { username: "guest", acls: [{ group: "guests" }] },
];

/** What each plugin takes, in a place of its own. */
const good = {
  "key-auth": { apikey: "key" },
  "basic-auth": { authorization: `Basic ${Buffer.from("user:password").toString("base64")}` },
  jwt: { "x-token": `Bearer ${makeToken({ iss: "issuer" }, "secret")}` },
  "hmac-auth": {
    date: DATE,
    "proxy-authorization": `hmac username="signer", algorithm="hmac-sha256", headers="date", signature="${createHmac("sha256", "secret").update(`date: ${DATE}`).digest("base64")}"`,
  },
} as const;
type Name = keyof typeof good;

const names = Object.keys(good) as Name[];
const whoIs: Record<Name, string> = {
  "key-auth": "by-key",
  "basic-auth": "by-password",
  jwt: "by-token",
  "hmac-auth": "by-signature",
};
/** The order in which they run. */
const order: readonly Name[] = ["jwt", "key-auth", "basic-auth", "hmac-auth"];
const pairs = order.flatMap((first, i) => order.slice(i + 1).map((second) => [first, second] as const));

function setup(plugins: readonly PluginUse[]): Promise<PluginGateway> {
  return pluginGateway(plugins, { consumers }, { clock: () => Date.parse(DATE) });
}

function use(name: Name, config: object = {}): PluginUse {
  return { name, config: { ...(name === "jwt" ? { header_names: ["x-token"] } : {}), ...config } };
}

async function ask(t: PluginGateway, ...by: readonly Name[]): Promise<{ status: number; consumer: string; anonymous: boolean }> {
  const headers = Object.assign({ host: "x" }, ...by.map((name) => good[name])) as Record<string, string>;
  const { status } = await t.gateway.request({ headers });
  const sent = t.upstream.requests.at(-1)?.headers;
  return { status, consumer: String(sent?.["x-consumer-username"]), anonymous: sent?.["x-anonymous-consumer"] === "true" };
}

describe("two plugins with an anonymous consumer: any of them", () => {
  it.each(pairs)("%s, %s", async (first, second) => {
    await using t = await setup([use(first, { anonymous: "guest" }), use(second, { anonymous: "guest" })]);
    expect(await ask(t, first)).toEqual({ status: 200, consumer: whoIs[first], anonymous: false });
    expect(await ask(t, second)).toEqual({ status: 200, consumer: whoIs[second], anonymous: false });
    expect(await ask(t, first, second)).toEqual({ status: 200, consumer: whoIs[first], anonymous: false });
    expect(await ask(t)).toEqual({ status: 200, consumer: "guest", anonymous: true });
  });
});

describe("two plugins without: each of them", () => {
  it.each(pairs)("%s, %s", async (first, second) => {
    await using t = await setup([use(first), use(second)]);
    expect((await ask(t, first)).status).toBe(401);
    expect((await ask(t, second)).status).toBe(401);
    expect((await ask(t)).status).toBe(401);
    expect(t.upstream.requests).toEqual([]);
    // The last success decides.
    expect(await ask(t, first, second)).toEqual({ status: 200, consumer: whoIs[second], anonymous: false });
  });
});

describe("one of two plugins with an anonymous consumer: the other stays mandatory", () => {
  it.each(pairs)("%s may fail, %s not", async (first, second) => {
    await using t = await setup([use(first, { anonymous: "guest" }), use(second)]);
    expect((await ask(t, first)).status).toBe(401);
    expect(await ask(t, second)).toEqual({ status: 200, consumer: whoIs[second], anonymous: false });
  });

  it.each(pairs)("%s not, %s may fail", async (first, second) => {
    await using t = await setup([use(first), use(second, { anonymous: "guest" })]);
    expect((await ask(t, second)).status).toBe(401);
    expect(await ask(t, first)).toEqual({ status: 200, consumer: whoIs[first], anonymous: false });
  });
});

describe("the first to refuse answers", () => {
  it.each(pairs)("%s before %s", async (first, second) => {
    await using t = await setup([use(second), use(first)]);
    const response = await t.gateway.fetch("/");
    const scheme = { jwt: "Bearer", "key-auth": "Key", "basic-auth": "Basic", "hmac-auth": "hmac" }[first];
    expect(response.headers.get("www-authenticate")?.split(" ")[0]).toBe(scheme);
    expect(response.status).toBe(401);
  });
});

describe("all of them with an anonymous consumer", () => {
  const all = names.map((name) => use(name, { anonymous: "guest" }));

  it.each(names)("%s is enough", async (name) => {
    await using t = await setup(all);
    expect(await ask(t, name)).toEqual({ status: 200, consumer: whoIs[name], anonymous: false });
  });

  it("leaves it to acl whether the anonymous consumer may pass", async () => {
    await using t = await setup([...all, { name: "acl", config: { deny: ["guests"] } }]);
    expect((await ask(t)).status).toBe(403);
    expect((await ask(t, "basic-auth")).status).toBe(200);
  });

  it("is 500 when the anonymous consumer is not there", async () => {
    await using t = await setup([use("jwt", { anonymous: "nobody" }), use("key-auth", { anonymous: "nobody" })]);
    expect(await refusal(await t.gateway.fetch("/"), 500)).toBe("anonymous consumer nobody is configured but doesn't exist");
    await seen(await t.gateway.fetch("/", { headers: good.jwt }));
  });
});

describe("all of them in the same Authorization header", () => {
  const { authorization, "proxy-authorization": signed } = { ...good["basic-auth"], ...good["hmac-auth"] };
  const given = {
    "by-password": { authorization },
    "by-token": { authorization: good.jwt["x-token"] },
    "by-signature": { authorization: signed, date: DATE },
    "by-key": { apikey: "key", authorization: "Negotiate other" },
  };
  // basic-auth takes every Authorization that it has read, as Kong does, and leaves none to hmac-auth: it hides nothing here.
  const hiding = (name: Name): object => (name === "jwt" || name === "basic-auth" ? {} : { hide_credentials: true });
  const plugins = order.map((name) => ({ name, config: { anonymous: "guest", ...hiding(name) } }));

  it.each(Object.entries(given))("%s", async (consumer, headers) => {
    await using t = await setup(plugins);
    const { headers: sent } = await seen(await t.gateway.fetch("/", { headers: headers as Record<string, string> }));
    expect(sent["x-consumer-username"]).toBe(consumer);
    expect(sent).not.toHaveProperty("x-anonymous-consumer");
    for (const secret of [signed, "key"]) expect(Object.values(sent)).not.toContain(secret);
  });

  it("is for none of them: the anonymous consumer", async () => {
    await using t = await setup(plugins);
    for (const value of ["Negotiate other", "Basic !", "Bearer x.y.z", 'hmac username="x"']) {
      const { headers } = await seen(await t.gateway.fetch("/", { headers: { authorization: value } }));
      expect(headers).toMatchObject({ "x-consumer-username": "guest", "x-anonymous-consumer": "true" });
      expect(headers).not.toHaveProperty("x-credential-identifier");
    }
  });
});
