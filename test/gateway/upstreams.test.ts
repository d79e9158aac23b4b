import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { type EchoUpstream, echoUpstream } from "../support/echo-upstream.js";
import { rawServer } from "../support/raw-server.js";
import { type TestGateway, testGateway } from "../support/test-gateway.js";
import { deadPort, keptLog } from "./support.js";

interface Target {
  readonly port: number;
  readonly weight?: number;
}

function pool(
  targets: readonly Target[],
  more: { service?: object; upstream?: object; route?: object } = {},
): Promise<TestGateway> {
  return testGateway({
    config: {
      _format_version: "3.0",
      upstreams: [
        {
          name: "pool.test",
          targets: targets.map(({ port, weight = 100 }) => ({ target: `127.0.0.1:${port}`, weight })),
          ...more.upstream,
        },
      ],
      services: [{ name: "s", host: "pool.test", ...more.service, routes: [{ name: "all", paths: ["/"], ...more.route }] }],
    },
    options: { logger: keptLog() },
  });
}

function named(name: string): Promise<EchoUpstream> {
  return echoUpstream({ answer: (_record, res) => void res.end(name) });
}

async function answers(gateway: TestGateway, count: number, init?: RequestInit): Promise<Record<string, number>> {
  const tally: Record<string, number> = {};
  for (let i = 0; i < count; i += 1) {
    const response = await gateway.fetch("/", init);
    const key = response.status === 200 ? await response.text() : String(response.status);
    tally[key] = (tally[key] ?? 0) + 1;
  }
  return tally;
}

describe("an upstream's targets", () => {
  it("get requests by weight", async () => {
    await using a = await named("a");
    await using b = await named("b");
    await using c = await named("c");
    await using gateway = await pool([
      { port: a.port, weight: 100 },
      { port: b.port, weight: 300 },
      { port: c.port, weight: 0 },
    ]);
    expect(await answers(gateway, 40)).toEqual({ a: 10, b: 30 });
  });

  it("are left out while they are marked unhealthy, also over a reload", async () => {
    await using a = await named("a");
    await using b = await named("b");
    await using gateway = await pool([{ port: a.port }, { port: b.port }]);
    const target = `127.0.0.1:${a.port}`;
    expect(gateway.gateway.setTargetHealth("pool.test", target, false)).toBe(true);
    expect(await answers(gateway, 6)).toEqual({ b: 6 });
    expect(gateway.gateway.targetHealth("pool.test")).toContainEqual({ target, weight: 100, health: "UNHEALTHY" });
    const targets = [a, b].map(({ port }) => ({ target: `127.0.0.1:${port}` }));
    await gateway.gateway.loadConfig({
      _format_version: "3.0",
      upstreams: [{ name: "pool.test", targets }],
      services: [{ name: "renamed", host: "pool.test", routes: [{ name: "all", paths: ["/"] }] }],
    });
    expect(await answers(gateway, 6)).toEqual({ b: 6 });
    gateway.gateway.setTargetHealth("pool.test", target, true);
    expect(await answers(gateway, 6)).toEqual({ a: 3, b: 3 });
  });

  it("that nobody knows cannot be marked", async () => {
    await using gateway = await pool([{ port: 1 }]);
    expect(gateway.gateway.setTargetHealth("pool.test", "127.0.0.1:2", false)).toBe(false);
    expect(gateway.gateway.setTargetHealth("other.test", "127.0.0.1:1", false)).toBe(false);
    expect(gateway.gateway.targetHealth("other.test")).toBeUndefined();
  });

  it.each([
    ["there are none", [] as Target[]],
    ["all are switched off", [{ port: 1, weight: 0 }]],
  ])("are missing when %s: 503", async (_when, targets) => {
    await using gateway = await pool(targets);
    const response = await gateway.fetch("/");
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { message: "failure to get a peer from the ring-balancer" },
    ]);
    expect(response.headers.has("x-kong-response-latency")).toBe(true);
    expect(response.headers.has("via")).toBe(false);
  });

  it("are missing when all are marked unhealthy: 503", async () => {
    await using a = await named("a");
    await using gateway = await pool([{ port: a.port }]);
    gateway.gateway.setTargetHealth("pool.test", `127.0.0.1:${a.port}`, false);
    expect(await answers(gateway, 2)).toEqual({ 503: 2 });
  });
});

describe("a dead target beside a live one", () => {
  it.each(["GET", "PUT", "POST", "PATCH"])("is not seen by the client (%s)", async (method) => {
    await using live = await named("live");
    await using gateway = await pool([{ port: await deadPort() }, { port: live.port }]);
    const init = method === "GET" ? {} : { method, body: "a body" };
    expect(await answers(gateway, 6, init)).toEqual({ live: 6 });
    expect(live.requests.map(({ body }) => body)).toEqual(Array(6).fill(method === "GET" ? "" : "a body"));
  });

  it("is seen without retries", async () => {
    await using live = await named("live");
    await using gateway = await pool([{ port: await deadPort() }, { port: live.port }], { service: { retries: 0 } });
    expect(await answers(gateway, 4)).toEqual({ live: 2, 502: 2 });
  });

  it("is tried no more often than the service says", async () => {
    let tries = 0;
    await using closing = await rawServer({
      onRequest({ socket }) {
        tries += 1;
        socket.destroy();
      },
    });
    await using gateway = await pool([{ port: closing.port }], { service: { retries: 3 } });
    expect(await answers(gateway, 1)).toEqual({ 502: 1 });
    expect(tries).toBe(4);
  });
});

describe("a request of which something was sent", () => {
  it.each([
    ["GET", undefined, 3],
    ["DELETE", undefined, 3],
    ["POST", "body", 1],
    ["PATCH", "body", 1],
    ["POST", undefined, 1],
  ])("%s with body %s is sent so often: %i", async (method, body, expected) => {
    let tries = 0;
    await using closing = await rawServer({
      onRequest({ socket }) {
        tries += 1;
        socket.destroy();
      },
    });
    await using gateway = await pool([{ port: closing.port }], { service: { retries: 2 } });
    const response = await gateway.fetch("/", { method, ...(body === undefined ? {} : { body }) });
    expect([response.status, tries]).toEqual([502, expected]);
  });

  it("is repeated when the answer does not come in time", async () => {
    await using silent = await rawServer();
    await using live = await named("live");
    await using gateway = await pool([{ port: silent.port }, { port: live.port }], { service: { read_timeout: 100 } });
    expect(await answers(gateway, 2)).toEqual({ live: 2 });
  });

  it("is not repeated once the answer's head was there", async () => {
    let tries = 0;
    await using broken = await rawServer({
      onRequest({ socket }) {
        tries += 1;
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
      },
    });
    await using gateway = await pool([{ port: broken.port }], { service: { retries: 5 } });
    await expect(gateway.fetch("/").then((response) => response.text())).rejects.toThrow();
    expect(tries).toBe(1);
  });

  it("is not repeated for any status of the upstream", async () => {
    await using failing = await echoUpstream({ answer: (_record, res) => void res.writeHead(503).end("mine") });
    await using gateway = await pool([{ port: failing.port }]);
    const response = await gateway.fetch("/");
    expect([response.status, await response.text(), failing.requests.length]).toEqual([503, "mine", 1]);
  });
});

it("survives an upstream that closes idle connections just when they are used again", async () => {
  const upstream = createServer({ keepAliveTimeout: 5 }, (_req, res) => void res.end("ok"));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  await using gateway = await pool([{ port: (upstream.address() as AddressInfo).port }]);
  const statuses = new Set<number>();
  for (let i = 0; i < 60; i += 1) {
    const response = await gateway.fetch("/");
    statuses.add(response.status);
    await response.text();
    if (i % 5 === 0) upstream.closeIdleConnections();
  }
  expect([...statuses]).toEqual([200]);
  upstream.closeAllConnections();
  upstream.close();
});

describe("the Host that the upstream sees", () => {
  it.each([
    ["address and port of the target", {}, {}, (port: number) => `127.0.0.1:${port}`],
    ["the upstream's host_header, with the port", { host_header: "api.example" }, {}, (port: number) => `api.example:${port}`],
    [
      "the client's, where the route preserves it",
      { host_header: "api.example" },
      { preserve_host: true },
      () => "Client.example:81",
    ],
  ])("is %s", async (_what, upstream, route, expected) => {
    await using echo = await echoUpstream();
    await using gateway = await pool([{ port: echo.port }], { upstream, route });
    const response = await gateway.request({ headers: { host: "Client.example:81" } });
    expect(JSON.parse(response.text).headers.host).toBe(expected(echo.port));
  });
});
