import { createServer, connect as http2Connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type AnyPlugin, createGateway, defineEntity, definePlugin, foreign, type Pdk, str, uuid } from "postern";
import { describe, expect, it } from "vitest";
import { keptLog, probe, proxyTest } from "../gateway/support.js";
import { rawServer } from "../support/raw-server.js";
import { selfSigned } from "../support/self-signed.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";

type AnyPdk = Pdk<Record<never, never>>;
const base = { version: "1.0.0", priority: 500, config: {} } as const;

describe("pdk.db", () => {
  const notes = defineEntity({
    name: "notes",
    primaryKey: ["id"],
    fields: {
      id: uuid({ auto: true }),
      consumer: foreign("consumers", { required: true }),
      text: str({ required: true, unique: true }),
    },
  });
  const reader = (seen: unknown[]): AnyPlugin =>
    definePlugin({
      ...base,
      name: "reader",
      entities: { notes },
      async access(pdk) {
        const bob = await pdk.db.consumers.selectBy("username", "bob");
        const found = await pdk.db.notes.eachFor("consumer", bob?.id ?? "");
        seen.push(found.map(({ text }) => text).sort(), (await pdk.db.notes.selectBy("text", "a"))?.text);
        const page = await pdk.db.notes.dao.page(10);
        seen.push(page.data.length);
        await pdk.db.notes.dao.insert({ consumer: { id: bob?.id ?? "" }, text: "new" }).then(
          () => seen.push("written"),
          (error: Error) => seen.push(error.name),
        );
      },
    }) as AnyPlugin;
  const document = {
    _format_version: "3.0",
    routes: [{ name: "r", paths: ["/"] }],
    plugins: [{ name: "reader" }],
    consumers: [{ username: "bob" }, { username: "alice" }],
    notes: [
      { text: "a", consumer: "bob" },
      { text: "b", consumer: "bob" },
      { text: "c", consumer: "alice" },
    ],
  };

  it.each([
    ["off", "operation unsupported"],
    ["memory", "written"],
  ] as const)("reads, lists and writes with database %s", async (database, written) => {
    const seen: unknown[] = [];
    await using gateway = await testGateway({ config: document, options: { plugins: [reader(seen)], database } });
    await gateway.fetch("/");
    expect(seen).toEqual([["a", "b"], "a", 3, written]);
  });
});

describe("pdk.ctx.plugin", () => {
  it("is what the plugin's context makes, new for each request", async () => {
    const seen: number[] = [];
    const counts = definePlugin({
      ...base,
      name: "counts",
      context: () => ({ calls: 0 }),
      access(pdk) {
        pdk.ctx.plugin.calls += 1;
      },
      headerFilter(pdk) {
        pdk.ctx.plugin.calls += 1;
      },
      log: (pdk) => void seen.push(pdk.ctx.plugin.calls),
    }) as AnyPlugin;
    await using t = await proxyTest({ probes: [counts] });
    for (let i = 1; i <= 2; i += 1) {
      await (await t.gateway.fetch("/")).text();
      await waitFor(() => seen.length === i);
    }
    expect(seen).toEqual([2, 2]);
  });
});

describe("pdk.queue", () => {
  it("sends batches behind requests, and what is left when the gateway closes", async () => {
    const batches: (readonly unknown[])[] = [];
    const ships = probe("ships", {
      log(pdk) {
        const options = pdk.queue.parameters({ queue_size: 2, queue: { max_batch_size: 1, max_coalescing_delay: 3600 } });
        pdk.queue.enqueue(options, (_config, entries) => void batches.push(entries), {}, pdk.request.getPath());
      },
    });
    const t = await proxyTest({ probes: [ships] });
    for (const path of ["/1", "/2", "/3"]) await (await t.gateway.fetch(path)).text();
    await waitFor(() => batches.length === 1);
    expect(batches).toEqual([["/1", "/2"]]);
    await t[Symbol.asyncDispose]();
    expect(batches).toEqual([["/1", "/2"], ["/3"]]);
    expect(t.log.warnings).toEqual([expect.stringMatching(/^\[ships plugin [^\]]+\] the queue_size parameter is deprecated/)]);
  });
});

describe("what a plugin keeps", () => {
  it("is closed with the gateway, after its queues, and a failure stops nothing", async () => {
    const calls: string[] = [];
    const keeps = (name: string, close: () => void): AnyPlugin =>
      probe(name, {
        access: (pdk) => void pdk.plugin.state(() => name, close),
        log: (pdk) => pdk.queue.enqueue({}, () => nextTurn().then(() => calls.push("sent")), {}, 1),
      });
    const t = await proxyTest({
      probes: [
        keeps("a-state", () => void calls.push("closed")),
        keeps("b-state", () => {
          throw new Error("stuck");
        }),
      ],
    });
    await (await t.gateway.fetch("/")).text();
    await t[Symbol.asyncDispose]();
    expect(calls).toEqual(["sent", "sent", "closed"]);
    expect(t.log.errors).toEqual(["plugin 'b-state' failed in close: stuck"]);
  });
});

describe("pdk.redis", () => {
  it("fails where there is no server, and the gateway closes", async () => {
    const errors: string[] = [];
    const uses = probe("uses", {
      async access(pdk) {
        const config = { host: "127.0.0.1", port: 1, timeout: 1000, username: null, password: null, database: 0 };
        const redis = pdk.redis.connect({ ...config, ssl: false, ssl_verify: false, server_name: null });
        await redis.call("PING").catch((error: Error) => errors.push(error.message));
      },
    });
    await using t = await proxyTest({ probes: [uses] });
    expect((await t.gateway.fetch("/")).status).toBe(200);
    expect(errors[0]).toContain("redis 127.0.0.1:1 cannot be reached");
  });

  it("has an option for servers behind a name, which is checked", () => {
    const good = {
      counters: { sentinels: [{ host: "a", port: 1 }], master: "m" },
      others: { cluster: [{ host: "a", port: 1 }] },
    };
    expect(() => createGateway({ redis: good })).not.toThrow();
    const bad: readonly unknown[] = [
      { a: {} },
      { a: { sentinels: [], master: "m" } },
      { a: { sentinels: [{ host: "a" }] } },
      { a: null },
    ];
    for (const redis of bad) expect(() => createGateway({ redis: redis as never })).toThrow("option 'redis'");
  });
});

describe("pdk.service", () => {
  it("decides about TLS to the upstream", async () => {
    await using upstream = await rawServer({
      tls: true,
      onRequest: ({ socket }) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    });
    const chooses = probe("chooses", {
      access(pdk) {
        if (pdk.request.getQueryArg("verify") !== undefined) pdk.service.setTlsVerify(true);
        if (pdk.request.getQueryArg("store") !== undefined) pdk.service.setTlsVerifyStore(selfSigned.cert);
        pdk.service.setTlsCertKey(selfSigned.cert, selfSigned.key);
      },
    });
    await using t = await proxyTest({ probes: [chooses], service: { url: `https://localhost:${upstream.port}`, retries: 0 } });
    expect((await t.gateway.fetch("/")).status).toBe(200);
    expect((await t.gateway.fetch("/?verify=1")).status).toBe(502);
    expect((await t.gateway.fetch("/?verify=1&store=1")).status).toBe(200);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no more");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no more"))],
  ])("answers 503 when the retry callback %s", async (_how, callback) => {
    const chooses = probe("chooses", {
      access(pdk) {
        pdk.service.setTarget("127.0.0.1", 1);
        pdk.service.setTargetRetryCallback(callback);
      },
    });
    await using t = await proxyTest({ probes: [chooses] });
    const response = await t.gateway.fetch("/");
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { message: "failure to get a peer from retry handler" },
    ]);
    expect(t.log.errors).toEqual(["no more"]);
  });
});

it("pdk.cluster, pdk.node and pdk.plugin have ids", async () => {
  const seen: unknown[] = [];
  const asks = probe("asks", {
    async access(pdk) {
      seen.push(await pdk.cluster.getId(), pdk.node.getId(), pdk.plugin.getId(), pdk.plugin.getInstanceName(), pdk.version);
    },
  });
  await using t = await proxyTest({
    probes: [asks],
    document: { plugins: [{ name: "asks", instance_name: "mine", id: "5e6d8e0c-6f1c-4a5e-9f0a-0d6f6f6f6f6f" }] },
  });
  await t.gateway.fetch("/");
  expect(seen).toEqual([
    seen[1],
    expect.stringMatching(/^[0-9a-f-]{36}$/),
    "5e6d8e0c-6f1c-4a5e-9f0a-0d6f6f6f6f6f",
    "mine",
    expect.any(String),
  ]);
});

it("pdk.log writes all levels, with notes and names", async () => {
  const log = keptLog();
  const writes = probe("writes", {
    access(pdk) {
      for (const level of ["debug", "info", "notice", "warn", "err", "error", "crit", "alert", "emerg"] as const)
        pdk.log[level](level);
      pdk.log.deprecation("old", { after: "1.0", removal: "2.0" });
      pdk.log.deprecation("older");
      pdk.log.new("part").warn("named");
    },
  });
  await using t = await proxyTest({ probes: [writes], options: { logger: log, plugins: [writes] } });
  await t.gateway.fetch("/");
  expect(log.errors).toEqual(["err", "error", "crit", "alert", "emerg"]);
  expect(log.warnings).toEqual(["warn", "old (deprecated after 1.0, scheduled for removal in 2.0)", "older", "[part] named"]);
});

describe("filters that return promises", () => {
  it.each([
    ["headerFilter", { headerFilter: async () => Promise.reject(new Error("late")) }, "header_filter"],
    ["bodyFilter", { bodyFilter: (async () => Promise.reject(new Error("late"))) as never }, "body_filter"],
  ])("of %s are not waited for, and their failures are logged", async (_what, phases, phase) => {
    await using t = await proxyTest({ probes: [probe("late", phases)] });
    expect((await t.gateway.fetch("/")).status).toBe(200);
    await waitFor(() => t.log.errors.includes(`plugin 'late' failed in ${phase}: late`));
  });
});

describe("the PDK refuses", () => {
  const cases: readonly (readonly [string, (pdk: AnyPdk) => unknown, string])[] = [
    ["max_args 0", (pdk) => pdk.request.getQuery(0), "max_args must be >= 1"],
    ["max_headers 1001", (pdk) => pdk.request.getHeaders(1001), "max_headers must be <= 1000"],
    [
      "a verdict of its own",
      (pdk) => pdk.client.tls.setClientVerify("MAYBE"),
      "unknown client verify value: MAYBE accepted values are",
    ],
    ["a failure without a reason", (pdk) => pdk.client.tls.setClientVerify("FAILED:"), "unknown client verify value"],
    ["no boolean", (pdk) => pdk.service.setTlsVerify("on" as never), "argument must be a boolean"],
    ["no function", (pdk) => pdk.service.setTargetRetryCallback(1 as never), "retry_callback must be a function"],
    ["no PEM", (pdk) => pdk.service.setTlsCertKey(1 as never, ""), "chain and key must be PEM texts"],
    ["no PEM either", (pdk) => pdk.service.setTlsVerifyStore(1 as never), "certificates must be a PEM text"],
    ["nobody", (pdk) => pdk.client.authenticate(null, null), "either credential or consumer must be provided"],
    ["a name as an id", (pdk) => pdk.client.loadConsumer("bob"), "cannot load a consumer with an id that is not a uuid"],
  ];
  it.each(cases)("%s", async (_what, call, text) => {
    await using t = await proxyTest({ probes: [probe("calls", { access: (pdk) => void call(pdk) })] });
    expect((await t.gateway.fetch("/")).status).toBe(500);
    expect(t.log.errors[0]).toContain(text);
  });
});

describe("a gRPC client", () => {
  it.each<readonly [string, (pdk: AnyPdk) => void, object]>([
    [
      "an error, by its name",
      (pdk) => pdk.response.error(401, "who?"),
      { ":status": 401, "grpc-status": "16", "grpc-message": "Unauthenticated" },
    ],
    [
      "a message",
      (pdk) => pdk.response.exit(429, { message: "slow ü" }),
      { ":status": 429, "grpc-status": "8", "grpc-message": "slow %C3%BC" },
    ],
    ["a text", (pdk) => pdk.response.exit(200, "fine"), { ":status": 200, "grpc-status": "0", "grpc-message": "fine" }],
    ["other failures", (pdk) => pdk.response.exit(599), { ":status": 599, "grpc-status": "13", "grpc-message": "Internal" }],
    [
      "a failure of the gateway",
      () => {
        throw new Error("boom");
      },
      { ":status": 500, "grpc-status": "13", "grpc-message": "Internal" },
    ],
  ])("gets %s in headers, and no body", async (_what, access, expected) => {
    const gateway = createGateway({
      declarativeConfig: { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }], plugins: [{ name: "answers" }] },
      plugins: [probe("answers", { access })],
      logger: keptLog(),
    });
    const server = createServer((req, res) => gateway.handler(req as never, res as never));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = http2Connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const stream = client.request({ ":path": "/", ":method": "POST", "content-type": "application/grpc" });
      const headers = new Promise((resolve) => stream.once("response", resolve));
      let body = "";
      stream.on("data", (chunk) => {
        body += chunk;
      });
      stream.end();
      await new Promise((resolve) => stream.once("end", resolve));
      expect(await headers).toMatchObject({ ...expected, "content-type": "application/grpc" });
      expect(body).toBe("");
    } finally {
      client.close();
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
    }
  });
});
