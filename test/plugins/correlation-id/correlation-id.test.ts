import { connect, type Socket } from "node:net";
import { definePlugin } from "postern";
import { describe, expect, it } from "vitest";
import { type EchoRecord, echoUpstream } from "../../support/echo-upstream.js";
import { type Config, type TestGateway, testGateway } from "../../support/test-gateway.js";
import { waitFor } from "../../support/wait-for.js";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";

interface Setup extends AsyncDisposable {
  readonly gateway: TestGateway;
}

async function setup(config: object, more: Config = {}, options: object = {}): Promise<Setup> {
  const upstream = await echoUpstream();
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }],
      plugins: [{ name: "correlation-id", config }],
      ...more,
    },
    options,
  });
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await upstream.close();
    },
  };
}

async function upstreamHeader(t: Setup, name: string, headers: Record<string, string> = {}): Promise<string> {
  const record = (await (await t.gateway.fetch("/", { headers })).json()) as EchoRecord;
  return record.headers[name] as string;
}

describe("correlation-id", () => {
  it("numbers the requests of a gateway", async () => {
    await using t = await setup({});
    const first = await upstreamHeader(t, "kong-request-id");
    expect(first).toMatch(new RegExp(`^${UUID}#1$`));
    expect(await upstreamHeader(t, "kong-request-id")).toBe(first.replace(/#1$/, "#2"));
  });

  it("makes a new UUID for each request", async () => {
    await using t = await setup({ generator: "uuid" });
    const ids = [await upstreamHeader(t, "kong-request-id"), await upstreamHeader(t, "kong-request-id")];
    expect(ids).toEqual([expect.stringMatching(new RegExp(`^${UUID}$`)), expect.stringMatching(new RegExp(`^${UUID}$`))]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("tells where and when a request came in", async () => {
    await using t = await setup({ generator: "tracker" }, {}, { clock: () => 1_700_000_000_123 });
    const id = await upstreamHeader(t, "kong-request-id");
    expect(id).toMatch(new RegExp(`^127\\.0\\.0\\.1-${t.gateway.port}-${process.pid}-1-1-1700000000\\.123$`));
  });

  it("keeps the id that the client gave, under the configured name", async () => {
    await using t = await setup({ header_name: "X-Trace" });
    expect(await upstreamHeader(t, "x-trace", { "X-Trace": "mine" })).toBe("mine");
  });

  it("replaces an empty one", async () => {
    await using t = await setup({ generator: "uuid" });
    const response = await t.gateway.request({ headers: { host: "x", "kong-request-id": "  " } });
    expect((JSON.parse(response.text) as EchoRecord).headers["kong-request-id"]).toMatch(new RegExp(`^${UUID}$`));
  });

  it("tells the client only when asked to", async () => {
    await using silent = await setup({});
    expect((await silent.gateway.fetch("/")).headers.get("kong-request-id")).toBeNull();

    await using t = await setup({ echo_downstream: true });
    const response = await t.gateway.fetch("/");
    const record = (await response.json()) as EchoRecord;
    expect(response.headers.get("kong-request-id")).toBe(record.headers["kong-request-id"]);
    expect((await t.gateway.fetch("/", { headers: { "kong-request-id": "mine" } })).headers.get("kong-request-id")).toBe("mine");
  });

  it("tells the client also when the upstream cannot be reached", async () => {
    const services = [{ name: "gone", url: "http://127.0.0.1:1", retries: 0, routes: [{ paths: ["/"] }] }];
    await using t = await setup({ echo_downstream: true }, { services });
    const response = await t.gateway.fetch("/");
    expect(response.status).toBe(502);
    expect(response.headers.get("kong-request-id")).toMatch(new RegExp(`^${UUID}#1$`));
  });

  it("tells the client also when another plugin answers", async () => {
    await using upstream = await echoUpstream();
    const plugins = [
      { name: "correlation-id", config: { echo_downstream: true } },
      { name: "request-termination", config: { status_code: 403 } },
    ];
    const services = [{ name: "echo", url: upstream.url, routes: [{ paths: ["/"] }] }];
    await using t = await setup({}, { services, plugins });
    const response = await t.gateway.fetch("/");
    expect([response.status, response.headers.get("kong-request-id")]).toEqual([403, expect.stringMatching(/#1$/)]);
  });

  it("tells the client also when no route matches", async () => {
    await using t = await setup({ echo_downstream: true }, { services: [] });
    const generated = await t.gateway.fetch("/nowhere");
    expect([generated.status, generated.headers.get("kong-request-id")]).toEqual([404, expect.stringMatching(/#1$/)]);
    const given = await t.gateway.fetch("/nowhere", { headers: { "kong-request-id": "mine" } });
    expect(given.headers.get("kong-request-id")).toBe("mine");
  });

  it("tells the client also when a plugin fails", async () => {
    const broken = definePlugin({
      name: "broken",
      version: "1.0.0",
      priority: 1,
      config: {},
      access() {
        throw new Error("broken");
      },
    });
    const plugins = [{ name: "correlation-id", config: { echo_downstream: true } }, { name: "broken" }];
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    await using t = await setup({}, { plugins }, { plugins: ["bundled", broken], logger });
    const response = await t.gateway.fetch("/");
    expect([response.status, response.headers.get("kong-request-id")]).toEqual([500, expect.stringMatching(/#1$/)]);
  });

  it("puts the id into the log entry, given or made", async () => {
    const entries: Record<string, unknown>[] = [];
    const keeps = definePlugin({
      name: "keeps",
      version: "1.0.0",
      priority: 1,
      config: {},
      log: (pdk) => void entries.push(pdk.log.serialize() as unknown as Record<string, unknown>),
    });
    await using t = await setup(
      {},
      { plugins: [{ name: "correlation-id" }, { name: "keeps" }] },
      { plugins: ["bundled", keeps] },
    );
    const made = await upstreamHeader(t, "kong-request-id");
    await upstreamHeader(t, "kong-request-id", { "kong-request-id": "mine" });
    await waitFor(() => entries.length === 2);
    expect(entries.map(({ correlation_id }) => correlation_id)).toEqual([made, "mine"]);
  });

  it("numbers connections and the requests on each for `tracker`", async () => {
    await using t = await setup({ generator: "tracker", header_name: null }, {}, { clock: () => 1_700_000_000_000 });
    const ask = async (times: number): Promise<string[]> => {
      const head = `GET / HTTP/1.1\r\nHost: x\r\n`;
      const text = `${`${head}\r\n`.repeat(times - 1)}${head}Connection: close\r\n\r\n`;
      const { port } = t.gateway;
      return await new Promise((resolve, reject) => {
        let received = "";
        connect(port, "127.0.0.1", function send(this: Socket) {
          this.setEncoding("utf8").on("data", (piece) => {
            received += piece;
          });
          this.on("end", () =>
            resolve([...received.matchAll(/"kong-request-id":"[^"]*-(\d+-\d+)-1700000000\.000"/g)].map(([, id = ""]) => id)),
          );
          this.write(text);
        }).on("error", reject);
      });
    };
    expect([await ask(2), await ask(1)]).toEqual([["1-1", "1-2"], ["2-1"]]);
  });

  it("refuses an unknown generator", async () => {
    await expect(setup({ generator: "dice" })).rejects.toThrow("expected one of: uuid, uuid#counter, tracker");
  });
});
