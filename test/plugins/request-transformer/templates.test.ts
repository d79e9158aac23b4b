import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import { testGateway } from "../../support/test-gateway.js";
import { silent, transform, withBody } from "./support.js";

const regexRoute = { paths: ["~/requests/(?<user1>\\w+)/(?<rest>.*)$"], strip_path: false };

describe("request-transformer, templates", () => {
  it.each([
    ["a header", "$(headers.apikey)", "k1"],
    ["a header in any spelling", "$(headers['X-Two-Words'])-$(headers.x_two_words)", "w-w"],
    [
      "a repeated header",
      "$(headers.many[2]) of $(#headers.many), a $(type(headers.many)): $(headers.many)",
      "b of 2, a table: a, b",
    ],
    ["an argument", "$(query_params.q)", "a b"],
    ["a repeated argument", "$(query_params.r[1])$(query_params.r[2])", "12"],
    ["nothing", "[$(headers.absent)$(query_params.absent)$(uri_captures.absent)$(shared.absent)$(unknown)]", "[]"],
    ["a choice", "$(headers.absent or 'none')", "none"],
    ["the escape", "$('$(text)')", "$(text)"],
    ["plain characters", "#a $b (c) $(", "#a $b (c) $("],
    ["arithmetic and joining", "$(10 * query_params.n + 1 .. '!')", "71!"],
    ["methods of texts", "$(headers.apikey:upper():sub(1, 1))", "K"],
    [
      "the expression that is most widespread",
      "$((headers.authorization ~= nil and headers.authorization:sub(1, 10) ~= 'Bearer sb_' and headers.authorization) or headers.apikey)",
      "k1",
    ],
    ["a function", "$((function() for _, v in ipairs(headers.many) do if v == 'b' then return 'found' end end end)())", "found"],
  ])("renders %s", async (_what, value, expected) => {
    const { response, arrived } = await transform(
      { config: { add: { headers: [`x-result:${value}`] } } },
      {
        path: "/?q=a+b&r=1&r=2&n=7",
        headers: { apikey: "k1", "x-two-words": "w", many: ["a", "b"], authorization: "Bearer sb_1" },
      },
    );
    expect(response.status).toBe(200);
    expect(arrived?.headers["x-result"]).toBe(expected);
  });

  it("renders captures by name and by number", async () => {
    const config = { replace: { uri: "/$(uri_captures['rest'])/$(uri_captures.user1)/$(uri_captures[1])$(uri_captures[0])" } };
    const { arrived } = await transform({ config, route: regexRoute }, { path: "/requests/u1/a%2Fb" });
    expect(arrived?.url).toBe("/a%2Fb/u1/u1/requests/u1/a%2Fb");
  });

  it("fails when code fails, and tells the log why", async () => {
    const lines: string[] = [];
    const logger = { ...silent, error: (message: string) => lines.push(message) };
    const config = { replace: { uri: "/requests/user2/$(10 * uri_captures.user1)" } };
    const { response, arrived } = await transform({ config, route: regexRoute, options: { logger } }, { path: "/requests/u1/x" });
    expect([response.status, arrived]).toEqual([500, undefined]);
    expect(JSON.parse(response.text)).toMatchObject({ message: "An unexpected error occurred" });
    expect(lines.join()).toContain(
      "failed to render the template /requests/user2/$(10 * uri_captures.user1), error: attempt to perform arithmetic",
    );
  });

  it("sees the request as it came, whatever the configuration changes", async () => {
    const config = {
      remove: { headers: ["x-a"], querystring: ["q"] },
      replace: { headers: ["x-b:new"], querystring: ["r:new"] },
      add: {
        headers: ["x-copy:$(headers['x-a'])$(headers['x-b'])$(query_params.q)"],
        querystring: ["copy:$(headers['x-a'])$(query_params.r)"],
        body: ["copy:$(headers['x-a'])$(headers.x_b)$(query_params.q)"],
      },
    };
    const request = withBody("application/json", "{}");
    const { arrived } = await transform(
      { config },
      { ...request, path: "/?q=1&r=2", headers: { ...request.headers, "x-a": "a", "x-b": "b" } },
    );
    expect(arrived).toMatchObject({ url: "/?copy=a2&r=new", body: '{"copy":"ab1"}', headers: { "x-copy": "ab1" } });
  });

  it("sees the arguments of a form that goes into the query, unless the path has looked before", async () => {
    const form = { ...withBody("application/x-www-form-urlencoded", "b=2"), path: "/?a=1" };
    const config = { http_method: "GET", add: { querystring: ["c:$(query_params.b or 'no')"] } };
    expect((await transform({ config }, form)).arrived?.url).toBe("/?a=1&b=2&c=2");
    const early = { ...config, replace: { uri: "/$(query_params.a)" } };
    expect((await transform({ config: early }, form)).arrived?.url).toBe("/1?a=1&c=no");
  });

  it("takes names from templates where arguments and members are renamed", async () => {
    const config = { rename: { querystring: ["a:$(query_params.as)"] } };
    expect((await transform({ config }, { path: "/?a=1&as=b" })).arrived?.url).toBe("/?as=b&b=1");
  });

  it("reads what other plugins share, and cannot change it", async () => {
    await using upstream = await echoUpstream();
    const shares = definePlugin({
      name: "shares",
      version: "1.0.0",
      priority: 900,
      config: {},
      access(pdk) {
        Object.assign(pdk.ctx.shared, { tenant: "ä1", list: ["x"], nested: { deep: 7 }, call: () => "no" });
      },
    });
    const start = (value: string) =>
      testGateway({
        config: {
          _format_version: "3.0",
          services: [{ url: upstream.url, name: "echo", routes: [{ paths: ["/"] }] }],
          plugins: [{ name: "shares" }, { name: "request-transformer", config: { add: { querystring: [`v:${value}`] } } }],
        },
        options: { plugins: [shares], logger: silent } as never,
      });
    {
      await using gateway = await start(
        "$(shared.tenant)$(shared.list[1])$(shared.nested.deep)$(shared.call)$(shared.constructor)",
      );
      await gateway.fetch("/");
      expect(upstream.requests[0]?.url).toBe("/?v=%C3%A41x7");
    }
    await using gateway = await start("$((function() shared.tenant = 1 end)())");
    expect((await gateway.fetch("/")).status).toBe(500);
  });

  it("keeps requests that run at the same time apart", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [{ url: upstream.url, name: "echo", routes: [{ paths: ["/"] }] }],
        plugins: [{ name: "request-transformer", config: { add: { body: ["id:$(query_params.id)$(headers['x-id'])"] } } }],
      },
    });
    const ask = async (id: number): Promise<unknown> => {
      const headers = { "content-type": "application/json", "x-id": String(id) };
      const response = await gateway.fetch(`/?id=${id}`, { method: "POST", body: "{}", headers });
      return JSON.parse(((await response.json()) as { body: string }).body);
    };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, id) => ask(id)));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, id) => ({ id: `${id}${id}` })));
  });

  it("uses the configuration of the consumer", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [{ url: upstream.url, name: "echo", routes: [{ paths: ["/"] }] }],
        plugins: [{ name: "key-auth" }, { name: "request-transformer", config: { add: { headers: ["x-who:all"] } } }],
        consumers: [
          {
            username: "alice",
            keyauth_credentials: [{ key: "a" }],
            plugins: [{ name: "request-transformer", config: { add: { headers: ["x-who:$(headers['x-consumer-username'])"] } } }],
          },
          { username: "bob", keyauth_credentials: [{ key: "b" }] },
        ],
      },
    });
    await gateway.fetch("/", { headers: { apikey: "a" } });
    await gateway.fetch("/", { headers: { apikey: "b" } });
    expect(upstream.requests.map(({ headers }) => headers["x-who"])).toEqual(["alice", "all"]);
  });
});

describe("request-transformer, attacks", () => {
  it("lets no value end its header line", async () => {
    const { response, arrived } = await transform(
      { config: { add: { headers: ["x-v:$(query_params.v)"] }, append: { headers: ["x-w:$(query_params.v)"] } } },
      { path: "/?v=a%0D%0AX-Admin:%201%0D%0A%0D%0AGET%20/%00%7f" },
    );
    expect(response.status).toBe(200);
    const escaped = "a%0D%0AX-Admin: 1%0D%0A%0D%0AGET /%00%7F";
    expect(arrived?.headers).toMatchObject({ "x-v": escaped, "x-w": escaped });
    expect(arrived?.headers).not.toHaveProperty("x-admin");
  });

  it("lets no value leave the request line", async () => {
    const config = { replace: { uri: "/$(query_params.v)" }, add: { querystring: ["w:$(query_params.v)"] } };
    const { arrived } = await transform({ config }, { path: "/?v=a%20HTTP/1.1%0D%0AX-Admin:%201" });
    expect(arrived?.url.startsWith("/a%20HTTP/1.1%0D%0AX-Admin:%201?")).toBe(true);
    expect(arrived?.url).toContain("w=a%20HTTP%2F1.1%0D%0AX-Admin%3A%201");
    expect(arrived?.headers).not.toHaveProperty("x-admin");
  });

  it("lets no value become a further argument or member", async () => {
    const request = withBody("application/json", "{}");
    const config = { add: { querystring: ["v:$(headers['x-v'])"], body: ["v:$(headers['x-v'])"] } };
    const value = 'x&admin=1#","admin":"1';
    const { arrived } = await transform({ config }, { ...request, headers: { ...request.headers, "x-v": value } });
    expect(arrived?.url).toBe(`/?v=${encodeURIComponent(value)}`);
    expect(JSON.parse(arrived?.body ?? "")).toEqual({ v: value });
  });

  it("does not look for templates in what the client sends", async () => {
    const { arrived } = await transform(
      { config: { add: { headers: ["x-v:$(query_params.v)"] } } },
      { path: "/?v=$(headers.host)" },
    );
    expect(arrived?.headers["x-v"]).toBe("$(headers.host)");
  });

  it.each([
    "$((function() while true do end end)())",
    "$((function() local function f() return f() end return f() end)())",
    "$(('x'):rep(1e12))",
    "$((function() local s = 'x' for i = 1, 100 do s = s .. s end return s end)())",
    "$((('a'):rep(60000)):find('.-.-.-.-.-b'))",
  ])("ends code that would not end: %s", async (value) => {
    const { response } = await transform({ config: { add: { headers: [`x-v:${value}`] } } });
    expect(response.status).toBe(500);
  });
});
