import { setImmediate as nextTurn } from "node:timers/promises";
import { type AnyPlugin, definePlugin, type Pdk, type PluginPhases, str } from "postern";
import { describe, expect, it } from "vitest";
import { keptLog, probe, proxyTest } from "../gateway/support.js";
import { rawServer } from "../support/raw-server.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";

type AnyPdk = Pdk<Record<never, never>>;

/** A low plugin that tells which of its phases ran, and with what status. */
function witness(): AnyPlugin & { readonly saw: string[] } {
  const saw: string[] = [];
  const note = (phase: string) => (pdk: AnyPdk) => void saw.push(`${phase} ${pdk.response.getStatus()}`);
  return Object.assign(
    {},
    probe(
      "witness",
      {
        rewrite: () => void saw.push("rewrite"),
        access: () => void saw.push("access"),
        headerFilter: note("header") as never,
        bodyFilter: ((pdk: AnyPdk, _config: never, { last }: { last: boolean }) => {
          if (last) saw.push(`body ${pdk.response.getStatus()}`);
        }) as never,
        log: note("log") as never,
      },
      1,
    ),
    { saw },
  );
}

async function outcome(
  phases: PluginPhases<never, never>,
): Promise<{ response: Response | undefined; saw: string[]; errors: string[]; upstream: number }> {
  const watched = witness();
  await using t = await proxyTest({ probes: [probe("first", phases), watched] });
  const response = await t.gateway.fetch("/").catch(() => undefined);
  const whole = response === undefined ? undefined : new Response(await response.arrayBuffer(), response);
  await waitFor(() => watched.saw.some((entry) => entry.startsWith("log")));
  return { response: whole, saw: watched.saw, errors: t.log.errors, upstream: t.upstream.requests.length };
}

const later =
  <T>(run: () => T) =>
  async () => {
    await nextTurn();
    return run();
  };
const fail = (): never => {
  throw new Error("boom");
};
const exitAndFail = (pdk: AnyPdk): void => {
  pdk.response.exit(200);
  fail();
};

describe("a proxied request", () => {
  it("goes through all phases", async () => {
    const { response, saw } = await outcome({});
    expect(response?.status).toBe(200);
    expect(saw).toEqual(["rewrite", "access", "header 200", "body 200", "log 200"]);
  });

  it("waits for handlers that take time", async () => {
    const steps: string[] = [];
    const { saw } = await outcome({
      rewrite: later(() => void steps.push("rewrite")),
      access: later(() => void steps.push("access")),
      log: later(() => void steps.push("log")),
    });
    expect(steps.slice(0, 2)).toEqual(["rewrite", "access"]);
    expect(saw).toEqual(["rewrite", "access", "header 200", "body 200", "log 200"]);
  });
});

describe("an answer given", () => {
  it.each([
    ["at once", (pdk: AnyPdk) => pdk.response.exit(418, "tea")],
    ["after a while", (pdk: AnyPdk) => nextTurn().then(() => pdk.response.exit(418, "tea"))],
  ])("in rewrite %s ends rewrite, routing and access", async (_when, rewrite) => {
    const { response, saw, upstream } = await outcome({ rewrite: rewrite as never });
    expect([response?.status, await response?.text(), upstream]).toEqual([418, "tea", 0]);
    expect(saw).toEqual(["header 418", "body 418", "log 418"]);
  });

  it.each([
    ["at once", (pdk: AnyPdk) => pdk.response.exit(418, "tea")],
    ["after a while", (pdk: AnyPdk) => nextTurn().then(() => pdk.response.exit(418, "tea"))],
  ])("in access %s ends access, not the later phases of the plugins below", async (_when, access) => {
    const { response, saw, upstream } = await outcome({ access: access as never });
    expect([response?.status, await response?.text(), upstream]).toEqual([418, "tea", 0]);
    expect(saw).toEqual(["rewrite", "header 418", "body 418", "log 418"]);
    expect(response?.headers.has("x-kong-response-latency")).toBe(true);
  });

  it("in headerFilter takes the answer's place, without further filters and headers", async () => {
    const { response, saw } = await outcome({ headerFilter: (pdk) => pdk.response.exit(418, "tea", { "X-Tea": "1" }) });
    expect([response?.status, await response?.text(), response?.headers.get("x-tea")]).toEqual([418, "tea", "1"]);
    expect(response?.headers.has("x-kong-upstream-latency")).toBe(false);
    expect(saw).toEqual(["rewrite", "access", "body 418", "log 418"]);
  });

  it("in access by two plugins is the first one's", async () => {
    const { response } = await outcome({
      access(pdk) {
        pdk.response.exit(401, "first");
        pdk.response.exit(402, "second");
      },
    });
    expect([response?.status, await response?.text()]).toEqual([401, "first"]);
  });

  it.each([
    [{ a: 1 }, undefined, '{"a":1}', "application/json; charset=utf-8"],
    [{ a: 1 }, { "Content-Type": "application/x" }, '{"a":1}', "application/x"],
    ["text", undefined, "text", null],
    [Buffer.from("bytes"), undefined, "bytes", null],
    [undefined, undefined, "", null],
  ])("as %j with headers %j", async (body, headers, text, type) => {
    const { response } = await outcome({ access: (pdk) => pdk.response.exit(200, body, headers) });
    expect([await response?.text(), response?.headers.get("content-type")]).toEqual([text, type]);
    expect(response?.headers.get("content-length")).toBe(String(text.length));
  });
});

describe("a handler that throws", () => {
  const message = "An unexpected error occurred";

  it.each([
    ["at once", fail],
    ["after a while", later(fail)],
  ])("in rewrite %s is a core error, and the later phases run", async (_when, rewrite) => {
    const { response, saw, errors, upstream } = await outcome({ rewrite: rewrite as never });
    expect([response?.status, upstream]).toEqual([500, 0]);
    expect(await response?.text()).toContain(message);
    expect(errors).toEqual(["plugin 'first' failed in rewrite: boom"]);
    expect(saw).toEqual(["header 500", "body 500", "log 500"]);
  });

  it.each([
    ["at once", fail],
    ["after a while", later(fail)],
    ["after an answer", exitAndFail],
  ])("in access %s is a 500 in the form of errors", async (when, access) => {
    const { response, saw, errors, upstream } = await outcome({ access: access as never });
    const status = when === "after an answer" ? 200 : 500;
    expect([response?.status, upstream]).toEqual([status, 0]);
    if (status === 500) expect(await response?.json()).toMatchObject({ message });
    expect(errors).toEqual(["plugin 'first' failed in access: boom"]);
    expect(saw).toEqual(["rewrite", `header ${status}`, `body ${status}`, `log ${status}`]);
  });

  it.each([
    ["at once", fail],
    ["after a while", later(fail)],
  ])("in response %s is a core error", async (_when, response) => {
    const result = await outcome({ response: response as never });
    expect([result.response?.status, await result.response?.json()]).toMatchObject([500, { message }]);
    expect(result.errors).toEqual(["plugin 'first' failed in response: boom"]);
    expect(result.saw).toEqual(["rewrite", "access", "header 500", "body 500", "log 500"]);
  });

  it("in headerFilter leaves the client without an answer", async () => {
    const { response, saw, errors } = await outcome({ headerFilter: fail });
    expect([response, errors]).toEqual([undefined, ["plugin 'first' failed in header_filter: boom"]]);
    expect(saw).toEqual(["rewrite", "access", "log 200"]);
  });

  it("in bodyFilter breaks the answer off", async () => {
    const watched = witness();
    await using t = await proxyTest({ probes: [probe("first", { bodyFilter: fail }), watched] });
    await expect(t.gateway.request({ headers: { host: "x" } })).rejects.toThrow("closed before the response was complete");
    await waitFor(() => watched.saw.includes("log 200"));
    expect(t.log.errors).toEqual(["plugin 'first' failed in body_filter: boom"]);
  });

  it.each([
    ["at once", fail],
    ["after a while", later(fail)],
  ])("in log %s harms nobody", async (_when, log) => {
    await using t = await proxyTest({ probes: [probe("first", { log: log as never })] });
    expect((await t.gateway.fetch("/")).status).toBe(200);
    await waitFor(() => t.log.errors.includes("plugin 'first' failed in log: boom"));
    expect((await t.gateway.fetch("/")).status).toBe(200);
  });

  it.each([
    ["text", "text"],
    ["null", null],
    ["nothing", undefined],
    ["what cannot be printed", Object.create(null) as unknown],
  ])("%s and no error is a 500 too", async (_what, thrown) => {
    const { response } = await outcome({
      access() {
        throw thrown;
      },
    });
    expect(response?.status).toBe(500);
  });

  it("of one request leaves the others alone", async () => {
    const half = probe("half", {
      access(pdk) {
        if (pdk.request.getHeader("x-bad") !== undefined) fail();
      },
    });
    await using t = await proxyTest({ probes: [half] });
    const statuses = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, i) => (await t.gateway.fetch("/", { headers: i % 2 === 0 ? {} : { "x-bad": "1" } })).status,
      ),
    );
    expect(statuses).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 200 : 500)));
  });
});

describe("a request that never reaches access", () => {
  it("runs the later phases of global plugins alone", async () => {
    const watched = witness();
    const attached = probe("attached", { headerFilter: (pdk) => pdk.response.setHeader("X-Attached", "1") });
    await using t = await proxyTest({
      route: { paths: ["/here"], plugins: [{ name: "attached" }] },
      probes: [watched],
      options: { plugins: [watched, attached] },
    });
    const missing = await t.gateway.fetch("/nowhere");
    expect([missing.status, missing.headers.has("x-attached")]).toEqual([404, false]);
    expect(await waitFor(() => watched.saw.length === 4 && watched.saw)).toEqual([
      "rewrite",
      "header 404",
      "body 404",
      "log 404",
    ]);
    expect((await t.gateway.fetch("/here")).headers.get("x-attached")).toBe("1");
  });
});

describe("a buffered answer", () => {
  it("can be read, changed in its head and replaced", async () => {
    const reads = probe("reads", {
      async response(pdk) {
        const { body } = await pdk.service.response.getBody();
        pdk.response.setHeader("X-Method", String((body as { method: string }).method));
        pdk.response.setStatus(202);
        if (pdk.request.getHeader("x-replace") !== undefined) pdk.response.exit(203, { replaced: true });
      },
    });
    await using t = await proxyTest({ probes: [reads] });
    const kept = await t.gateway.fetch("/");
    expect([kept.status, kept.headers.get("x-method"), ((await kept.json()) as { url: string }).url]).toEqual([202, "GET", "/"]);
    const replaced = await t.gateway.fetch("/", { headers: { "x-replace": "1" } });
    expect([replaced.status, await replaced.json()]).toEqual([203, { replaced: true }]);
    expect(replaced.headers.has("x-kong-upstream-latency")).toBe(true);
  });

  it("comes also when a plugin just asks for it", async () => {
    const sizes: number[] = [];
    const asks = probe("asks", {
      access: (pdk) => pdk.service.request.enableBuffering(),
      headerFilter: (pdk) => void sizes.push(pdk.service.response.getRawBody().length),
    });
    await using t = await proxyTest({ probes: [asks], answer: (_record, res) => void res.end("12345") });
    expect(await (await t.gateway.fetch("/")).text()).toBe("12345");
    expect(sizes).toEqual([5]);
  });

  it("that is cut short is an error, and no response handler sees it", async () => {
    const seen: unknown[] = [];
    const reads = probe("reads", { response: () => void seen.push(1) });
    await using upstream = await rawServer({
      onRequest: ({ socket }) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    });
    await using t = await proxyTest({
      probes: [reads],
      document: {
        services: [{ name: "raw", url: `http://127.0.0.1:${upstream.port}`, routes: [{ name: "raw", paths: ["/"] }] }],
      },
    });
    const response = await t.gateway.fetch("/");
    expect([response.status, seen]).toEqual([502, []]);
  });

  it("of HEAD keeps its length", async () => {
    const reads = probe("reads", { response: () => undefined });
    await using t = await proxyTest({
      probes: [reads],
      answer: (_record, res) => void res.writeHead(200, { "content-length": "77" }).end(),
    });
    const response = await t.gateway.request({ method: "HEAD", headers: { host: "x" } });
    expect([response.status, response.headers["content-length"]]).toEqual([200, "77"]);
  });
});

describe("body filters", () => {
  it("see each piece as it comes, and an end", async () => {
    const pieces: [string, boolean][] = [];
    const watch = probe("watch", { bodyFilter: (_pdk, _config, { data, last }) => void pieces.push([data.toString(), last]) });
    let more = (): void => undefined;
    await using t = await proxyTest({
      probes: [watch],
      answer(_record, res) {
        res.write("one");
        more = () => void res.end("two");
      },
    });
    const reader = (await t.gateway.fetch("/")).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("one");
    more();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("two");
    await reader?.read();
    expect(pieces.map(([data]) => data).join()).toMatch(/^one,two,?$/);
    expect(pieces.map(([, last]) => last)).toEqual([...pieces.slice(1).map(() => false), true]);
  });

  it("hand their pieces to each other, and the length follows", async () => {
    const wrap = (name: string, priority: number): AnyPlugin =>
      probe(
        name,
        { bodyFilter: (_pdk, _config, { data, last }) => (data.length === 0 ? (last ? `</${name}>` : data) : `${name}:${data}`) },
        priority,
      );
    await using t = await proxyTest({
      probes: [wrap("a", 2), wrap("b", 1)],
      answer: (_record, res) => void res.writeHead(200, { "content-length": "1" }).end("x"),
    });
    const response = await t.gateway.fetch("/");
    expect(await response.text()).toBe("b:a:xb:</a></b>".replace("</b>", ""));
    expect(response.headers.has("content-length")).toBe(false);
  });

  it("can wait for the whole and replace it", async () => {
    const whole = probe("whole", {
      bodyFilter(pdk) {
        const body = pdk.response.getRawBody();
        if (body !== undefined) pdk.response.setRawBody(`[${body.toString()}]`);
      },
    });
    await using t = await proxyTest({
      probes: [whole],
      answer(_record, res) {
        res.write("one,");
        setImmediate(() => res.end("two"));
      },
    });
    expect(await (await t.gateway.fetch("/")).text()).toBe("[one,two]");
    const missing = await t.gateway.fetch("/");
    expect(await missing.text()).toMatch(/^\[/);
  });
});

it("logs after the client has the answer", async () => {
  const order: string[] = [];
  const slowLog = probe("slow-log", { log: later(() => void order.push("log")) });
  await using t = await proxyTest({ probes: [slowLog] });
  await (await t.gateway.fetch("/")).text();
  order.push("answer");
  await waitFor(() => order.includes("log"));
  expect(order).toContain("answer");
});

describe("what plugins keep", () => {
  it("is shared by all or seen by one, and new for each request", async () => {
    const seen: unknown[] = [];
    const first = probe(
      "first",
      {
        access(pdk) {
          seen.push({ ...pdk.ctx.shared }, { ...pdk.ctx.plugin });
          pdk.ctx.shared.note = "shared";
          pdk.ctx.plugin.note = "first";
        },
        log: (pdk) => void seen.push(pdk.ctx.plugin.note),
      },
      2,
    );
    const second = probe("second", { access: (pdk) => void seen.push(pdk.ctx.shared.note, pdk.ctx.plugin.note) }, 1);
    await using t = await proxyTest({ probes: [first, second] });
    for (let round = 1; round <= 2; round += 1) {
      await t.gateway.fetch("/");
      await waitFor(() => seen.length === round * 5);
    }
    expect(seen).toEqual([{}, {}, "shared", undefined, "first", {}, {}, "shared", undefined, "first"]);
  });
});

describe("the life of a plugin", () => {
  it("begins with initWorker, and configure at every change", async () => {
    const calls: unknown[] = [];
    const lives = definePlugin({
      name: "lives",
      version: "1.0.0",
      priority: 1,
      config: { mark: str() },
      initWorker: (node) => void calls.push(["init", node.state(() => "kept")]),
      configure: (configs, node) => void calls.push([configs?.map(({ mark }) => mark), node.state(() => "new")]),
    }) as AnyPlugin;
    const log = keptLog();
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        plugins: [
          { name: "lives", config: { mark: "a" } },
          { name: "lives", enabled: false, consumer: "c" },
        ],
        consumers: [{ username: "c" }],
      },
      options: { plugins: [lives], logger: log },
    });
    await gateway.gateway.loadConfig({ _format_version: "3.0" });
    expect(calls).toEqual([
      ["init", "kept"],
      [["a"], "kept"],
      [undefined, "kept"],
    ]);
  });

  it("survives failures, which are told", async () => {
    const broken = probe("broken", {
      initWorker: fail,
      configure: later(fail),
      access: (pdk) => pdk.response.exit(200, "alive"),
    });
    const log = keptLog();
    await using gateway = await testGateway({
      config: { _format_version: "3.0", routes: [{ name: "r", paths: ["/"] }], plugins: [{ name: "broken" }] },
      options: { plugins: [broken], logger: log },
    });
    const told: string[] = [];
    gateway.gateway.on("error", (error) => told.push(error.message));
    expect(await (await gateway.fetch("/")).text()).toBe("alive");
    await waitFor(() => log.errors.length === 2);
    expect(log.errors).toEqual(["plugin 'broken' failed in init_worker: boom", "plugin 'broken' failed in configure: boom"]);
    expect(told).toEqual(["plugin 'broken' failed in configure: boom"]);
  });
});

describe("the PDK refuses what the phase does not allow", () => {
  it.each<readonly [string, string, PluginPhases<never, never>]>([
    ["exit in log", "log", { log: (pdk) => pdk.response.exit(200) }],
    ["exit in bodyFilter", "body_filter", { bodyFilter: (pdk) => void pdk.response.exit(200) }],
    ["setHeader in log", "log", { log: (pdk) => pdk.response.setHeader("a", "b") }],
    [
      "service.request.setHeader in headerFilter",
      "header_filter",
      { headerFilter: (pdk) => pdk.service.request.setHeader("a", "b") },
    ],
    ["setTarget in log", "log", { log: (pdk) => pdk.service.setTarget("a", 1) }],
    ["setUpstream in rewrite", "rewrite", { rewrite: (pdk) => void pdk.service.setUpstream("a") }],
    ["getRoute in rewrite", "rewrite", { rewrite: (pdk) => void pdk.router.getRoute() }],
    ["getConsumer in rewrite", "rewrite", { rewrite: (pdk) => void pdk.client.getConsumer() }],
    ["getStatus in access", "access", { access: (pdk) => void pdk.response.getStatus() }],
    ["service.response.getStatus in access", "access", { access: (pdk) => void pdk.service.response.getStatus() }],
    ["request.getRawBody in log", "log", { log: (pdk) => void pdk.request.getRawBody() }],
    ["response.getRawBody in headerFilter", "header_filter", { headerFilter: (pdk) => void pdk.response.getRawBody() }],
  ])("%s", async (_what, phase, phases) => {
    await using t = await proxyTest({ probes: [probe("first", phases)] });
    await t.gateway.fetch("/").then(
      (response) => response.text().catch(() => undefined),
      () => undefined,
    );
    expect(await waitFor(() => t.log.errors[0])).toContain(`function cannot be called in ${phase} phase`);
  });
});
