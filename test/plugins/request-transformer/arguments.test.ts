import { describe, expect, it } from "vitest";
import { transform, withBody } from "./support.js";

async function urlFor(config: object, path: string): Promise<string | undefined> {
  const { response, arrived } = await transform({ config }, { path });
  expect(response.status).toBe(200);
  return arrived?.url;
}

describe("request-transformer, query", () => {
  it.each([
    ["removes", { remove: { querystring: ["q", "absent"] } }, "/?q=1&q=2&r=3", "/?r=3"],
    ["renames", { rename: { querystring: ["q:z", "absent:r", "s:s"] } }, "/?q=1&r=2&s=3", "/?r=2&s=3&z=1"],
    ["replaces what is there", { replace: { querystring: ["q:9", "absent:9"] } }, "/?q=1&q=2", "/?q=9"],
    ["adds what is not there", { add: { querystring: ["q:9", "p:9"] } }, "/?q=1", "/?p=9&q=1"],
    ["appends", { append: { querystring: ["q:9", "p:8", "p:7"] } }, "/?q=1", "/?p=8&p=7&q=1&q=9"],
    ["splits at the first colon", { add: { querystring: ["p1:anything:1"] } }, "/", "/?p1=anything%3A1"],
    ["escapes names", { add: { querystring: ["a[b][1]:x y"] } }, "/", "/?a%5Bb%5D%5B1%5D=x%20y"],
    ["keeps arguments without a value", { add: { querystring: ["p:1"] } }, "/?flag", "/?flag&p=1"],
    ["treats __proto__ as any name", { add: { querystring: ["__proto__:1"] } }, "/?constructor=2", "/?__proto__=1&constructor=2"],
    ["is left as it is when nothing is to be changed", { add: { headers: ["x-a:1"] } }, "/?b=%7e&a=+&&c", "/?b=%7e&a=+&&c"],
  ])("%s", async (_what, config, path, expected) => {
    expect(await urlFor(config, path)).toBe(expected);
  });
});

describe("request-transformer, method and path", () => {
  it("changes the method and keeps the query", async () => {
    const { arrived } = await transform({ config: { http_method: "POST" } }, { path: "/a?hello=world" });
    expect(arrived).toMatchObject({ method: "POST", url: "/a?hello=world" });
  });

  it.each(["GET", "HEAD", "TRACE"])("moves a form into the query for %s", async (method) => {
    const { arrived } = await transform(
      { config: { http_method: method } },
      { ...withBody("application/x-www-form-urlencoded; charset=utf-8", "name=marco&hello=you&x"), path: "/?hello=world" },
    );
    expect(arrived).toMatchObject({ method, url: "/?hello=world&hello=you&name=marco&x" });
  });

  it("does not move other bodies, nor for other methods", async () => {
    const json = await transform(
      { config: { http_method: "GET" } },
      { ...withBody("application/json", '{"a":1}'), path: "/?q=1" },
    );
    expect(json.arrived?.url).toBe("/?q=1");
    const put = await transform(
      { config: { http_method: "PUT" } },
      { ...withBody("application/x-www-form-urlencoded", "a=1"), path: "/?q=1" },
    );
    expect(put.arrived).toMatchObject({ url: "/?q=1", body: "a=1" });
  });

  it("sees the form's arguments in the steps of the query", async () => {
    const config = { http_method: "GET", remove: { querystring: ["secret"] } };
    const { arrived } = await transform({ config }, withBody("application/x-www-form-urlencoded", "secret=1&a=2"));
    expect(arrived?.url).toBe("/?a=2");
  });

  it("replaces the path, escaped where needed", async () => {
    expect(await urlFor({ replace: { uri: "/new/ü%2f" } }, "/old?q=1")).toBe("/new/%C3%BC%2f?q=1");
  });

  it("fails for a path that is none", async () => {
    const { response, arrived } = await transform({ config: { replace: { uri: "relative" } } });
    expect([response.status, arrived]).toEqual([500, undefined]);
  });
});
