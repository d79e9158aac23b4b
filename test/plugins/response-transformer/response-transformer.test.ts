import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import type { RawResponse } from "../../support/raw-response.js";
import { testGateway } from "../../support/test-gateway.js";

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer | readonly string[];
}

/** What a client gets for an upstream's answer, on its way through a gateway whose only plugin is response-transformer. */
async function transform(
  config: object,
  { status = 200, headers = {}, body = "" }: Answer,
  method = "GET",
): Promise<RawResponse> {
  await using upstream = await echoUpstream({
    answer: (_recorded, response) => {
      response.writeHead(status, headers);
      if (typeof body === "string" || Buffer.isBuffer(body)) response.end(body);
      else {
        for (const piece of body) response.write(piece);
        response.end();
      }
    },
  });
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "response-transformer", config }],
    },
  });
  return await gateway.request({ method, headers: { host: "client.test" } });
}

const json = (value: unknown, type = "application/json"): Answer => ({
  headers: { "content-type": type },
  body: JSON.stringify(value),
});

describe("response-transformer, configuration", () => {
  async function faultsOf(config: object): Promise<unknown> {
    try {
      await createGateway({ _format_version: "3.0", plugins: [{ name: "response-transformer", config }] } as never).close();
      return undefined;
    } catch (error) {
      return (error as { fields: { plugins: { config: unknown }[] } }).fields.plugins[0]?.config;
    }
  }

  it("is complete without any", async () => {
    expect(await faultsOf({})).toBeUndefined();
  });

  it.each(["replace", "add", "append"])("%s takes name:value", async (step) => {
    expect(
      await faultsOf({ [step]: { json: ["a:b", "key"], headers: ["a:b", "key"], json_types: ["boolean", "text"] } }),
    ).toEqual({
      [step]: {
        json: [null, "invalid value: key"],
        headers: [null, "invalid value: key"],
        json_types: [null, "expected one of: boolean, number, string"],
      },
    });
  });

  it("rename takes two names, of headers or of members", async () => {
    expect(await faultsOf({ rename: { json: ["a:b", "key"], headers: ["a:b", "key", "bad name:x", "x:bad name"] } })).toEqual({
      rename: {
        json: [null, "invalid value: key"],
        headers: [null, "invalid value: key", "'bad name' is not a valid header", "'bad name' is not a valid header"],
      },
    });
  });

  it("no list may be null", async () => {
    expect(await faultsOf({ remove: { json: null } })).toEqual({ remove: { json: "required field missing" } });
  });
});

describe("response-transformer, headers", () => {
  it.each([
    [
      "removes all of a name",
      { remove: { headers: ["x-a", "X-B"] } },
      { "x-a": ["1", "2"], "x-b": "3" },
      { "x-a": undefined, "x-b": undefined },
    ],
    ["renames", { rename: { headers: ["x-a:x-z"] } }, { "x-a": "1", "x-z": "2" }, { "x-a": undefined, "x-z": "1" }],
    ["renames all values", { rename: { headers: ["x-a:x-z"] } }, { "x-a": ["1", "2"] }, { "x-a": undefined, "x-z": ["1", "2"] }],
    ["renames an empty header", { rename: { headers: ["x-a:x-z"] } }, { "x-a": "" }, { "x-a": undefined, "x-z": "" }],
    [
      "renames the original value twice",
      { rename: { headers: ["x-a:x-y", "x-a:x-z"] } },
      { "x-a": "1" },
      { "x-a": undefined, "x-y": "1", "x-z": "1" },
    ],
    [
      "keeps a header that gets its own name",
      { rename: { headers: ["x-a:x-a", "x-b:X-B"] } },
      { "x-a": "1", "x-b": "2" },
      { "x-a": "1", "x-b": "2" },
    ],
    [
      "replaces what is there",
      { replace: { headers: ["X-A:9", "x-b:9"] } },
      { "x-a": ["1", "2"] },
      { "x-a": "9", "x-b": undefined },
    ],
    ["adds what is not there", { add: { headers: ["X-A:9", "x-b:9:8"] } }, { "x-a": "1" }, { "x-a": "1", "x-b": "9:8" }],
    ["appends", { append: { headers: ["x-a:9", "x-b:8", "x-b:7"] } }, { "x-a": "1" }, { "x-a": ["1", "9"], "x-b": ["8", "7"] }],
    [
      "does nothing without a value",
      { replace: { headers: ["x-a:"] }, add: { headers: ["x-b:"] }, append: { headers: ["x-a:"] } },
      { "x-a": "1" },
      { "x-a": "1", "x-b": undefined },
    ],
    [
      "decides by the headers as they came",
      { remove: { headers: ["x-a", "x-b"] }, replace: { headers: ["x-a:9"] }, add: { headers: ["x-b:9"] } },
      { "x-a": "1", "x-b": "2" },
      { "x-a": "9", "x-b": undefined },
    ],
    ["takes templates as texts", { add: { headers: ["x-a:$(upstream_status)"] } }, {}, { "x-a": "$(upstream_status)" }],
  ])("%s", async (_what, config, headers, expected) => {
    const response = await transform(config, { headers: headers as Record<string, string>, body: "x" });
    expect(response.status).toBe(200);
    for (const [name, value] of Object.entries(expected)) expect([name, response.headers[name]]).toEqual([name, value]);
  });

  it("knows all headers of an answer that has many", async () => {
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x-${i}`, "old"]));
    const config = { replace: { headers: ["x-149:new"] }, add: { headers: ["x-148:new"] }, rename: { headers: ["x-147:y"] } };
    const { headers } = await transform(config, { headers: many, body: "x" });
    expect([headers["x-149"], headers["x-148"], headers["x-147"], headers.y]).toEqual(["new", "old", undefined, "old"]);
  });

  it("leaves body and length alone", async () => {
    const response = await transform(
      { add: { headers: ["x-a:1"] } },
      { ...json({}), headers: { "content-type": "application/json", "content-length": "3" }, body: "{ }" },
    );
    expect([response.text, response.headers["content-length"]]).toEqual(["{ }", "3"]);
  });

  it("acts on answers of the gateway's own", async () => {
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        plugins: [
          {
            name: "response-transformer",
            config: { add: { headers: ["x-a:1"], json: ["b:2"] }, remove: { json: ["request_id"] } },
          },
        ],
      },
    });
    const response = await gateway.fetch("/");
    expect([response.status, response.headers.get("x-a"), await response.json()]).toEqual([
      404,
      "1",
      { message: "no Route matched with those values", b: "2" },
    ]);
  });
});

describe("response-transformer, JSON", () => {
  it.each([
    ["removes", { remove: { json: ["a", "absent"] } }, { a: 1, b: 2 }, { b: 2 }],
    [
      "renames what is there",
      { rename: { json: ["a:z", "f:y", "absent:x", "s:s", "b:"] } },
      { a: [1], f: false, s: 1, b: 2 },
      { z: [1], y: false, s: 1, b: 2 },
    ],
    [
      "replaces what is there and not false",
      { replace: { json: ["a:9", "n:8", "f:7", "absent:6"] } },
      { a: 1, n: null, f: false },
      { a: "9", n: "8", f: false },
    ],
    [
      "adds what is not there or false",
      { add: { json: ["a:9", "f:8", "n:7", "b:6"] } },
      { a: 1, f: false, n: null },
      { a: 1, f: "8", n: null, b: "6" },
    ],
    [
      "appends",
      { append: { json: ["s:2", "l:2", "n:2", "x:2"] } },
      { s: "1", l: [1], n: 1 },
      { s: ["1", "2"], l: [1, "2"], n: ["2"], x: ["2"] },
    ],
    [
      "keeps quotes and empty lists",
      { add: { json: ['p4:"v1"', "u:http://a/b"] } },
      { l: [] },
      { l: [], p4: '"v1"', u: "http://a/b" },
    ],
    [
      "converts by type",
      {
        add: {
          json: ["n:-1.5", "bad:x1", "t:true", "f:yes", "s:1", "u:2"],
          json_types: ["number", "number", "boolean", "boolean", "string"],
        },
      },
      {},
      { n: -1.5, t: true, f: false, s: "1", u: "2" },
    ],
    [
      "converts what is replaced and appended",
      { replace: { json: ["a:1"], json_types: ["number"] }, append: { json: ["b:true"], json_types: ["boolean"] } },
      { a: "x" },
      { a: 1, b: [true] },
    ],
    [
      "works in order",
      {
        remove: { json: ["p1"] },
        rename: { json: ["p4:p2"] },
        replace: { json: ["p2:v2"] },
        add: { json: ["p3:v1"] },
        append: { json: ["p3:v2"] },
      },
      { p1: "v1", p4: "v1" },
      { p2: "v2", p3: ["v1", "v2"] },
    ],
  ])("%s", async (_what, config, before, after) => {
    const response = await transform(config, json(before));
    expect(JSON.parse(response.text)).toEqual(after);
    expect(response.headers).not.toHaveProperty("content-length");
  });

  it.each(["application/json; charset=utf-8", "application/problem+json", "text/plain, application/json", "APPLICATION/JSON"])(
    "changes %s",
    async (type) => {
      expect(JSON.parse((await transform({ add: { json: ["b:1"] } }, json({ a: 1 }, type))).text)).toEqual({ a: 1, b: "1" });
    },
  );

  it.each(["text/plain", "application/jsonp", "text/html; application/json"])("leaves %s alone", async (type) => {
    const body = '{"a":1}';
    const response = await transform(
      { remove: { json: ["a"] } },
      { headers: { "content-type": type, "content-length": "7" }, body },
    );
    expect(response.text).toBe(body);
  });

  it.each(["[1,2]", "5", "not json", '{"a":'])("passes %s on as it is", async (body) => {
    const response = await transform({ remove: { json: ["a"] } }, { headers: { "content-type": "application/json" }, body });
    expect(response.text).toBe(body);
  });

  it("passes an encoded body on as it is", async () => {
    const body = Buffer.from([0x1f, 0x8b, 0xff]);
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const response = await transform({ remove: { json: ["a"] } }, { headers, body });
    expect([response.body, response.headers["content-encoding"]]).toEqual([body, "gzip"]);
  });

  it("changes a body that comes in pieces as a whole", async () => {
    const text = JSON.stringify({ a: "x".repeat(200_000), ü: "é" });
    const pieces = text.match(/[\s\S]{1,50000}/g) ?? [];
    const response = await transform(
      { add: { json: ["b:1"] } },
      { headers: { "content-type": "application/json" }, body: pieces },
    );
    expect(JSON.parse(response.text)).toEqual({ ...JSON.parse(text), b: "1" });
  });

  it("has nothing to do for answers without a body", async () => {
    for (const status of [204, 304]) {
      const response = await transform({ add: { json: ["b:1"] } }, { status, headers: { "content-type": "application/json" } });
      expect([response.status, response.text]).toEqual([status, ""]);
    }
    expect((await transform({ add: { json: ["b:1"] } }, json({}), "HEAD")).text).toBe("");
  });

  it("treats __proto__ as any name", async () => {
    const response = await transform({ add: { json: ["__proto__:x"] }, remove: { json: ["constructor"] } }, json({ a: 1 }));
    expect(response.text).toBe('{"a":1,"__proto__":"x"}');
  });
});
