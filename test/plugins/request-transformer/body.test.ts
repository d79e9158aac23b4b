import { describe, expect, it } from "vitest";
import { transform, withBody } from "./support.js";

async function bodyFor(config: object, type: string, body: string | Buffer): Promise<string | undefined> {
  const { response, arrived } = await transform({ config }, withBody(type, body));
  expect(response.status).toBe(200);
  if (arrived !== undefined) expect(arrived.headers["content-length"]).toBe(String(Buffer.byteLength(arrived.body)));
  return arrived?.body;
}

describe("request-transformer, JSON bodies", () => {
  it.each([
    ["removes", { remove: { body: ["a", "absent"] } }, '{"a":1,"b":2}', { b: 2 }],
    ["renames", { rename: { body: ["a:z", "f:y", "absent:x", "s:s"] } }, '{"a":[1],"f":false,"s":1}', { z: [1], f: false, s: 1 }],
    ["renames null", { rename: { body: ["a:z"] } }, '{"a":null}', { z: null }],
    [
      "replaces by texts",
      { replace: { body: ["a:1", "n:2", "f:3", "absent:4"] } },
      '{"a":9,"n":null,"f":false}',
      { a: "1", n: "2", f: false },
    ],
    ["adds", { add: { body: ["a:1", "f:2", "b:3"] } }, '{"a":9,"f":false}', { a: 9, f: "2", b: "3" }],
    [
      "appends",
      { append: { body: ["s:2", "l:2", "n:2", "x:2", "x:3"] } },
      '{"s":"1","l":[1],"n":1}',
      { s: ["1", "2"], l: [1, "2"], n: ["2"], x: ["2", "3"] },
    ],
    [
      "keeps empty lists and nested values",
      { add: { body: ["b:1"] } },
      '{"a":[],"c":{"d":[{}]}}',
      { a: [], b: "1", c: { d: [{}] } },
    ],
    ["splits at the first colon", { add: { body: ["b:x:y"] } }, "{}", { b: "x:y" }],
  ])("%s", async (_what, config, body, expected) => {
    expect(JSON.parse((await bodyFor(config, "application/JSON; charset=utf-8", body)) ?? "")).toEqual(expected);
  });

  it("treats __proto__ as any name", async () => {
    const body = await bodyFor({ add: { body: ["__proto__:x", "constructor:y"] } }, "application/json", '{"a":1}');
    expect(body).toBe('{"a":1,"__proto__":"x","constructor":"y"}');
    expect(await bodyFor({ remove: { body: ["__proto__"] } }, "application/json", '{"__proto__":{"admin":1},"a":1}')).toBe(
      '{"a":1}',
    );
  });

  it.each(["not json", "[1,2]", "5", '{"a":1', '"text"'])("leaves %s alone", async (body) => {
    const config = { remove: { body: ["a"] }, add: { body: ["b:1"] } };
    expect(await bodyFor(config, "application/json", body)).toBe(body);
  });

  it("makes a body where there is none", async () => {
    const config = { add: { body: ["a:1"] }, append: { body: ["b:2"] } };
    expect(JSON.parse((await bodyFor(config, "application/json", "")) ?? "")).toEqual({ a: "1", b: ["2"] });
  });

  it("makes a body for a request that becomes one with a body", async () => {
    const config = { http_method: "POST", add: { headers: ["Content-Type:application/json"], body: ["a:1"] } };
    const { arrived } = await transform({ config }, { method: "GET" });
    expect(arrived).toMatchObject({ method: "POST", body: '{"a":"1"}', headers: { "content-type": "application/json" } });
  });

  it("leaves nothing in a repeated member", async () => {
    expect(await bodyFor({ remove: { body: ["role"] } }, "application/json", '{"role":"a","role":"b"}')).toBe("{}");
  });
});

describe("request-transformer, form bodies", () => {
  it.each([
    ["removes", { remove: { body: ["a"] } }, "a=1&b=2&a=3", "b=2"],
    ["renames", { rename: { body: ["a:z", "absent:y"] } }, "a=1&b=2", "b=2&z=1"],
    ["replaces", { replace: { body: ["a:9", "absent:9"] } }, "a=1&b=2", "a=9&b=2"],
    ["adds", { add: { body: ["a:9", "c:9"] } }, "a=1", "a=1&c=9"],
    ["appends", { append: { body: ["a:9", "c:9"] } }, "a=1", "a=1&a=9&c=9"],
    ["escapes", { add: { body: ["ä:x y&"] } }, "", "%C3%A4=x%20y%26"],
  ])("%s", async (_what, config, body, expected) => {
    expect(await bodyFor(config, "application/x-www-form-urlencoded", body)).toBe(expected);
  });
});

describe("request-transformer, multipart bodies", () => {
  const type = "multipart/form-data; boundary=frontier";
  const field = (name: string, value: string): string =>
    `--frontier\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const file = `--frontier\r\nContent-Disposition: form-data; filename="f"; name="file"\r\nContent-Type: application/x-bin\r\n\r\n\u0000\r\n--front\r\n`;
  const end = "--frontier--\r\n";

  it.each([
    ["removes all of a name", { remove: { body: ["a"] } }, field("a", "1") + file + field("a", "2") + end, file + end],
    ["renames", { rename: { body: ["a:z", "absent:y"] } }, field("a", "1") + file + end, file + field("z", "1") + end],
    [
      "renames before it removes",
      { rename: { body: ["a:z"] }, remove: { body: ["z"] } },
      field("a", "1") + file + end,
      file + end,
    ],
    ["replaces", { replace: { body: ["a:9", "absent:9"] } }, field("a", "1") + file + end, file + field("a", "9") + end],
    ["adds", { add: { body: ["a:9", "b:9"] } }, field("a", "1") + end, field("a", "1") + field("b", "9") + end],
    ["appends nothing", { append: { body: ["a:9"] } }, field("a", "1") + end, field("a", "1") + end],
    [
      "reads a preamble and an epilogue",
      { add: { body: ["b:9"] } },
      `hello\r\n${field("a", "1")}${end}bye`,
      field("a", "1") + field("b", "9") + end,
    ],
    ["leaves a body alone that is no form", { remove: { body: ["a"] } }, "--frontier\r\nbroken", "--frontier\r\nbroken"],
    ["begins a form in an empty body", { add: { body: ["b:9"] } }, "", field("b", "9") + end],
  ])("%s", async (_what, config, body, expected) => {
    expect(await bodyFor(config, type, body)).toBe(expected);
  });

  it("leaves a body alone whose type names no boundary", async () => {
    expect(await bodyFor({ remove: { body: ["a"] } }, "multipart/form-data", field("a", "1") + end)).toBe(field("a", "1") + end);
  });

  it("takes another boundary when a new value holds the old one", async () => {
    const config = { replace: { body: ["a:$(headers['x-value'])"] } };
    const request = withBody(type, field("a", "1") + end);
    const value = 'x--frontier name="role"';
    const { arrived } = await transform({ config }, { ...request, headers: { ...request.headers, "x-value": value } });
    const boundary = /boundary=(.+)$/.exec(String(arrived?.headers["content-type"]))?.[1] ?? "";
    expect(boundary).not.toBe("frontier");
    expect(arrived?.body.split(`--${boundary}`)).toHaveLength(3);
  });
});

describe("request-transformer, other bodies", () => {
  it("does not read a body that it does not change", async () => {
    const config = { add: { body: ["a:1"] } };
    expect(await bodyFor(config, "text/plain", "text")).toBe("text");
    expect(await bodyFor({ add: { headers: ["x-a:1"] } }, "application/json", "{ }")).toBe("{ }");
  });

  it("refuses a body that is too large to hold", async () => {
    const setting = { config: { remove: { body: ["role"] } }, options: { clientBodyBufferSize: 64 } };
    const { response, arrived } = await transform(
      setting,
      withBody("application/json", `{"role":"admin","a":"${"x".repeat(100)}"}`),
    );
    expect([response.status, arrived]).toEqual([413, undefined]);
    const form = { config: { http_method: "GET" }, options: { clientBodyBufferSize: 64 } };
    const moved = await transform(form, withBody("application/x-www-form-urlencoded", `a=${"x".repeat(100)}`));
    expect([moved.response.status, moved.arrived]).toEqual([413, undefined]);
  });
});
