import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { numOpenSockets } from "http-proxy-3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createHttpProxyTransport } from "../../src/proxy/http-proxy-transport.js";
import { selfSigned } from "../support/self-signed.js";
import { waitFor } from "../support/wait-for.js";
import { upgradeGateway } from "./upgrade-gateway.js";

const transport = createHttpProxyTransport();
let uncaught = 0;
const count = (): void => {
  uncaught++;
};

beforeAll(() => {
  process.on("uncaughtException", count);
});

afterAll(async () => {
  await transport.close();
  process.off("uncaughtException", count);
  expect(uncaught).toBe(0);
});

interface WsUpstream extends AsyncDisposable {
  readonly server: WebSocketServer;
  readonly port: number;
}

async function wsUpstream(): Promise<WsUpstream> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (peer) => {
    peer.on("error", () => {});
    peer.on("message", (data, binary) => peer.send(data, { binary }));
  });
  await once(server, "listening");
  return {
    server,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        for (const peer of server.clients) peer.terminate();
        server.close(() => resolve());
      }),
  };
}

async function connect(port: number, protocols: string[] = []): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/chat?x=1`, protocols);
  client.on("error", () => {});
  await once(client, "open");
  return client;
}

async function ask(client: WebSocket, text: string | Buffer): Promise<Buffer> {
  client.send(text);
  const [data] = (await once(client, "message")) as [Buffer];
  return data;
}

describe("WebSocket", () => {
  it("echoes, and ends with a clean close", async () => {
    await using upstream = await wsUpstream();
    await using gateway = await upgradeGateway(transport, upstream.port);
    const client = await connect(gateway.port, ["chat.v1"]);
    expect((await ask(client, "hello")).toString()).toBe("hello");
    const large = Buffer.alloc(5 * 1024 * 1024, "ab");
    expect((await ask(client, large)).equals(large)).toBe(true);
    client.close(1000, "done");
    const [code] = await once(client, "close");
    expect(code).toBe(1000);
    await waitFor(() => gateway.open === 0 && upstream.server.clients.size === 0);
    expect(gateway.records[0]?.calls).toEqual(["connected", "head", "close"]);
    expect(gateway.records[0]?.status).toBe(101);
  });

  it("speaks to a peer over TLS", async () => {
    const https = createServer(selfSigned);
    const server = new WebSocketServer({ server: https });
    server.on("connection", (peer) => peer.on("message", (data) => peer.send(data)));
    https.listen(0, "127.0.0.1");
    await once(https, "listening");
    const tls = { servername: "upstream.test", verify: true, ca: [selfSigned.cert], cert: null, key: null };
    await using gateway = await upgradeGateway(transport, (https.address() as AddressInfo).port, {
      request: { scheme: "https", tls },
    });
    const client = await connect(gateway.port);
    expect((await ask(client, "secret")).toString()).toBe("secret");
    client.terminate();
    await waitFor(() => gateway.records[0]?.calls.at(-1) === "close");
    server.close();
    https.close();
  });

  it("closes the peer's side when the client vanishes", async () => {
    await using upstream = await wsUpstream();
    await using gateway = await upgradeGateway(transport, upstream.port);
    const client = await connect(gateway.port);
    expect(upstream.server.clients.size).toBe(1);
    client.terminate();
    await waitFor(() => upstream.server.clients.size === 0 && gateway.open === 0);
    await waitFor(() => gateway.records[0]?.calls.at(-1) === "close");
  });

  it("closes the client's side when the peer vanishes", async () => {
    await using upstream = await wsUpstream();
    await using gateway = await upgradeGateway(transport, upstream.port);
    const client = await connect(gateway.port);
    for (const peer of upstream.server.clients) peer.terminate();
    const [code] = await once(client, "close");
    expect(code).toBe(1006);
    await waitFor(() => gateway.open === 0 && gateway.records[0]?.calls.length === 3);
  });

  it("leaves nothing behind after a thousand upgrades", async () => {
    await using upstream = await wsUpstream();
    await using gateway = await upgradeGateway(transport, upstream.port);
    const before = numOpenSockets();
    const one = async (i: number): Promise<void> => {
      const client = await connect(gateway.port);
      if (i % 2 === 0) await ask(client, "x");
      if (i % 3 === 0) client.terminate();
      else client.close();
      await once(client, "close");
    };
    for (let i = 0; i < 1_000; i++) await one(i);
    await waitFor(() => gateway.open === 0 && upstream.server.clients.size === 0);
    await waitFor(() => gateway.records.every(({ calls }) => calls.length === 3));
    expect(numOpenSockets()).toBe(before);
    const listeners = gateway.records.map(({ socket }) =>
      ["data", "end", "close", "readable", "drain", "finish"].reduce((sum, event) => sum + socket.listenerCount(event), 0),
    );
    // No socket has more of them than the first one.
    expect(Math.max(...listeners)).toBe(listeners[0]);
    const { http, https } = (transport as unknown as { single: Record<"http" | "https", { sockets: object; requests: object }> })
      .single;
    expect([http, https].flatMap(({ sockets, requests }) => [...Object.keys(sockets), ...Object.keys(requests)])).toEqual([]);
  }, 60_000);
});
