import { createServer as httpServer } from "node:http";
import { request as httpsRequest, createServer as httpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type AnyPlugin, createGateway, definePlugin, type LogEntry, type Pdk } from "postern";
import { describe, expect, it } from "vitest";
import { deadPort, probe, proxyTest } from "../gateway/support.js";
import { selfSigned } from "../support/self-signed.js";
import { waitFor } from "../support/wait-for.js";

type AnyPdk = Pdk<Record<never, never>>;

/** A log plugin that keeps its entries. */
function logger(name = "keep-log"): AnyPlugin & { readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  return Object.assign({}, probe(name, { log: (pdk) => void entries.push(pdk.log.serialize()) }, 1), { entries });
}

const last = (log: { entries: LogEntry[] }): Promise<LogEntry> => waitFor(() => log.entries.at(-1));

describe("the log entry", () => {
  it("of a proxied request tells everything", async () => {
    const log = logger();
    let now = 1_700_000_000_000;
    await using t = await proxyTest({
      probes: [log],
      route: { paths: ["/api"], strip_path: true },
      options: { plugins: [log], clock: () => now, trustedIps: ["127.0.0.1"] },
      answer(_record, res) {
        now += 12;
        res.writeHead(201, { "X-Two": ["a", "b"] }).end("created");
      },
    });
    const response = await t.gateway.fetch("/api/a?x=1&y=2&y=3&z", {
      method: "POST",
      body: "12345",
      headers: { authorization: "secret", "proxy-authorization": "secret", "x-real-ip": "10.1.2.3", "x-own": "1" },
    });
    await response.text();
    const entry = await last(log);
    const id = response.headers.get("x-kong-request-id");
    expect(entry).toMatchObject({
      request: {
        id,
        uri: "/api/a?x=1&y=2&y=3&z",
        url: `http://127.0.0.1:${t.gateway.port}/api/a?x=1&y=2&y=3&z`,
        querystring: { x: "1", y: ["2", "3"], z: true },
        method: "POST",
        headers: { authorization: "REDACTED", "proxy-authorization": "REDACTED", "x-own": "1" },
      },
      upstream_uri: "/a?x=1&y=2&y=3&z",
      upstream_status: "201",
      response: { status: 201, headers: { "x-two": ["a", "b"], "x-kong-request-id": id } },
      latencies: { kong: 0, proxy: 12, request: 12, receive: 0 },
      tries: [
        {
          ip: "127.0.0.1",
          port: t.upstream.port,
          balancer_start: 1_700_000_000_000,
          balancer_start_ns: 1_700_000_000_000_000_000,
          balancer_latency: 0,
          balancer_latency_ns: 0,
        },
      ],
      route: { name: "all", paths: ["/api"], service: { id: expect.any(String) }, ws_id: expect.any(String) },
      service: { name: "echo", host: "127.0.0.1", ws_id: expect.any(String) },
      client_ip: "10.1.2.3",
      started_at: 1_700_000_000_000,
      source: "upstream",
      workspace: "0dc6f45b-8f8d-40d2-a504-473544ee190b",
      workspace_name: "default",
    });
    expect(Object.keys(entry)).not.toContain("consumer");
    expect(Object.keys(entry)).not.toContain("authenticated_entity");
    expect(Object.values(entry.route ?? {})).not.toContain(null);
    expect(entry.request).not.toHaveProperty("tls");
    // A document, so that it can be sent.
    expect(JSON.parse(JSON.stringify(entry))).toEqual(entry);
  });

  it("counts bytes as they go over the connection, one request after the other", async () => {
    const log = logger();
    await using t = await proxyTest({ probes: [log], answer: (_record, res) => void res.end("x".repeat(1000)) });
    const text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345";
    for (let i = 0; i < 2; i += 1) {
      const { raw } = (await t.gateway.request(text)) as { raw?: string };
      await waitFor(() => log.entries.length === i + 1);
      const entry = log.entries[i] as LogEntry;
      expect(entry.request.size).toBe(text.length);
      if (raw !== undefined) expect(entry.response.size).toBe(raw.length);
      expect(entry.response.size).toBeGreaterThan(1000);
    }
  });

  it("of an answer by a plugin has no upstream", async () => {
    const log = logger();
    const stop = probe("stop", { access: (pdk) => pdk.response.exit(403, "no") });
    await using t = await proxyTest({ probes: [stop, log] });
    await (await t.gateway.fetch("/")).text();
    expect(await last(log)).toMatchObject({
      upstream_uri: "",
      upstream_status: "",
      response: { status: 403 },
      latencies: { proxy: -1, receive: 0 },
      tries: [],
      source: "kong",
    });
  });

  it("of an answer by the host has its times, and no upstream", async () => {
    const log = logger();
    let now = 1_700_000_000_000;
    const gateway = createGateway({
      declarativeConfig: { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }], plugins: [{ name: "keep-log" }] },
      plugins: [log],
      clock: () => now,
    });
    const server = httpServer((req, res) =>
      gateway.handler(req, res, () => {
        now += 7;
        res.writeHead(202).end("x".repeat(500));
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text();
    const entry = await last(log);
    expect(entry).toMatchObject({
      upstream_uri: "",
      upstream_status: "202",
      tries: [],
      latencies: { kong: 0, proxy: 7, request: 7, receive: 0 },
      response: { status: 202 },
      source: "upstream",
      route: { name: "r" },
    });
    expect(entry.response.size).toBeGreaterThan(500);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await gateway.close();
  });

  it("of a request without a route has neither route nor tries", async () => {
    const log = logger();
    await using t = await proxyTest({ probes: [log], route: { paths: ["/here"] } });
    await (await t.gateway.fetch("/nowhere?a=1")).text();
    const entry = await last(log);
    expect(entry).toMatchObject({ response: { status: 404 }, source: "kong", request: { querystring: { a: "1" } } });
    for (const name of ["route", "service", "tries", "consumer"]) expect(entry).not.toHaveProperty(name);
  });

  it("tells every try", async () => {
    const log = logger();
    const dead = [await deadPort(), await deadPort()];
    let next = 0;
    const chooser = probe("chooser", {
      access(pdk) {
        pdk.service.setTarget("127.0.0.1", dead[0] as number);
        pdk.service.setTargetRetryCallback(() => {
          next += 1;
          const port = next === 1 ? dead[1] : Number(pdk.request.getQueryArg("port"));
          pdk.service.setTarget("127.0.0.1", port as number);
        });
      },
    });
    await using t = await proxyTest({ probes: [chooser, log] });
    expect((await t.gateway.fetch(`/?port=${t.upstream.port}`)).status).toBe(200);
    const entry = await last(log);
    expect(entry.upstream_status).toBe("502, 502, 200");
    expect(entry.tries).toMatchObject([
      { ip: "127.0.0.1", port: dead[0], state: "failed", code: 502 },
      { port: dead[1], state: "failed", code: 502 },
      { port: t.upstream.port },
    ]);
    expect(entry.tries?.[2]).not.toHaveProperty("state");

    const failing = logger("failing-log");
    await using gone = await proxyTest({
      probes: [failing],
      service: { url: `http://127.0.0.1:${dead[0]}`, retries: 1 },
    });
    expect((await gone.gateway.fetch("/")).status).toBe(502);
    const lost = await last(failing);
    expect(lost).toMatchObject({ upstream_status: "502, 502", source: "kong" });
    expect(lost.tries).toMatchObject([
      { state: "failed", code: 502 },
      { state: "failed", code: 502 },
    ]);
  });

  it("of a buffered answer has its upstream's status as a number", async () => {
    const log = logger();
    const asks = probe("asks", { access: (pdk) => pdk.service.request.enableBuffering() });
    await using t = await proxyTest({ probes: [asks, log] });
    await (await t.gateway.fetch("/")).text();
    expect((await last(log)).upstream_status).toBe(200);
  });

  it("names who called", async () => {
    const log = logger();
    const who = probe("who", {
      async access(pdk) {
        const consumer = await pdk.client.loadConsumer("bob", true);
        pdk.client.authenticate(consumer ?? null, { id: "c1", key: "secret", consumer_id: "u1" });
      },
    });
    await using t = await proxyTest({
      probes: [who, log],
      document: { consumers: [{ username: "bob" }], plugins: [{ name: "who" }, { name: "keep-log" }] },
    });
    await (await t.gateway.fetch("/")).text();
    const entry = await last(log);
    expect(entry).toMatchObject({
      consumer: { username: "bob", id: expect.any(String) },
      authenticated_entity: { id: "c1", consumer_id: "u1" },
    });
    expect(entry.consumer).not.toHaveProperty("ws_id");
    expect(JSON.stringify(entry)).not.toContain("secret");
  });

  it("describes TLS, and what a plugin says of the client's certificate", async () => {
    const log = logger();
    const chains: unknown[] = [];
    const says = definePlugin({
      name: "says",
      version: "1.0.0",
      priority: 2,
      config: {},
      access(pdk) {
        chains.push(pdk.client.tls.getFullClientCertificateChain());
        if (pdk.request.getHeader("x-verify") !== undefined) pdk.client.tls.setClientVerify("FAILED:too old");
      },
    }) as AnyPlugin;
    const gateway = createGateway({
      declarativeConfig: {
        _format_version: "3.0",
        routes: [{ name: "r", paths: ["/"], protocols: ["https"] }],
        plugins: [{ name: "says" }, { name: "keep-log" }],
      },
      plugins: [says, log],
    });
    const server = httpsServer({ ...selfSigned, requestCert: true, rejectUnauthorized: false }, (req, res) =>
      gateway.handler(req, res),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (options: object): Promise<void> =>
      new Promise((resolve, reject) => {
        const asked = httpsRequest({ host: "127.0.0.1", port, rejectUnauthorized: false, agent: false, ...options }, (res) => {
          res.resume().on("end", () => resolve());
        });
        asked.on("error", reject).end();
      });
    await ask({});
    await ask({ ...selfSigned });
    await ask({ headers: { "x-verify": "1" } });
    await waitFor(() => log.entries.length === 3);
    expect(log.entries.map(({ request }) => request.tls)).toEqual([
      { version: "TLSv1.3", cipher: expect.stringMatching(/^TLS_/), client_verify: "NONE" },
      { version: "TLSv1.3", cipher: expect.any(String), client_verify: expect.stringMatching(/^FAILED:/) },
      { version: "TLSv1.3", cipher: expect.any(String), client_verify: "FAILED:too old" },
    ]);
    expect(chains).toEqual([undefined, selfSigned.cert, undefined]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await gateway.close();
  });

  it("is a new one each time", async () => {
    const entries: LogEntry[] = [];
    const twice = probe("twice", {
      log(pdk) {
        const first = pdk.log.serialize() as { route?: Record<string, unknown> };
        if (first.route) first.route.name = "changed";
        entries.push(pdk.log.serialize());
      },
    });
    await using t = await proxyTest({ probes: [twice] });
    await (await t.gateway.fetch("/")).text();
    expect((await waitFor(() => entries[0])).route?.name).toBe("all");
  });

  it.each([
    ["as it is", {}],
    ["with values of plugins", { access: (pdk: AnyPdk) => pdk.log.setSerializeValue("route.name", "other") }],
  ])("is the same as text, %s", async (_title, phases) => {
    const seen: (readonly [LogEntry, string])[] = [];
    const both = probe("both", { ...phases, log: (pdk) => void seen.push([pdk.log.serialize(), pdk.log.serializeText()]) });
    await using t = await proxyTest({ probes: [both], options: { plugins: [both], clock: () => 1_700_000_000_000 } });
    await (await t.gateway.fetch("/a?b=c")).text();
    await (await t.gateway.fetch("/a?b=c")).text();
    await waitFor(() => seen.length === 2);
    for (const [entry, text] of seen) expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(entry)));
  });
});

describe("what plugins put into it", () => {
  async function withValues(set: (pdk: AnyPdk) => void): Promise<{ entry: LogEntry | undefined; errors: string[] }> {
    const log = logger();
    await using t = await proxyTest({ probes: [probe("sets", { access: set }), log] });
    await (await t.gateway.fetch("/")).text();
    await waitFor(() => log.entries.length > 0 || t.log.errors.length > 0);
    return { entry: log.entries[0], errors: t.log.errors };
  }

  it.each<readonly [string, (pdk: AnyPdk) => void, object]>([
    ["is set", (pdk) => pdk.log.setSerializeValue("a", 1), { a: 1 }],
    ["goes into objects", (pdk) => pdk.log.setSerializeValue("a.b.c", "x"), { a: { b: { c: "x" } } }],
    ["may have dots in its name", (pdk) => pdk.log.setSerializeValue("a\\.b", true), { "a.b": true }],
    [
      "may be an object or a list",
      (pdk) => pdk.log.setSerializeValue("a", { b: [1, { c: null }] }),
      { a: { b: [1, { c: null }] } },
    ],
    ["changes what is there", (pdk) => pdk.log.setSerializeValue("route.name", "x"), { route: { name: "x" } }],
    ["is added where nothing is", (pdk) => pdk.log.setSerializeValue("a", 1, "add"), { a: 1 }],
    ["is not added elsewhere", (pdk) => pdk.log.setSerializeValue("route.name", 1, "add"), { route: { name: "all" } }],
    ["replaces what is there", (pdk) => pdk.log.setSerializeValue("route.name", 1, "replace"), { route: { name: 1 } }],
  ])("%s", async (_what, set, expected) => {
    expect((await withValues(set)).entry).toMatchObject(expected);
  });

  it("does not replace nothing", async () => {
    const { entry } = await withValues((pdk) => {
      pdk.log.setSerializeValue("a", 1, "replace");
      pdk.log.setSerializeValue("b.c", 1, "replace");
    });
    expect(entry).not.toHaveProperty("a");
    expect(entry).not.toHaveProperty("b");
  });

  it("can be taken away, in the order of the calls", async () => {
    const { entry } = await withValues((pdk) => {
      pdk.log.setSerializeValue("a", 1);
      pdk.log.setSerializeValue("a", undefined);
      pdk.log.setSerializeValue("request.headers", null);
      pdk.log.setSerializeValue("b", 1);
      pdk.log.setSerializeValue("b", 2, "replace");
    });
    expect(entry).not.toHaveProperty("a");
    expect(entry?.request).not.toHaveProperty("headers");
    expect(entry?.b).toBe(2);
  });

  it("touches no prototype", async () => {
    const { entry } = await withValues((pdk) => pdk.log.setSerializeValue("__proto__.polluted", 1));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.getOwnPropertyDescriptor(entry, "__proto__")?.value).toEqual({ polluted: 1 });
  });

  it.each<readonly [string, (pdk: AnyPdk) => void, string]>([
    ["a function", (pdk) => pdk.log.setSerializeValue("a", () => 1), "value must be nil, a number, string, boolean or a"],
    [
      "an object that holds itself",
      (pdk) => {
        const loop: Record<string, unknown> = {};
        loop.loop = loop;
        pdk.log.setSerializeValue("a", loop);
      },
      "value must be nil, a number, string, boolean or a",
    ],
    [
      "a key through a text",
      (pdk) => pdk.log.setSerializeValue("client_ip.x", 1),
      "The key 'client_ip.x' could not be used as a serialize value. Subkey 'client_ip' is not a table. It's 127.0.0.1",
    ],
    ["a key that is none", (pdk) => pdk.log.setSerializeValue(1 as never, 1), "key must be a string"],
    ["an unknown mode", (pdk) => pdk.log.setSerializeValue("a", 1, "put" as never), "mode must be 'set', 'add' or 'replace'"],
  ])("cannot be %s", async (_what, set, text) => {
    expect((await withValues(set)).errors[0]).toContain(text);
  });
});

it("is made in the log phase only", async () => {
  const asks = probe("asks", { access: (pdk) => void pdk.log.serialize() });
  await using t = await proxyTest({ probes: [asks] });
  expect((await t.gateway.fetch("/")).status).toBe(500);
  expect(t.log.errors[0]).toContain("function cannot be called in access phase (only in: log)");
});
