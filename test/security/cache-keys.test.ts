import { expect, it } from "vitest";
import { cacheGateway } from "../plugins/proxy-cache/support.js";

interface Asked {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pairs of requests of which one must never get what was stored for the other. Most are one text when their parts are just put together. */
const pairs: readonly (readonly [string, Asked, Asked])[] = [
  ["an argument that holds another one", { path: "/?a=1&b=2" }, { path: "/?a=1,b,=2" }],
  ["an argument that holds another one, as JSON", { path: "/?a=1&b=2" }, { path: "/?a=1%22%5D%2C%5B%22b%22%2C%5B%22%3D2" }],
  ["one value and two", { path: "/?a=1,2" }, { path: "/?a=1&a=2" }],
  ["an argument with and without a value", { path: "/?a" }, { path: "/?a=" }],
  ["an escaped question mark", { path: "/x?y" }, { path: "/x%3fy" }],
  ["an escaped slash", { path: "/x/y" }, { path: "/x%2fy" }],
  ["a path and an argument", { path: "/x,y" }, { path: "/x?y" }],
  ["the blank and the plus", { path: "/?a=%2b" }, { path: "/?a=+" }],
  ["bytes that are no text", { path: "/?a=%ff" }, { path: "/?a=%fe" }],
  ["the value of one header in another", { headers: { "x-one": "1,2" } }, { headers: { "x-one": "1", "x-two": "2" } }],
  ["an empty header and none", { headers: { "x-one": "" } }, {}],
  ["callers of the upstream's own", { headers: { authorization: "Basic YTpi" } }, { headers: { authorization: "Basic YTpj" } }],
  ["hosts", { headers: { host: "a.test" } }, { headers: { host: "b.test" } }],
  ["an override of the method", { headers: { "x-http-method-override": "DELETE" } }, {}],
  ["an override of the path", { headers: { "x-original-url": "/admin" } }, {}],
];

it.each(pairs)("the cache tells requests apart: %s", async (_what, one, other) => {
  await using t = await cacheGateway({ vary_headers: ["X-One", "X-Two"] }, { headers: { "cache-control": "public" } });
  const [first, second] = [one, other].map(({ path = "/", headers = {} }) => ({ path, headers: { host: "a.test", ...headers } }));
  expect(await t.statuses(first ?? {}, second ?? {}, first ?? {}, second ?? {})).toEqual(["Miss", "Miss", "Hit", "Hit"]);
});
