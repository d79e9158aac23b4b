import { createGateway, definePlugin, defineVault, GatewayError, str } from "postern";
import { afterAll, describe, expect, it } from "vitest";

const values: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["undefined", undefined],
  ["a number", 5],
  ["a text", "text"],
  ["a list", []],
];

/** Functions that take some of these for what they are, and the values that they take. */
const accepted: Readonly<Record<string, readonly string[]>> = {
  // Options that may be left out.
  ...Object.fromEntries(
    ["bool", "int", "json", "num", "str", "tags", "uuid", "createGateway", "startGateway", "startUpstream"].map((name) => [
      name,
      ["undefined"],
    ]),
  ),
  foreign: ["a text"],
  oneOf: ["a list"],
  // Any object may be a request; what is none has no context.
  getGatewayContext: values.map(([name]) => name),
};

/** These are called by plugins, at each request, with what the gateway has given to them. */
const withinRequests = ["authenticateOrAnonymous", "setConsumer"];

async function exported(): Promise<[name: string, value: unknown][]> {
  const modules = await Promise.all([
    import("postern"),
    import("postern/koa"),
    import("postern/fastify"),
    import("postern/hono"),
    import("postern/admin-client"),
    import("postern/testing"),
  ]);
  return modules.flatMap((each) => Object.entries(each));
}

/** Classes of errors take anything; they are made by the library. */
function isClass(value: unknown): boolean {
  return typeof value === "function" && Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** What a call throws, or its promise rejects with. What it opens is closed. */
async function failure(call: () => unknown): Promise<unknown> {
  try {
    const result = await call();
    await (result as { close?(): Promise<void> } | undefined)?.close?.();
    return undefined;
  } catch (error) {
    return error;
  }
}

function expectOwn(error: unknown): void {
  expect(error).toBeInstanceOf(GatewayError);
  expect((error as GatewayError).code).toMatch(/^ERR_(INVALID_OPTION|PLUGIN_LOAD)$/);
}

const functions = (await exported()).filter(
  ([name, value]) => typeof value === "function" && !isClass(value) && !withinRequests.includes(name),
) as [string, (...given: unknown[]) => unknown][];

describe("a public function that is called with something else", () => {
  it("is among those that are tried", () => {
    expect(functions.length).toBeGreaterThan(25);
    const names = functions.map(([name]) => name);
    for (const name of Object.keys(accepted)) expect(names).toContain(name);
  });

  describe.each(functions)("%s", (name, call) => {
    it.each(values)("says what it takes instead of %s, or takes it", async (value, given) => {
      // The adapter of Fastify gets the server first, and then the options.
      const error = await failure(() => (name === "fastifyGateway" ? call({}, given) : call(given)));
      if (accepted[name]?.includes(value)) expect(error).toBeUndefined();
      else expectOwn(error);
    });
  });

  it("says what was expected and what came", async () => {
    for (const [call, message] of [
      [
        () => createGateway("./gateway.yml" as never),
        "option 'options': must be an object: options, or a declarative document, not a text",
      ],
      [() => definePlugin(null as never), "definePlugin takes an object with a name, a version and a priority, not null"],
      [() => str("required" as never), "option 'attributes': must be an object such as { required: true }, not a text"],
      [
        () => defineVault({ name: "mine", config: { folder: str } as never, get: () => undefined }),
        "option 'vault.config.folder': must be a field such as str(), not a function",
      ],
    ] as const) {
      expect(call).toThrow(message);
    }
  });
});

const gateway = createGateway();
afterAll(() => gateway.close());

const methods: Readonly<Record<string, readonly [call: (value: never) => unknown, accepted?: readonly string[]]>> = {
  "loadConfig(…, options)": [(value) => gateway.loadConfig({ _format_version: "3.0" }, value), ["undefined"]],
  exportConfig: [(value) => gateway.exportConfig(value), ["undefined"]],
  "exportConfig({ ids })": [(ids) => gateway.exportConfig({ ids }), ["undefined"]],
  "exportConfig({ format })": [(format) => gateway.exportConfig({ format }), ["undefined"]],
  configSchema: [(value) => gateway.configSchema(value), ["undefined"]],
  openapi: [(value) => gateway.openapi(value), ["undefined", "a text"]],
  "plugins.register": [(value) => gateway.plugins.register(value)],
  "router.explain": [(value) => gateway.router.explain(value)],
  listen: [(value) => gateway.listen(value)],
  "listen({ proxy })": [(proxy) => gateway.listen({ proxy: proxy === 5 ? (99_999 as never) : proxy }), ["undefined"]],
  "on(event)": [(event) => gateway.on(event, () => undefined), ["a text"]],
  "on(…, listener)": [(listener) => gateway.on("close", listener)],
  "once(…, listener)": [(listener) => gateway.once("close", listener)],
  "off(…, listener)": [(listener) => gateway.off("close", listener)],
  attach: [(value) => gateway.attach(value)],
  close: [(value) => createGateway().close(value), ["undefined"]],
};

describe("a method of the gateway that is called with something else", () => {
  describe.each(Object.entries(methods))("%s", (_name, [call, taken = []]) => {
    it.each(values)("says what it takes instead of %s, or takes it", async (value, given) => {
      const error = await failure(() => call(given as never) as unknown);
      if (taken.includes(value)) expect(error).toBeUndefined();
      else expectOwn(error);
    });
  });

  it.each(values.filter(([name]) => name !== "a text"))("loadConfig refuses %s as a document", async (_name, given) => {
    await expect(gateway.loadConfig(given as never)).rejects.toBeInstanceOf(GatewayError);
  });

  it("the options of a record's call have to be an object", async () => {
    for (const options of [null, 5, "text"] as never[]) {
      await expect(gateway.db.services.page(10, undefined, options)).rejects.toThrow("must be an object");
      await expect(gateway.db.services.select({ id: "0af1e6a4-3f8b-4f0e-b4a5-1d1f7d0e8a11" }, options)).rejects.toThrow(
        "must be an object",
      );
    }
  });
});

describe("an option of createGateway that is something else", () => {
  const lists = ["trustedIps", "headers", "headersUpstream", "plugins", "entities", "vaults"];
  it.each(lists)("%s has to be a list, of what belongs there", (name) => {
    for (const given of [null, 5, "text", {}]) expect(() => createGateway({ [name]: given })).toThrow(GatewayError);
    for (const given of [null, 5, {}, []]) expect(() => createGateway({ [name]: [given] })).toThrow(GatewayError);
  });

  it.each(["declarativeConfigString", "realIpHeader", "vaultEnvPrefix", "charset", "errorDefaultType"])(
    "%s has to be a text",
    (name) => {
      for (const given of [null, 5, {}, []])
        expect(() => createGateway({ [name]: given })).toThrow(`option '${name}': must be a text`);
    },
  );
});
