import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { AnyPlugin, LogEntry, PluginPhases } from "postern";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { keptLog, probe } from "../gateway/support.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** A gateway in front of a WebSocket server that echoes, with one plugin. */
async function socketsBehind(phases: PluginPhases<never, never>) {
  const upstream = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  upstream.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data) => socket.send(data));
  });
  await once(upstream, "listening");
  const log = keptLog();
  const infos: string[] = [];
  const logger = { ...log, info: (message: string) => void infos.push(message) };
  const plugin: AnyPlugin = probe("watched", phases);
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [
        {
          name: "ws",
          url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
          routes: [{ name: "r", paths: ["/"] }],
        },
      ],
      plugins: [{ name: "watched" }],
    },
    options: { plugins: [plugin], logger },
  });
  toClose.push(async () => {
    await gateway.close();
    for (const client of upstream.clients) client.terminate();
    upstream.close();
  });
  return { gateway, upstream, log, infos };
}

function connect(port: number): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  toClose.push(() => socket.terminate());
  return socket;
}

describe("the plugins of an upgrade", () => {
  it("are asked in access and headerFilter, do not see frames, and log when it closes", async () => {
    const calls: string[] = [];
    let entry: LogEntry | undefined;
    const { gateway } = await socketsBehind({
      access: () => void calls.push("access"),
      headerFilter(pdk) {
        calls.push(`header ${pdk.response.getStatus()}`);
        pdk.response.setHeader("X-Filtered", "1");
      },
      bodyFilter: () => void calls.push("body"),
      log(pdk) {
        calls.push("log");
        entry = pdk.log.serialize();
      },
    });
    const socket = connect(gateway.port);
    const [response] = (await once(socket, "upgrade")) as [{ headers: Record<string, string> }];
    expect(response.headers["x-filtered"]).toBe("1");
    await waitFor(() => socket.readyState === WebSocket.OPEN);
    socket.send("hello");
    expect(String((await once(socket, "message"))[0])).toBe("hello");
    expect(calls).toEqual(["access", "header 101"]);
    socket.close();
    await waitFor(() => entry);
    expect(calls).toEqual(["access", "header 101", "log"]);
    expect(entry).toMatchObject({ response: { status: 101 }, upstream_status: "101", source: "upstream" });
  });

  it.each<readonly [string, PluginPhases<never, never>]>([
    ["response handler", { response: () => expect.fail("it ran") }],
    ["wish for a buffered answer", { access: (pdk) => pdk.service.request.enableBuffering() }],
  ])("lose their %s, which is logged", async (_what, phases) => {
    const { gateway, infos, log } = await socketsBehind(phases);
    const socket = connect(gateway.port);
    await once(socket, "open");
    socket.send("hello");
    await once(socket, "message");
    expect(infos).toContain("response buffering was turned off: connection upgrade (websocket)");
    expect(log.errors).toEqual([]);
  });

  it.each<readonly [string, PluginPhases<never, never>, string]>([
    [
      "throws",
      {
        headerFilter() {
          throw new Error("boom");
        },
      },
      "plugin 'watched' failed in header_filter: boom",
    ],
    [
      "answers",
      { headerFilter: (pdk) => pdk.response.exit(403, "no") },
      "a header filter cannot answer in the place of an upgrade",
    ],
  ])("end the connection when a headerFilter %s", async (_what, phases, text) => {
    const { gateway, upstream, log } = await socketsBehind(phases);
    const socket = connect(gateway.port);
    await once(socket, "error");
    await waitFor(() => log.errors.length > 0);
    expect(log.errors).toEqual([text]);
    await waitFor(() => upstream.clients.size === 0);
  });
});
