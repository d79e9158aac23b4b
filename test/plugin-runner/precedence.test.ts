import { type AnyPlugin, definePlugin, type Pdk, str } from "postern";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { type TestGateway, testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";

/** Plugin runtime, "precedence": most specific first. */
const precedence = [
  "route service consumer",
  "route consumer",
  "service consumer",
  "route service",
  "consumer",
  "route",
  "service",
  "",
];

const phases = ["access", "response", "headerFilter", "bodyFilter", "log"] as const;
type Phase = (typeof phases)[number];

/** What ran for a request, by request: `plugin phase` and the scope of the instance. */
const ran = new Map<string, Map<string, string>>();

/**
 * One plugin for each set of scopes in which instances exist, so that one request tries all sets. Those with a `response` phase can have
 * no filters, so there is a second kind.
 */
function plugins(kind: "streamed" | "buffered"): AnyPlugin[] {
  return Array.from({ length: 2 ** precedence.length }, (_, set) => {
    const name = `${kind}-${set}`;
    const note =
      (phase: Phase | "rewrite") =>
      (pdk: Pdk<Record<never, never>>, { scope }: { readonly scope: string }): void => {
        const id = pdk.request.getHeader("x-test") ?? "";
        if (!ran.has(id)) ran.set(id, new Map());
        ran.get(id)?.set(`${name} ${phase}`, scope);
      };
    const common = { rewrite: note("rewrite"), access: note("access"), log: note("log") };
    return definePlugin({
      name,
      version: "1.0.0",
      // Below key-auth: the consumer is known.
      priority: 1000 - set,
      config: { scope: str({ required: true, lenMin: 0 }) },
      ...common,
      ...(kind === "buffered"
        ? { response: note("response") }
        : { headerFilter: note("headerFilter"), bodyFilter: note("bodyFilter") }),
    }) as AnyPlugin;
  });
}

const scopesOf = (set: number): readonly string[] => precedence.filter((_, bit) => (set & (1 << bit)) !== 0);

/** Every plugin is attached wherever its set says, to route `r`, service `s` and consumer `bob`. */
function instances(all: readonly AnyPlugin[]): object[] {
  return all.flatMap(({ name }) =>
    scopesOf(Number(name.split("-")[1])).map((scope) => ({
      name,
      config: { scope },
      ...(scope.includes("route") && { route: "r" }),
      ...(scope.includes("service") && { service: "s" }),
      ...(scope.includes("consumer") && { consumer: "bob" }),
    })),
  );
}

/** Requests, and what of them the instances can be attached to. */
const requests: readonly (readonly [string, { path: string; key?: string; known: readonly string[]; access: boolean }])[] = [
  ["on route r by bob", { path: "/r", key: "bob", known: ["route", "service", "consumer"], access: true }],
  ["on another route of s by bob", { path: "/other", key: "bob", known: ["service", "consumer"], access: true }],
  ["on a route of another service by bob", { path: "/elsewhere", key: "bob", known: ["consumer"], access: true }],
  ["on route r by alice", { path: "/r", key: "alice", known: ["route", "service"], access: true }],
  ["on another route of s by alice", { path: "/other", key: "alice", known: ["service"], access: true }],
  ["on a route of another service by alice", { path: "/elsewhere", key: "alice", known: [], access: true }],
  ["on route r by nobody", { path: "/r", known: ["route", "service"], access: false }],
  ["on no route", { path: "/nowhere", key: "bob", known: [], access: false }],
];

describe.each(["streamed", "buffered"] as const)("of all sets of %s instances, the most specific one runs", (kind) => {
  const all = plugins(kind);
  let gateway: TestGateway;
  let upstream: Awaited<ReturnType<typeof echoUpstream>>;
  beforeAll(async () => {
    upstream = await echoUpstream();
    gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [
          {
            name: "s",
            url: upstream.url,
            routes: [
              { name: "r", paths: ["/r"] },
              { name: "other", paths: ["/other"] },
            ],
          },
          { name: "t", url: upstream.url, routes: [{ name: "elsewhere", paths: ["/elsewhere"] }] },
        ],
        consumers: ["bob", "alice"].map((username) => ({ username, keyauth_credentials: [{ key: username }] })),
        plugins: [{ name: "key-auth" }, ...instances(all)],
      },
      options: { plugins: ["key-auth", ...all] },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(requests)("%s", async (what, { path, key, known, access }) => {
    const id = `${kind} ${what}`;
    await (await gateway.fetch(path, { headers: { "x-test": id, ...(key && { apikey: key }) } })).text();
    const routed = path !== "/nowhere";
    const expected = new Map<string, string>();
    for (const { name } of all) {
      const scopes = scopesOf(Number(name.split("-")[1]));
      const chosen = scopes.find((scope) => scope.split(" ").every((part) => part === "" || known.includes(part)));
      if (scopes.includes("")) expected.set(`${name} rewrite`, "");
      if (chosen === undefined) continue;
      if (access) expected.set(`${name} access`, chosen);
      if (access && kind === "buffered") expected.set(`${name} response`, chosen);
      if (kind === "streamed") for (const phase of ["headerFilter", "bodyFilter"]) expected.set(`${name} ${phase}`, chosen);
      expected.set(`${name} log`, chosen);
    }
    await waitFor(() => ran.get(id)?.size === expected.size || undefined, { timeout: 2000 }).catch(() => undefined);
    expect(routed || known.length === 0).toBe(true);
    expect(Object.fromEntries(ran.get(id) ?? [])).toEqual(Object.fromEntries(expected));
  });
});

describe("a consumer found in the middle of access", () => {
  const marks: string[] = [];
  const mark = (name: string, priority: number): AnyPlugin =>
    definePlugin({
      name,
      version: "1.0.0",
      priority,
      config: { scope: str({ required: true }) },
      access: (_pdk, { scope }) => void marks.push(`${name} access ${scope}`),
      headerFilter: (_pdk, { scope }) => void marks.push(`${name} header ${scope}`),
    }) as AnyPlugin;
  const named = (pdk: Pdk<Record<never, never>>, username: string): void => {
    const found = pdk.db.consumers.selectBy("username", username);
    if (!(found instanceof Promise)) pdk.client.authenticate(found ?? null, null);
  };
  const finder = definePlugin({
    name: "finder",
    version: "1.0.0",
    priority: 500,
    config: {},
    access: (pdk) => named(pdk, "bob"),
  }) as AnyPlugin;
  const changer = definePlugin({
    name: "changer",
    version: "1.0.0",
    priority: 300,
    config: {},
    access: (pdk) => named(pdk, "alice"),
  }) as AnyPlugin;

  it("counts for the plugins below, and what a plugin began with it keeps", async () => {
    const all = [mark("above", 600), finder, mark("below", 400), changer, mark("last", 200)];
    const upstream = await echoUpstream();
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [{ name: "s", url: upstream.url, routes: [{ name: "r", paths: ["/"] }] }],
        consumers: [{ username: "bob" }, { username: "alice" }],
        plugins: [
          { name: "finder" },
          { name: "changer" },
          ...["above", "below", "last"].flatMap((name) => [
            { name, config: { scope: "global" } },
            { name, config: { scope: "bob" }, consumer: "bob" },
            { name, config: { scope: "alice" }, consumer: "alice" },
          ]),
        ],
      },
      options: { plugins: all },
    });
    for (let round = 0; round < 2; round += 1) {
      marks.length = 0;
      await (await gateway.fetch("/")).text();
      expect(marks).toEqual([
        "above access global",
        "below access bob",
        "last access alice",
        "above header global",
        "below header bob",
        "last header alice",
      ]);
    }
    await upstream.close();
  });
});
