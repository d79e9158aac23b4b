import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { isQuiet, rawServer } from "../support/raw-server.js";
import { type TestGateway, testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { keptLog, probe } from "./support.js";

const statuses: number[] = [];
const log = probe("log", { log: (pdk) => void statuses.push(pdk.response.getStatus()) });
const slow = probe("slow", { access: () => new Promise((resolve) => setTimeout(resolve, 100)) });
const slowRewrite = probe("slow-rewrite", { rewrite: () => new Promise((resolve) => setTimeout(resolve, 100)) });

async function inFrontOf(port: number, plugins: readonly string[] = []): Promise<TestGateway> {
  statuses.length = 0;
  return testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "s", url: `http://127.0.0.1:${port}`, routes: [{ name: "all", paths: ["/"] }] }],
      plugins: [{ name: "log" }, ...plugins.map((name) => ({ name }))],
    },
    options: { plugins: [log, slow, slowRewrite], logger: keptLog() },
  });
}

/** Nothing is in hand any more: `close` need not wait. */
async function expectIdle(gateway: TestGateway): Promise<void> {
  const started = performance.now();
  await gateway.gateway.close({ graceMs: 5_000 });
  expect(performance.now() - started).toBeLessThan(1_000);
}

it("closes the upstream's connection when the client leaves while waiting for the answer", async () => {
  await using upstream = await rawServer();
  await using gateway = await inFrontOf(upstream.port);
  const request = httpRequest(gateway.url).on("error", () => undefined);
  request.end();
  await waitFor(() => upstream.connections[0]?.received.includes("\r\n\r\n"));
  request.destroy();
  await waitFor(() => isQuiet(upstream));
  expect(await waitFor(() => statuses.length > 0 && statuses)).toEqual([499]);
  await expectIdle(gateway);
});

it("closes it when the client leaves in mid-answer", async () => {
  await using upstream = await rawServer({
    onRequest: ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
  });
  await using gateway = await inFrontOf(upstream.port);
  const request = httpRequest(gateway.url).on("error", () => undefined);
  request.end();
  await new Promise((resolve) =>
    request.on("response", (response) => response.on("error", () => undefined).once("data", resolve)),
  );
  request.destroy();
  await waitFor(() => isQuiet(upstream));
  expect(await waitFor(() => statuses.length > 0 && statuses)).toEqual([200]);
  await expectIdle(gateway);
});

it("closes it when the client leaves in mid-upload", async () => {
  await using upstream = await rawServer();
  await using gateway = await inFrontOf(upstream.port);
  const request = httpRequest(gateway.url, { method: "POST", headers: { "content-length": "1000" } }).on(
    "error",
    () => undefined,
  );
  request.write("half");
  await waitFor(() => upstream.connections[0]?.received.endsWith("half"));
  request.destroy();
  await waitFor(() => isQuiet(upstream));
  await waitFor(() => statuses.length === 1);
  await expectIdle(gateway);
});

it.each(["slow", "slow-rewrite"])("asks no upstream for a client that left during the plugin '%s'", async (plugin) => {
  await using upstream = await rawServer();
  await using gateway = await inFrontOf(upstream.port, [plugin]);
  const socket = connect(gateway.port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n", () => setTimeout(() => socket.destroy(), 20));
  expect(await waitFor(() => statuses.length > 0 && statuses)).toEqual([499]);
  await expectIdle(gateway);
  expect(upstream.connections).toEqual([]);
});

it("does not mind a client that leaves before its request is complete", async () => {
  await using upstream = await rawServer();
  await using gateway = await inFrontOf(upstream.port);
  for (const bytes of ["", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"]) {
    await new Promise((resolve) => {
      const socket = connect(gateway.port, "127.0.0.1");
      socket.write(bytes, () => socket.destroy());
      socket.on("close", resolve);
    });
  }
  expect(upstream.connections).toEqual([]);
  await expectIdle(gateway);
});

it("keeps the upstream's connection when the client leaves after the answer", async () => {
  await using upstream = await rawServer({
    onRequest: ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  });
  await using gateway = await inFrontOf(upstream.port);
  for (let round = 0; round < 5; round += 1) expect((await gateway.request({ headers: { host: "x" } })).text).toBe("ok");
  expect(upstream.connections).toHaveLength(1);
  await expectIdle(gateway);
});
