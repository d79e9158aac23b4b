import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { pluginGateway } from "../../support/plugin-gateway.js";
import type { RawRequest } from "../../support/raw-request.js";

const DATE = "Mon, 01 Jan 2024 12:00:00 GMT";
const consumers = [
  {
    username: "alice",
    keyauth_credentials: [{ key: "SECRET" }],
    basicauth_credentials: [{ username: "alice", password: "SECRET" }],
    hmacauth_credentials: [{ username: "alice", secret: "s" }],
  },
  { username: "guest" },
];

const basic = (password: string): string => `Basic ${Buffer.from(`alice:${password}`).toString("base64")}`;
const hmac = (secret: string): string =>
  `hmac username="alice", algorithm="hmac-sha256", headers="date", signature="${createHmac("sha256", secret).update(`date: ${DATE}`).digest("base64")}"`;

const form = (body: string): RawRequest => ({
  method: "POST",
  body,
  headers: { host: "x", "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) },
});
const json = (body: string): RawRequest => ({
  method: "POST",
  body,
  headers: { host: "x", "content-type": "application/json", "content-length": String(body.length) },
});
const part = (name: string, value: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const multipart = (...parts: readonly string[]): RawRequest => {
  const body = `${parts.join("")}--b--\r\n`;
  return {
    method: "POST",
    body,
    headers: { host: "x", "content-type": "multipart/form-data; boundary=b", "content-length": String(body.length) },
  };
};
const head = (headers: Record<string, string | string[]>, path = "/"): RawRequest => ({
  path,
  headers: { host: "x", date: DATE, ...headers } as never,
});

interface Place {
  readonly plugin: string;
  readonly place: string;
  readonly config?: object;
  readonly request: RawRequest;
  /** What must not arrive upstream, anywhere. */
  readonly secret: string;
  /** Only let through as the anonymous consumer. */
  readonly wrong?: boolean;
}

const inBody = { key_in_body: true };
const places: readonly Place[] = [
  { plugin: "key-auth", place: "a header", request: head({ apikey: "SECRET" }), secret: "SECRET" },
  { plugin: "key-auth", place: "the query", request: head({}, "/?a=1&apikey=SECRET&b=2"), secret: "SECRET" },
  { plugin: "key-auth", place: "the query, its name encoded", request: head({}, "/?api%6bey=SECRET"), secret: "SECRET" },
  { plugin: "key-auth", place: "header and query", request: head({ apikey: "SECRET" }, "/?apikey=SECRET"), secret: "SECRET" },
  { plugin: "key-auth", place: "a form", config: inBody, request: form("a=1&apikey=SECRET"), secret: "SECRET" },
  { plugin: "key-auth", place: "JSON", config: inBody, request: json('{"a":1,"apikey":"SECRET"}'), secret: "SECRET" },
  {
    plugin: "key-auth",
    place: "a multipart form",
    config: inBody,
    request: multipart(part("a", "1"), part("apikey", "SECRET")),
    secret: "SECRET",
  },
  { plugin: "key-auth", place: "a header, wrong", request: head({ apikey: "SECRETS" }), secret: "SECRET", wrong: true },
  { plugin: "key-auth", place: "a header, twice", request: head({ apikey: ["SECRET", "x"] }), secret: "SECRET", wrong: true },
  { plugin: "key-auth", place: "the query, twice", request: head({}, "/?apikey=SECRET&apikey=x"), secret: "SECRET", wrong: true },
  {
    plugin: "key-auth",
    place: "a form, twice",
    config: inBody,
    request: form("apikey=SECRET&apikey=x"),
    secret: "SECRET",
    wrong: true,
  },
  {
    plugin: "key-auth",
    place: "a multipart form, twice",
    config: inBody,
    request: multipart(part("apikey", "SECRET"), part("apikey", "x")),
    secret: "SECRET",
    wrong: true,
  },
  { plugin: "basic-auth", place: "Authorization", request: head({ authorization: basic("SECRET") }), secret: basic("SECRET") },
  {
    plugin: "basic-auth",
    place: "Proxy-Authorization",
    request: head({ "proxy-authorization": basic("SECRET") }),
    secret: basic("SECRET"),
  },
  {
    plugin: "basic-auth",
    place: "Authorization, behind an unknown user",
    request: head({ "proxy-authorization": "Basic eDp5", authorization: basic("SECRET") }),
    secret: basic("SECRET"),
  },
  {
    plugin: "basic-auth",
    place: "Authorization, wrong",
    request: head({ authorization: basic("SECRETS") }),
    secret: basic("SECRETS"),
    wrong: true,
  },
  { plugin: "hmac-auth", place: "Authorization", request: head({ authorization: hmac("s") }), secret: hmac("s") },
  {
    plugin: "hmac-auth",
    place: "Proxy-Authorization",
    request: head({ "proxy-authorization": hmac("s") }),
    secret: hmac("s"),
  },
  {
    plugin: "hmac-auth",
    place: "Authorization, wrong",
    request: head({ authorization: hmac("x") }),
    secret: hmac("x"),
    wrong: true,
  },
  {
    plugin: "hmac-auth",
    place: "Authorization, too late",
    request: { headers: { host: "x", date: "Mon, 01 Jan 2023 12:00:00 GMT", authorization: hmac("s") } },
    secret: hmac("s"),
    wrong: true,
  },
];

describe("hide_credentials", () => {
  it.each(places)("$plugin: $place", async ({ plugin, config, request, secret, wrong = false }) => {
    for (const anonymous of [undefined, "guest"]) {
      const hiding = { ...config, hide_credentials: true, ...(anonymous === undefined ? {} : { anonymous }) };
      await using t = await pluginGateway([{ name: plugin, config: hiding }], { consumers }, { clock: () => Date.parse(DATE) });
      const { status } = await t.gateway.request(request);
      if (wrong && anonymous === undefined) {
        expect([status, t.upstream.requests]).toEqual([401, []]);
        continue;
      }
      expect(status).toBe(200);
      const [{ headers = {}, url = "", body = "" } = {}] = t.upstream.requests;
      expect(headers["x-consumer-username"]).toBe(wrong ? "guest" : "alice");
      expect(JSON.stringify([headers, url, body])).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  });

  it.each(places.filter(({ wrong }) => wrong !== true))(
    "off: $plugin: $place",
    async ({ plugin, config = {}, request, secret }) => {
      await using t = await pluginGateway([{ name: plugin, config }], { consumers }, { clock: () => Date.parse(DATE) });
      expect((await t.gateway.request(request)).status).toBe(200);
      const [{ headers = {}, url = "", body = "" } = {}] = t.upstream.requests;
      expect(JSON.stringify([headers, url, body])).toContain(JSON.stringify(secret).slice(1, -1));
    },
  );

  it("leaves the files of a form as they are", async () => {
    await using t = await pluginGateway([{ name: "key-auth", config: { ...inBody, hide_credentials: true } }], { consumers });
    const file = `--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: application/x-bin\r\n\r\n\u0000ÿþ\r\n`;
    const body = `${part("apikey", "SECRET")}${file}${part("z", "1")}--b--\r\n`;
    const length = String(Buffer.byteLength(body));
    const headers = { host: "x", "content-type": "multipart/form-data; boundary=b", "content-length": length };
    expect((await t.gateway.request({ method: "POST", body, headers })).status).toBe(200);
    expect(t.upstream.requests[0]).toMatchObject({
      body: `${file}${part("z", "1")}--b--\r\n`,
      headers: { "content-type": "multipart/form-data; boundary=b" },
    });
  });
});
