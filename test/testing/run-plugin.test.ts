import { describe, expect, it } from "vitest";
import { definePlugin } from "../../src/plugin-runner/define-plugin.js";
import { keyAuth } from "../../src/plugins/key-auth/index.js";
import { requestTransformer } from "../../src/plugins/request-transformer/index.js";
import { int, str } from "../../src/schema/field.js";
import { runPlugin } from "../../src/testing/index.js";

const plain = { version: "1.0.0", priority: 1 } as const;

const greeter = definePlugin({
  ...plain,
  name: "greeter",
  config: { word: str({ required: true, default: "hello" }), status: int() },
  rewrite: (pdk) => pdk.service.request.setHeader("X-Rewritten", "yes"),
  access(pdk, config) {
    if (config.status !== null) return pdk.response.exit(config.status, { message: config.word });
    pdk.service.request.setHeader("X-Word", config.word);
  },
  headerFilter: (pdk) => pdk.response.addHeader("Set-Cookie", "greeter=1"),
  bodyFilter: (_pdk, _config, { data }) => data.toString("utf8").toUpperCase(),
  log: async (pdk, config) => {
    await new Promise((resolve) => setImmediate(resolve));
    pdk.log.info(`said ${config.word}`, { status: pdk.response.getStatus() });
  },
});

describe("runPlugin", () => {
  it("shows the answer, what the upstream was asked, and the log", async () => {
    const run = await runPlugin(greeter, {
      config: { word: "moin" },
      request: { method: "PUT", path: "/a?b=c", headers: { Host: "greeter.test", "X-Twice": ["1", "2"] }, body: { n: 1 } },
      upstream: { status: 201, headers: { "set-cookie": ["a=1", "b=2"] }, body: { said: "ok" } },
    });
    expect([run.status, run.body, run.json()]).toEqual([201, '{"SAID":"OK"}', { SAID: "OK" }]);
    expect(run.headers["set-cookie"]).toEqual(["a=1", "b=2", "greeter=1"]);
    expect(run.upstream).toMatchObject({ method: "PUT", url: "/a?b=c", body: '{"n":1}' });
    expect(run.upstream?.headers).toMatchObject({
      "content-type": "application/json",
      "x-forwarded-host": "greeter.test",
      "x-twice": ["1", "2"],
      "x-rewritten": "yes",
      "x-word": "moin",
    });
    expect(run.logs).toContainEqual({
      level: "info",
      message: "said moin",
      details: expect.objectContaining({ plugin: "greeter", status: 201 }),
    });
  });

  it("answers with what the upstream was asked unless told otherwise, and with the plugin's defaults", async () => {
    const run = await runPlugin(greeter, { phases: ["access"] });
    expect(run.json()).toMatchObject({ method: "GET", url: "/", headers: { "x-word": "hello" } });
    expect([run.upstream?.headers["x-rewritten"], run.headers["set-cookie"]]).toEqual([undefined, undefined]);
    expect(run.logs.map(({ message }) => message)).not.toContain("said hello");
  });

  it("asks nobody when the plugin answers", async () => {
    const run = await runPlugin(greeter, { config: { status: 418 }, phases: ["access"] });
    expect([run.status, run.json(), run.upstream]).toEqual([418, { message: "hello" }, undefined]);
  });

  it("shows what the plugin throws", async () => {
    const broken = definePlugin({
      ...plain,
      name: "broken",
      config: {},
      access() {
        throw new Error("out of words");
      },
    });
    const run = await runPlugin(broken);
    expect(run.status).toBe(500);
    expect(run.logs.find(({ level }) => level === "error")?.message).toContain("plugin 'broken' failed in access: out of words");
  });

  it.each(["headerFilter", "bodyFilter"] as const)("rejects with the reason when %s throws", async (phase) => {
    const plugin = definePlugin({
      name: "broken",
      version: "1.0.0",
      priority: 1,
      config: {},
      [phase]() {
        throw new Error("boom");
      },
    });
    const kongName = phase === "headerFilter" ? "header_filter" : "body_filter";
    await expect(runPlugin(plugin)).rejects.toThrow(`the answer was broken off: plugin 'broken' failed in ${kongName}: boom`);
  });

  it("rejects a configuration that the plugin's schema refuses", async () => {
    const wrong = { config: { status: "many" } } as unknown as { config: { status: number } };
    await expect(runPlugin(greeter, wrong)).rejects.toThrow("expected an integer");
  });

  it("lets somebody call", async () => {
    const who = definePlugin({
      ...plain,
      name: "who",
      config: {},
      access: (pdk) =>
        pdk.response.exit(200, { name: pdk.client.getConsumer()?.username, credential: pdk.client.getCredential()?.id }),
    });
    const known = await runPlugin(who, { consumer: { username: "alice" }, credential: { id: "c1" } });
    expect(known.json()).toEqual({ name: "alice", credential: "c1" });
    const byCustomId = await runPlugin(who, { consumer: { custom_id: "42" } });
    expect(byCustomId.json()).toEqual({ name: null });
    expect((await runPlugin(who)).json()).toEqual({});
  });

  it("takes bundled plugins, and further parts of the document", async () => {
    const document = { consumers: [{ username: "bob", keyauth_credentials: [{ key: "k" }] }] };
    expect((await runPlugin(keyAuth, { document })).status).toBe(401);
    const run = await runPlugin(keyAuth, { document, request: { headers: { apikey: "k" } } });
    expect(run.upstream?.headers["x-consumer-username"]).toBe("bob");
    const { upstream } = await runPlugin(requestTransformer, { config: { add: { headers: ["x-a:1"] } } });
    expect(upstream?.headers["x-a"]).toBe("1");
  });
});
