import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { probe, proxyTest } from "../gateway/support.js";
import { rawServer } from "../support/raw-server.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";

/** What would begin another header, another message or another line, as a client can write it into a query. */
const breaks = [
  "%0d%0aX-Evil:%201",
  "%0aX-Evil:%201",
  "%0dX-Evil:%201",
  "%0d%0a%0d%0a<p>",
  "%00X-Evil:%201",
  "%e2%80%a8X-Evil",
  "%c4%8dX-Evil",
  "%7f",
];

describe("a line break in what a client sends", () => {
  it.each(breaks)("stays in the value that a template makes of it, in requests: %s", async (text) => {
    const headers = ["x-value:$(query_params.v)"];
    await using t = await proxyTest({
      document: {
        plugins: [{ name: "request-transformer", config: { add: { headers, querystring: ["w:$(query_params.v)"] } } }],
      },
    });
    expect((await t.gateway.request({ path: `/?v=${text}`, headers: { host: "x" } })).status).toBe(200);
    const [seen] = t.upstream.requests;
    expect(seen?.headers).not.toHaveProperty("x-evil");
    expect(seen?.headers["x-value"]).toMatch(/^[^\0\r\n]+$/);
    expect(seen?.url).toMatch(/^\/\?[\x21-\x7e]+$/);
  });

  it.each(["add", "append", "replace", "rename"])("cannot be part of what response-transformer is told to %s", async (step) => {
    for (const value of ["x-a:1\r\nX-Evil: 1", "x-a:1\nX-Evil: 1"]) {
      const plugins = [{ name: "response-transformer", config: { [step]: { headers: [value] } } }];
      await expect(testGateway({ config: { _format_version: "3.0", plugins } })).rejects.toThrow("config is invalid");
    }
  });

  it("is refused in headers that a plugin sets, adds, or gives with an answer", async () => {
    const ways = {
      set: (pdk, text) => pdk.response.setHeader("X-Answer", text),
      list: (pdk, text) => pdk.response.setHeader("X-Answer", ["fine", text]),
      add: (pdk, text) => pdk.response.addHeader("Set-Cookie", text),
      several: (pdk, text) => pdk.response.setHeaders({ Location: text }),
      exit: (pdk, text) => void pdk.response.exit(200, "ok", { "X-Answer": text }),
      name: (pdk, text) => pdk.response.setHeader(`X-${text}`, "1"),
      upstream: (pdk, text) => pdk.service.request.setHeader("X-Request", text),
      upstreamAdd: (pdk, text) => pdk.service.request.addHeader("X-Request", text),
      upstreamName: (pdk, text) => pdk.service.request.setHeaders({ [`X-${text}`]: "1" }),
    } satisfies Record<string, (pdk: Parameters<NonNullable<Parameters<typeof probe>[1]["access"]>>[0], text: string) => void>;
    const fed = probe("fed", {
      access: (pdk) => ways[pdk.request.getQueryArg("way") as keyof typeof ways](pdk, String(pdk.request.getQueryArg("v"))),
    });
    await using t = await proxyTest({ probes: [fed] });
    for (const way of Object.keys(ways)) {
      for (const text of ["a%0d%0aX-Evil:1", "a%0aX-Evil:1", "a%0d", "%00"]) {
        const response = await t.gateway.request({ path: `/?way=${way}&v=${text}`, headers: { host: "x" } });
        expect([way, text, response.status]).toEqual([way, text, 500]);
        expect(response.headers).not.toHaveProperty("x-evil");
      }
    }
    expect(t.upstream.requests).toEqual([]);
  });

  it("is no line of a log file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "postern-"));
    const path = join(folder, "log");
    try {
      await using t = await proxyTest({ document: { plugins: [{ name: "file-log", config: { path } }, { name: "key-auth" }] } });
      const agent = "x\u0085y\u2028";
      for (const text of breaks) {
        await t.gateway.request({
          path: `/${text}?${text}=${text}`,
          headers: { host: "x", "user-agent": Buffer.from(agent, "utf8").toString("latin1"), apikey: text },
        });
      }
      const lines = await waitFor(async () => {
        const found = (await readFile(path, "utf8").catch(() => "")).split("\n");
        return found.length > breaks.length ? found : undefined;
      });
      expect(lines.pop()).toBe("");
      expect(lines).toHaveLength(breaks.length);
      for (const line of lines) expect(JSON.parse(line)).toMatchObject({ response: { status: 401 } });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is no line of the metrics, nor the end of a label", async () => {
    const evil = 'a"} 1\nkong_evil{x="';
    await using t = await proxyTest({
      document: {
        consumers: [{ username: evil, keyauth_credentials: [{ key: "k" }] }],
        plugins: [{ name: "key-auth" }, { name: "prometheus", config: { status_code_metrics: true, per_consumer: true } }],
      },
    });
    await (await t.gateway.fetch("/", { headers: { apikey: "k" } })).arrayBuffer();
    const scraped = await metricsOf(t.gateway.gateway);
    expect(scraped).toContain(String.raw`consumer="a\"} 1\nkong_evil{x=\""`);
    expect(scraped).not.toMatch(/^kong_evil/m);
  });
});

async function metricsOf({ status }: { readonly status: RequestListener }): Promise<string> {
  const server = createServer(status);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return text;
}

describe("an id that a client brings", () => {
  it("is echoed as one header, whatever is in it", async () => {
    const config = { header_name: "X-Trace", echo_downstream: true };
    await using t = await proxyTest({ document: { plugins: [{ name: "correlation-id", config }] } });
    for (const id of ["a\tb", "gr\u00fcn", "<script>", "a, b", "x".repeat(8_000)]) {
      const response = await t.gateway.request({ headers: { host: "x", "x-trace": id } });
      expect([response.status, response.headers["x-trace"]]).toEqual([200, id]);
    }
    const twice = await t.gateway.request(`GET / HTTP/1.1\r\nHost: x\r\nX-Trace: a\r\nX-Trace: b\r\n\r\n`);
    expect(twice.headers["x-trace"]).toBe("a");
  });
});

describe("what an upstream answers", () => {
  it.each([
    ["Location: http://a/\r\n X-Evil: 1\r\n", "location"],
    ["Location: http://a/\0\r\n", "location"],
    ["Set-Cookie: a=b\rX-Evil: 1\r\n", "set-cookie"],
    ["X-A: 1\nX-Evil: 1\r\n", "x-a"],
  ])("breaks no line here: %j", async (lines) => {
    await using upstream = await rawServer({
      onRequest: ({ socket }) =>
        void socket.end(Buffer.from(`HTTP/1.1 302 Found\r\n${lines}Content-Length: 0\r\n\r\n`, "latin1")),
    });
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [{ name: "s", url: `http://127.0.0.1:${upstream.port}`, retries: 0, routes: [{ paths: ["/"] }] }],
      },
      options: { logger: { debug() {}, info() {}, warn() {}, error() {} } },
    });
    const response = await gateway.request({ headers: { host: "x" } });
    expect(response.status === 302 || response.status === 502).toBe(true);
    if (response.status === 302) expect(JSON.stringify(response.headers)).not.toMatch(/[\0]|\\r|\\n/);
  });
});
