import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createGateway, fromKongPdk, type KongPdkModule, PluginLoadError } from "postern";
import { describe, expect, it } from "vitest";
import { kongFunctions, missingFunctions } from "../../src/plugin-runner/kong-pdk/functions.js";
import { type PluginRun, type RunPluginOptions, runPlugin } from "../../src/testing/index.js";

/** Any function of Kong's, under either of its names. */
interface Kong {
  (...args: unknown[]): Promise<unknown>;
  readonly [name: string]: Kong;
}

type Phases = Partial<Record<"rewrite" | "access" | "response" | "log", (kong: Kong, config: unknown) => unknown>>;

/** A plugin in the form in which files for `kong-pdk` export it. */
function plugin(phases: Phases, more: Partial<KongPdkModule> = {}): KongPdkModule {
  class Plugin {
    readonly config: unknown;
    constructor(config: unknown) {
      this.config = config;
    }
  }
  for (const [name, phase] of Object.entries(phases)) {
    Object.defineProperty(Plugin.prototype, name, {
      value(this: Plugin, kong: Kong) {
        return phase(kong, this.config);
      },
    });
  }
  return { Plugin, Version: "0.1.0", Priority: 10, Name: "Tested", ...more };
}

function run(phases: Phases, options: RunPluginOptions = {}, more: Partial<KongPdkModule> = {}): Promise<PluginRun> {
  return runPlugin(fromKongPdk(plugin(phases, more)), options);
}

/** What a plugin has found out in its access phase. */
async function found(access: (kong: Kong) => unknown, options: RunPluginOptions = {}): Promise<unknown> {
  let result: unknown;
  const keep = async (kong: Kong): Promise<void> => {
    result = await access(kong);
  };
  await run({ access: keep }, options);
  return result;
}

describe("fromKongPdk", () => {
  it("takes name, version, priority and schema from the module", async () => {
    const made = fromKongPdk(plugin({}, { Schema: [{ message: { type: "string", default: "hello" } }] }));
    expect([made.name, made.version, made.priority, Object.keys(made.config)]).toEqual(["tested", "0.1.0", 10, ["message"]]);
    expect(made.access).toBeUndefined();
    const { Name: _, Priority: __, Version: ___, ...bare } = plugin({});
    expect(fromKongPdk(bare, { name: "From-File" })).toMatchObject({ name: "from-file", version: "0.0.0", priority: 0 });
    expect(fromKongPdk({ default: plugin({}) } as unknown as KongPdkModule).name).toBe("tested");
  });

  it("refuses what is no such plugin", () => {
    expect(() => fromKongPdk({} as KongPdkModule, { name: "x" })).toThrow(
      "on plugin 'x': the module does not export a class 'Plugin'",
    );
    const { Name: _, ...nameless } = plugin({});
    expect(() => fromKongPdk(nameless)).toThrow("the module exports no 'Name'");
    expect(() => fromKongPdk(plugin({}, { Schema: [{ a: { type: "function" } }] }))).toThrow(PluginLoadError);
    expect(() => fromKongPdk(plugin({}, { Schema: [{ a: { type: "function" } }] }))).toThrow(
      "on plugin 'tested': Schema.a has the type 'function', which is not supported here",
    );
  });

  it("runs rewrite, access, response and log, under names of either kind", async () => {
    const logged: unknown[] = [];
    const { status, headers, body, upstream } = await run(
      {
        async rewrite(kong) {
          await kong.service?.request?.set_header?.("X-Rewritten", await kong.request?.get_method?.());
        },
        async access(kong) {
          await Promise.all([
            kong.service?.request?.setHeaders?.({ "X-One": "1", "X-Many": ["a", "b"] }),
            kong.response?.setHeader?.("X-Early", 5),
            kong.ctx?.shared?.set?.("seen", { deep: true }),
          ]);
        },
        async response(kong) {
          const text = (await kong.service?.response?.getRawBody?.()) as string;
          return kong.response?.exit?.(202, `${text}!`, { "X-Source": await kong.response?.getSource?.() });
        },
        async log(kong) {
          const entry = JSON.parse((await kong.log?.serialize?.()) as string) as { response: { status: number } };
          logged.push(entry.response.status, await kong.ctx?.shared?.get?.("seen"));
        },
      },
      { upstream: { body: "moin" } },
    );
    expect([status, body, headers["x-early"], headers["x-source"]]).toEqual([202, "moin!", "5", "service"]);
    expect(upstream?.headers).toMatchObject({ "x-rewritten": "GET", "x-one": "1", "x-many": ["a", "b"] });
    expect(logged).toEqual([202, { deep: true }]);
  });

  it("makes one object for each configuration, without what is unset, and another one when it changes", async () => {
    let made = 0;
    class Plugin {
      #calls = 0;
      readonly #config: object;
      constructor(config: object) {
        made += 1;
        this.#config = config;
      }
      async access(kong: Kong): Promise<void> {
        this.#calls += 1;
        const { word, unset } = this.#config as { word: string; unset?: string };
        await kong.response?.exit?.(200, { word, calls: this.#calls, unset: unset === undefined });
      }
    }
    const module: KongPdkModule = {
      Plugin,
      Name: "counts",
      Version: "1.0.0",
      Schema: [{ word: { type: "string" } }, { unset: { type: "string" } }],
    };
    const document = (word: string) => ({
      _format_version: "3.0",
      routes: [{ name: "r", paths: ["/"] }],
      plugins: [{ name: "counts", config: { word } }],
    });
    const gateway = createGateway({ plugins: [fromKongPdk(module)], declarativeConfig: document("a") });
    const server = createServer(gateway.handler).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const ask = async (): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}/`)).json();
    try {
      expect([await ask(), await ask(), made]).toEqual([
        { word: "a", calls: 1, unset: true },
        { word: "a", calls: 2, unset: true },
        1,
      ]);
      await gateway.loadConfig(document("b"));
      expect([await ask(), made]).toEqual([{ word: "b", calls: 1, unset: true }, 2]);
    } finally {
      server.closeAllConnections();
      server.close();
      await gateway.close();
    }
  });
});

describe("an answer of a plugin for kong-pdk", () => {
  it("ends its part: what it calls afterwards is not carried out", async () => {
    let wentOn = false;
    const { status, body, headers, upstream } = await run({
      async access(kong) {
        await kong.response?.exit?.(403, { message: "no" }, { "X-Why": "so" });
        await kong.response?.set_header?.("X-Late", "yes");
        wentOn = true;
      },
    });
    expect([status, body, headers["x-why"], headers["x-late"]]).toEqual([403, '{"message":"no"}', "so", undefined]);
    expect([upstream, wentOn]).toEqual([undefined, false]);
  });

  it.each([
    ["nothing", undefined, ""],
    ["a text", "text", "text"],
    ["bytes", new Uint8Array([104, 105]), "hi"],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ])("may have %s as its body", async (_what, given, sent) => {
    expect((await run({ access: (kong) => kong.response?.exit?.(200, given) })).body).toBe(sent);
  });

  it("may be an error of the gateway's form", async () => {
    const request = { headers: { accept: "application/json" } };
    const { status, json } = await run({ access: (kong) => kong.response?.error?.(429, "slow down") }, { request });
    expect([status, json()]).toMatchObject([429, { message: "slow down" }]);
  });

  it("cannot be what is no answer", async () => {
    const { status, logs } = await run({ access: (kong) => kong.response?.exit?.(200, 5) });
    expect(status).toBe(500);
    expect(logs.map(({ message }) => message).join("\n")).toContain("kong.response.exit: body must be a nil, string or table");
  });
});

describe("what a plugin for kong-pdk gets", () => {
  it("is lists of headers and arguments", async () => {
    const request = { path: "/?a=1&b=2&b=3&c", headers: { "X-Twice": ["1", "2"], "X-Once": "1" } };
    const [headers, query] = (await found((kong) => Promise.all([kong.request?.getHeaders?.(), kong.request?.getQuery?.()]), {
      request,
    })) as [Record<string, unknown>, unknown];
    expect([headers["x-twice"], headers["x-once"]]).toEqual([["1", "2"], ["1"]]);
    expect(query).toEqual({ a: ["1"], b: ["2", "3"], c: [] });
  });

  it("is undefined where there is nothing", async () => {
    const nothing = await found((kong) =>
      Promise.all([
        kong.request?.getHeader?.("x-none"),
        kong.client?.get_consumer?.(),
        kong.service?.set_upstream?.("none"),
        kong.request?.get_body?.(),
        kong.vault?.get?.("{vault://none/at-all}"),
        kong.ctx?.shared?.get?.("none"),
      ]),
    );
    expect(nothing).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
  });

  it("is raw bodies as text, or as bytes", async () => {
    const options = { request: { method: "POST", body: new Uint8Array([0xff, 0x41]) } };
    const read: unknown[] = [];
    const access = async (kong: Kong): Promise<void> => {
      const body = await kong.request?.getRawBody?.();
      read.push(body);
      await kong.service?.request?.setRawBody?.(body);
    };
    await runPlugin(fromKongPdk(plugin({ access })), options);
    await runPlugin(fromKongPdk(plugin({ access }), { bodies: "buffer" }), options);
    expect(read).toEqual(["\ufffdA", Buffer.from([0xff, 0x41])]);
  });

  it("is entities without what is unset", async () => {
    const [route, service, consumer] = (await found(
      (kong) => Promise.all([kong.router?.getRoute?.(), kong.router?.getService?.(), kong.client?.getConsumer?.()]),
      { consumer: { username: "alice" } },
    )) as Record<string, unknown>[];
    expect([route?.name, service?.name, consumer?.username]).toEqual(["route", "upstream", "alice"]);
    expect("hosts" in (route ?? {}) || "path" in (service ?? {}) || "custom_id" in (consumer ?? {})).toBe(false);
  });

  it("is nginx's variables as far as they have a meaning, and a context for the request", async () => {
    const request = { path: "/p?a=b", headers: { "User-Agent": "me" } };
    const names = [
      "request_method",
      "request_uri",
      "uri",
      "args",
      "http_user_agent",
      "arg_a",
      "scheme",
      "server_protocol",
      "https",
    ];
    const values = await found((kong) => Promise.all(names.map((name) => kong.nginx?.getVar?.(name))), { request });
    expect(values).toEqual(["GET", "/p?a=b", "/p", "a=b", "me", "b", "http", "HTTP/1.1", ""]);
    const context = await found(async (kong) => {
      await kong.nginx?.setCtx?.("k", 1);
      return [await kong.nginx?.getCtx?.("k"), await kong.nginx?.getSubsystem?.(), await kong.ctx?.shared?.get?.("k")];
    });
    expect(context).toEqual([1, "http", undefined]);
  });

  it("is a log that takes values of all kinds", async () => {
    const { logs } = await run({
      async access(kong) {
        await kong.log?.err?.("a", 1, { b: true }, undefined);
        await kong.log?.("plainly");
        await kong.log?.deprecation?.("old", { after: "1.0.0" });
      },
    });
    const said = logs.filter(({ details }) => details.plugin === "tested").map(({ level, message }) => `${level} ${message}`);
    expect(said).toEqual(['error a1{"b":true}undefined', "info plainly", "warn old (deprecated after 1.0.0)"]);
  });
});

describe("a plugin for kong-pdk that fails", () => {
  const failing: Phases = {
    access() {
      throw new Error("broken");
    },
  };

  it("is answered with 500, unless it is to go on as in Kong", async () => {
    const failed = await runPlugin(fromKongPdk(plugin(failing)));
    expect([failed.status, failed.upstream]).toEqual([500, undefined]);
    const passed = await runPlugin(fromKongPdk(plugin(failing), { onError: "continue" }));
    expect(passed.status).toBe(200);
    expect(passed.logs.map(({ message }) => message)).toContain("access failed, and the request goes on: broken");
  });

  it("is told of what it throws when it has answered already", async () => {
    const { status, logs } = await run({
      async access(kong) {
        void kong.response?.exit?.(403);
        throw new Error("too late");
      },
    });
    expect(status).toBe(403);
    expect(logs.map(({ message }) => message)).toContain("access failed, after its answer: too late");
  });

  it("is told of PDK functions that failed without anybody waiting for them", async () => {
    const { status, logs } = await run({
      access(kong) {
        void kong.response?.setHeader?.("bad name", "x");
      },
    });
    expect(status).toBe(200);
    expect(logs).toContainEqual(
      expect.objectContaining({ level: "warn", message: 'kong.response.set_header: invalid header name "bad name"' }),
    );
  });

  it.each([...missingFunctions])("is told that kong.%s is not there", async (name, reason) => {
    const message = await found((kong) => {
      const call = name.split(".").reduce((node, part) => node[part] as Kong, kong);
      return call().catch((error: Error) => `${error.name}: ${error.message}`);
    });
    expect(message).toBe(`PDKError: kong.${name}: this function is not supported: ${reason}`);
  });

  it("is told of a name that nobody has, and of a phase in which a function cannot be called", async () => {
    expect(await found((kong) => kong.request?.get_weather?.().catch((error: Error) => error.message))).toBe(
      "kong.request.get_weather: this function is not supported: kong-pdk has none of that name",
    );
    expect(await found((kong) => kong.response?.get_status?.().catch((error: Error) => error.message))).toContain(
      "kong.response.get_status: function cannot be called in access phase",
    );
  });
});

describe("the functions for kong-pdk", () => {
  it("are there, or missing and named in the guide", () => {
    expect([...kongFunctions.keys()].filter((name) => missingFunctions.has(name))).toEqual([]);
    const guide = readFileSync(new URL("../../docs/guide/plugins-from-kong.md", import.meta.url), "utf8");
    expect([...missingFunctions.keys()].filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
    // 116 in kong-pdk 0.6.0; `kong.log()` and `clear_query_arg` are Kong's too.
    expect(kongFunctions.size + missingFunctions.size).toBe(118);
  });
});
