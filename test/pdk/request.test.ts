import type { Pdk } from "postern";
import { describe, expect, it } from "vitest";
import { probe, proxyTest } from "../gateway/support.js";

type AnyPdk = Pdk<Record<never, never>>;

/** What a plugin reads in access of one request. */
async function read(look: (pdk: AnyPdk) => unknown, path = "/", init: RequestInit = {}, options = {}): Promise<unknown> {
  const reads = probe("reads", {
    async access(pdk) {
      pdk.response.exit(200, JSON.stringify([await look(pdk)]));
    },
  });
  await using t = await proxyTest({
    probes: [reads],
    route: { paths: ["~/user/(?<name>\\w+)", "/"] },
    options: { plugins: [reads], ...options },
  });
  return ((await (await t.gateway.fetch(path, init)).json()) as unknown[])[0];
}

describe("pdk.request", () => {
  it.each<readonly [string, (pdk: AnyPdk) => unknown, unknown]>([
    ["getMethod", (pdk) => pdk.request.getMethod(), "GET"],
    ["getScheme", (pdk) => pdk.request.getScheme(), "http"],
    ["getHost", (pdk) => pdk.request.getHost(), "127.0.0.1"],
    ["getHttpVersion", (pdk) => pdk.request.getHttpVersion(), 1.1],
    ["getPath", (pdk) => pdk.request.getPath(), "/user/bob/x y"],
    ["getRawPath", (pdk) => pdk.request.getRawPath(), "/user/bob/x%20y"],
    ["getPathWithQuery", (pdk) => pdk.request.getPathWithQuery(), "/user/bob/x%20y?a=1&a=2&b&c=%41"],
    ["getRawQuery", (pdk) => pdk.request.getRawQuery(), "a=1&a=2&b&c=%41"],
    ["getQuery", (pdk) => pdk.request.getQuery(), { a: ["1", "2"], b: true, c: "A" }],
    [
      "getQueryArg",
      (pdk) => [pdk.request.getQueryArg("a"), pdk.request.getQueryArg("b"), pdk.request.getQueryArg("d")],
      ["1", true, null],
    ],
    [
      "getHeader",
      (pdk) => [pdk.request.getHeader("X-Some-Thing"), pdk.request.getHeader("x_some_thing"), pdk.request.getHeader("no")],
      ["1", "1", null],
    ],
    ["getHeader of a prototype's name", (pdk) => pdk.request.getHeader("constructor") ?? null, null],
    ["getUriCaptures", (pdk) => pdk.request.getUriCaptures().named, { name: "bob" }],
    ["getForwardedPrefix", (pdk) => pdk.request.getForwardedPrefix(), "/user/bob"],
    [
      "client.getIp",
      (pdk) => [pdk.client.getIp(), pdk.client.getForwardedIp(), pdk.client.getProtocol()],
      ["127.0.0.1", "127.0.0.1", "http"],
    ],
  ])("%s", async (_name, look, expected) => {
    expect(await read(look, "/user/bob/x%20y?a=1&a=2&b&c=%41", { headers: { "x-some-thing": "1" } })).toEqual(expected);
  });

  it.each([
    ["application/json", '{"a":1}', { body: { a: 1 }, mime: "application/json" }],
    ["application/json", "{", { error: "invalid json body", mime: "application/json" }],
    ["application/x-www-form-urlencoded", "a=1&b=%20", { body: { a: "1", b: " " }, mime: "application/x-www-form-urlencoded" }],
    ["image/png", "x", { error: "unsupported content type 'image/png'", mime: "image/png" }],
  ])("getBody of %s: %s", async (type, body, expected) => {
    expect(await read((pdk) => pdk.request.getBody(), "/", { method: "POST", headers: { "content-type": type }, body })).toEqual(
      expected,
    );
  });

  it("getRawBody refuses what is too large, which still goes upstream", async () => {
    const reads = probe("reads", {
      async access(pdk) {
        const error = await pdk.request.getRawBody().catch((reason: Error) => reason.message);
        pdk.service.request.setHeader("X-Error", String(error));
      },
    });
    await using t = await proxyTest({ probes: [reads], options: { plugins: [reads], clientBodyBufferSize: 1_000 } });
    const body = "x".repeat(200_000);
    const record = await t.seen("/", { method: "POST", body });
    expect(record.body).toBe(body);
    expect(record.headers["x-error"]).toContain("client_body_buffer_size");
  });
});

describe("pdk.service.request", () => {
  it("changes what goes upstream", async () => {
    const changes = probe("changes", {
      async access(pdk) {
        const { request } = pdk.service;
        request.setMethod("PUT");
        request.setPath("/other path");
        request.setQuery({ b: [1, 2], a: true });
        request.setHeader("X-Set", "1");
        request.addHeader("X-Set", "2");
        request.clearHeader("X-Gone");
        request.setHeader("Host", "named.test");
        await request.setBody({ a: 1 }, "application/json");
      },
    });
    await using t = await proxyTest({ probes: [changes] });
    const record = await t.seen("/?x=1", {
      method: "POST",
      body: "old",
      headers: { "x-gone": "1", "content-type": "text/plain" },
    });
    expect(record).toMatchObject({
      method: "PUT",
      url: "/other%20path?a&b=1&b=2",
      body: '{"a":1}',
      headers: { "x-set": ["1", "2"], host: "named.test", "content-type": "application/json", "content-length": "7" },
    });
    expect(record.headers).not.toHaveProperty("x-gone");
  });

  it("refuses header names and values that HTTP forbids", async () => {
    for (const [name, value] of [
      ["bad name", "x"],
      ["x", "a\r\nb"],
      ["", "x"],
      ["x", "\0"],
    ] as const) {
      const message = (await read((pdk) => {
        try {
          pdk.service.request.setHeader(name, value);
          return "accepted";
        } catch (error) {
          return (error as Error).message;
        }
      })) as string;
      expect(message).toContain("invalid");
    }
  });
});

it("pdk.service.setTarget and setUpstream choose another peer", async () => {
  await using other = await proxyTest({ answer: (_record, res) => void res.end("other") });
  const { port } = other.upstream;
  const chooses = probe("chooses", {
    access(pdk) {
      const name = pdk.request.getQueryArg("upstream");
      if (typeof name === "string") pdk.response.setHeader("X-Found", pdk.service.setUpstream(name));
      else pdk.service.setTarget("127.0.0.1", port);
    },
  });
  await using t = await proxyTest({
    probes: [chooses],
    document: { upstreams: [{ name: "pool.test", targets: [{ target: `127.0.0.1:${port}` }] }] },
  });
  expect(await (await t.gateway.fetch("/")).text()).toBe("other");
  expect(await (await t.gateway.fetch("/?upstream=pool.test")).text()).toBe("other");
  expect(t.upstream.requests).toEqual([]);
  expect((await t.gateway.fetch("/?upstream=unknown.test")).headers.get("x-found")).toBe("false");
  expect(t.upstream.requests).toHaveLength(1);
});
