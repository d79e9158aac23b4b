import { type AnyPlugin, definePlugin, str } from "postern";
import { describe, expect, it } from "vitest";
import { probe, proxyTest } from "../gateway/support.js";
import { testGateway } from "../support/test-gateway.js";

const marker = definePlugin({
  name: "marker",
  version: "1.0.0",
  priority: 500,
  config: { mark: str({ required: true }) },
  access: (pdk, { mark }) => pdk.response.exit(200, mark),
}) as AnyPlugin;

const route = { name: "r" };
const service = { name: "s" };
const consumer = { username: "bob" };

// plugin runtime, "precedence": most specific first.
const scopes = [
  ["route, service and consumer", { route, service, consumer }],
  ["route and consumer", { route, consumer }],
  ["service and consumer", { service, consumer }],
  ["route and service", { route, service }],
  ["consumer", { consumer }],
  ["route", { route }],
  ["service", { service }],
  ["nothing", {}],
] as const;

/** A document in which only the scopes from `first` on are used. */
function document(first: number): object {
  const named = ({ route, service, consumer }: Record<string, { name?: string; username?: string }>): object => ({
    ...(route && { route: route.name }),
    ...(service && { service: service.name }),
    ...(consumer && { consumer: consumer.username }),
  });
  return {
    _format_version: "3.0",
    services: [{ ...service, url: "http://127.0.0.1:9", routes: [{ ...route, paths: ["/"] }] }],
    consumers: [{ ...consumer, keyauth_credentials: [{ key: "bob" }] }],
    plugins: [
      { name: "key-auth" },
      ...scopes.slice(first).map(([mark, scope]) => ({ name: "marker", config: { mark }, ...named(scope as never) })),
    ],
  };
}

describe("the most specific configuration wins", () => {
  it.each(scopes.map(([mark], index) => [mark, index] as const))("attached to %s", async (mark, index) => {
    await using gateway = await testGateway({ config: document(index) as never, options: { plugins: [marker] } });
    expect(await (await gateway.fetch("/", { headers: { apikey: "bob" } })).text()).toBe(mark);
  });

  it("and a disabled one hides nothing", async () => {
    const config = document(5) as { plugins: { config?: { mark: string }; enabled?: boolean }[] };
    const attached = config.plugins.find((plugin) => plugin.config?.mark === "route");
    Object.assign(attached as object, { enabled: false });
    await using gateway = await testGateway({ config: config as never, options: { plugins: [marker] } });
    expect(await (await gateway.fetch("/", { headers: { apikey: "bob" } })).text()).toBe("service");
  });
});

it("runs plugins by priority, and equal ones by name backwards, in every phase", async () => {
  const calls: string[] = [];
  const names: readonly (readonly [string, number])[] = [
    ["b-low", 10],
    ["a-high", 900],
    ["a-same", 500],
    ["b-same", 500],
  ];
  const probes = names.map(([name, priority]) =>
    probe(
      name,
      {
        rewrite: () => void calls.push(`rewrite ${name}`),
        access: () => void calls.push(`access ${name}`),
        headerFilter: () => void calls.push(`header ${name}`),
      },
      priority,
    ),
  );
  await using t = await proxyTest({ probes });
  await t.gateway.fetch("/");
  const order = ["a-high", "b-same", "a-same", "b-low"];
  expect(calls).toEqual(["rewrite", "access", "header"].flatMap((phase) => order.map((name) => `${phase} ${name}`)));
});

it("lets a consumer that is found in mid-access decide about the plugins below, not above", async () => {
  const says = (name: string, priority: number): AnyPlugin =>
    definePlugin({
      name,
      version: "1.0.0",
      priority,
      config: { mark: str({ required: true }) },
      access: (pdk, { mark }) => pdk.response.addHeader("X-Marks", `${name}=${mark}`),
      headerFilter: (pdk, { mark }) => pdk.response.addHeader("X-Marks", `${name}=${mark} later`),
    }) as AnyPlugin;
  const both = (name: string): object[] => [
    { name, config: { mark: "all" } },
    { name, config: { mark: "bob" }, consumer: "bob" },
  ];
  await using t = await proxyTest({
    document: {
      consumers: [
        { username: "bob", keyauth_credentials: [{ key: "bob" }] },
        { username: "eve", keyauth_credentials: [{ key: "eve" }] },
      ],
      plugins: [{ name: "key-auth" }, ...both("before-auth"), ...both("after-auth")],
    },
    options: { plugins: [says("before-auth", 2000), says("after-auth", 500)] },
  });
  const marks = async (key: string): Promise<string | null> =>
    (await t.gateway.fetch("/", { headers: { apikey: key } })).headers.get("x-marks");
  expect(await marks("bob")).toBe("before-auth=all, after-auth=bob, before-auth=all later, after-auth=bob later");
  expect(await marks("eve")).toBe("before-auth=all, after-auth=all, before-auth=all later, after-auth=all later");
  expect(await marks("wrong")).toBe("before-auth=all, before-auth=all later, after-auth=all later");
});

it("gives a plugin its ids beside its configuration", async () => {
  const configs: Record<string, unknown>[] = [];
  const seen = definePlugin({
    name: "seen",
    version: "1.0.0",
    priority: 1,
    config: { a: str({ default: "x" }) },
    access: (_pdk, config) => void configs.push(config),
  }) as AnyPlugin;
  const id = "4f14d4a2-3c1c-4f6e-9f0a-6f2f2b5f8f11";
  await using t = await proxyTest({
    document: { plugins: [{ id, name: "seen", instance_name: "mine", route: "all", service: "echo" }] },
    options: { plugins: [seen] },
  });
  await t.gateway.fetch("/");
  expect(configs[0]).toMatchObject({
    a: "x",
    __plugin_id: id,
    plugin_instance_name: "mine",
    route_id: expect.any(String),
    service_id: expect.any(String),
  });
  expect(configs[0]).not.toHaveProperty("consumer_id");
});

it("takes no notice of instances for streams alone, nor of which of HTTP's protocols an instance names", async () => {
  const any = definePlugin({
    name: "marker",
    version: "1.0.0",
    priority: 500,
    protocols: ["http", "https"],
    allowedProtocols: ["http", "https", "grpc", "tcp", "udp"],
    config: { mark: str({ required: true }) },
    access: (pdk, { mark }) => pdk.response.exit(200, mark),
  }) as AnyPlugin;
  const mark = async (protocols: readonly string[]): Promise<string> => {
    await using t = await proxyTest({
      document: {
        plugins: [
          { name: "marker", config: { mark: "global" } },
          { name: "marker", route: "all", protocols, config: { mark: "route" } },
        ],
      },
      options: { plugins: [any] },
    });
    return (await t.gateway.fetch("/")).text();
  };
  expect([await mark(["tcp", "udp"]), await mark(["https"]), await mark(["grpc"]), await mark(["http", "tcp"])]).toEqual([
    "global",
    "route",
    "route",
    "route",
  ]);
});
