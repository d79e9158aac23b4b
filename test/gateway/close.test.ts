import { execFile } from "node:child_process";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createGateway } from "postern";
import { expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { rawServer } from "../support/raw-server.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { keptLog, probe } from "./support.js";

function inFrontOf(port: number): never {
  return {
    _format_version: "3.0",
    services: [{ name: "s", url: `http://127.0.0.1:${port}`, routes: [{ name: "all", paths: ["/"] }] }],
  } as never;
}

it("waits for requests in hand", async () => {
  let finish = (): void => undefined;
  await using upstream = await echoUpstream({
    answer(_record, res) {
      finish = () => void res.end("done");
    },
  });
  await using gateway = await testGateway({ config: inFrontOf(upstream.port) });
  const asked = gateway.fetch("/");
  await waitFor(() => upstream.requests.length === 1);
  let closed = false;
  const closing = gateway.gateway.close().then(() => {
    closed = true;
  });
  const late = await gateway.fetch("/");
  expect([late.status, closed]).toEqual([503, false]);
  finish();
  expect(await (await asked).text()).toBe("done");
  await closing;
});

it("cuts them after its grace", async () => {
  await using silent = await rawServer();
  await using gateway = await testGateway({ config: inFrontOf(silent.port), options: { logger: keptLog() } });
  const asked = gateway.fetch("/").then(
    (response) => response.status,
    () => "broken",
  );
  await waitFor(() => silent.connections[0]?.received.includes("\r\n\r\n"));
  await gateway.gateway.close({ graceMs: 50 });
  await waitFor(() => silent.open === 0);
  expect([502, "broken"]).toContain(await asked);
});

it("closes connections to upstreams, and tells once that it is closed", async () => {
  await using upstream = await rawServer({
    onRequest: ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  });
  await using gateway = await testGateway({ config: inFrontOf(upstream.port) });
  let told = 0;
  gateway.gateway.on("close", () => {
    told += 1;
  });
  await gateway.fetch("/");
  await Promise.all([gateway.gateway.close(), gateway.gateway.close()]);
  await waitFor(() => upstream.open === 0);
  expect(told).toBe(1);
});

it("closes the servers that it opened", async () => {
  await using upstream = await echoUpstream();
  const gateway = createGateway(inFrontOf(upstream.port));
  const { proxy } = await gateway.listen({ proxy: { port: 0, host: "127.0.0.1" } });
  expect((await fetch(`http://127.0.0.1:${proxy?.port}`)).status).toBe(200);
  await gateway.close();
  await expect(fetch(`http://127.0.0.1:${proxy?.port}`)).rejects.toThrow();
});

it("closes the pools of upstreams that a reload has dropped", async () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  await using kept = await rawServer({ onRequest: ({ socket }) => void socket.write(answer) });
  await using dropped = await rawServer({ onRequest: ({ socket }) => void socket.write(answer) });
  const services = [kept, dropped].map(({ port }, i) => ({
    name: `s${i}`,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `r${i}`, paths: [`/${i}`] }],
  }));
  await using gateway = await testGateway({ config: { _format_version: "3.0", services } });
  for (const path of ["/0", "/1"]) await gateway.fetch(path);
  await gateway.gateway.loadConfig({ _format_version: "3.0", services: services.slice(0, 1) });
  await waitFor(() => dropped.open === 0);
  await gateway.fetch("/0");
  expect([kept.open, kept.connections.length]).toEqual([1, 1]);
});

it("shares nothing between two gateways", async () => {
  const states: unknown[] = [];
  const counts = probe("counts", {
    access(pdk) {
      const state = pdk.plugin.state(() => ({ count: 0 }));
      state.count += 1;
      states.push(state.count);
      pdk.response.exit(200, String(state.count));
    },
  });
  const config = { _format_version: "3.0", routes: [{ name: "all", paths: ["/"] }], plugins: [{ name: "counts" }] };
  await using a = await testGateway({ config, options: { plugins: [counts] } });
  await using b = await testGateway({ config, options: { plugins: [counts] } });
  for (const [gateway, expected] of [
    [a, "1"],
    [a, "2"],
    [b, "1"],
  ] as const) {
    expect(await (await gateway.fetch("/")).text()).toBe(expected);
  }
  await a.gateway.close();
  expect(await (await b.fetch("/")).text()).toBe("2");
});

it("leaves the process as it was: no listeners, no patched globals", async () => {
  const listeners = (): unknown[] => process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const globals = (): unknown[] => [
    fetch,
    Response,
    Request,
    setTimeout,
    Promise,
    console.log,
    JSON.parse,
    createServer,
    httpRequest,
  ];
  const before1 = [listeners(), globals(), Object.keys(globalThis)];
  await using upstream = await echoUpstream();
  await using gateway = await testGateway({ config: inFrontOf(upstream.port) });
  await gateway.fetch("/");
  await gateway.gateway.loadConfig({ _format_version: "3.0" });
  expect([listeners(), globals(), Object.keys(globalThis)]).toEqual(before1);
});

it("keeps no process alive", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("close-child.ts", import.meta.url))],
    { timeout: 8_000 },
  );
  expect(stdout.trim()).toBe("200 closed");
});

it("says when a port is taken", async () => {
  const taken = createTcp();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const gateway = createGateway();
  await expect(
    gateway.listen({ proxy: { port: (taken.address() as AddressInfo).port, host: "127.0.0.1" } }),
  ).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await gateway.close();
  taken.close();
});
