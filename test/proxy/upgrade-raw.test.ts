import { connect as connectTcp, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpProxyTransport } from "../../src/proxy/http-proxy-transport.js";
import { type RawServer, rawServer } from "../support/raw-server.js";
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

const ACCEPT =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nconnection: Upgrade\r\nX-A: caf\u00e9\r\nx-a: 2\r\n\r\n";
const HEADERS = [
  "Host: example.test",
  "X-b: 1",
  "connection: keep-alive, Upgrade",
  "UPGRADE: websocket",
  "x-B: caf\u00e9",
  "Sec-WebSocket-Key: k",
];

interface Client {
  readonly socket: Socket;
  readonly received: string;
  readonly closed: boolean;
  readonly ended: boolean;
}

function client(port: number, { version = "1.1", more = "" } = {}): Client {
  const socket = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  let closed = false;
  let ended = false;
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  socket.on("end", () => {
    ended = true;
    socket.end();
  });
  socket.on("data", (data: Buffer) => {
    received += data.toString("latin1");
  });
  socket.write(`GET /a/../b?x HTTP/${version}\r\n${HEADERS.join("\r\n")}\r\n\r\n${more}`, "latin1");
  return {
    socket,
    get received() {
      return received;
    },
    get closed() {
      return closed;
    },
    get ended() {
      return ended;
    },
  };
}

const received = (upstream: RawServer): string => upstream.connections[0]?.received ?? "";

describe("an upgrade that is accepted", () => {
  it("carries heads, early bytes and both directions unchanged", async () => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(`${ACCEPT}early from peer;`, "latin1") });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const { socket } = client(gateway.port, { more: "early from client;" });
    await waitFor(() => received(upstream).endsWith("early from client;"));
    const sent = received(upstream);
    expect(sent).toBe(`GET /a/../b?x HTTP/1.1\r\n${HEADERS.join("\r\n")}\r\n\r\nearly from client;`);
    expect(gateway.records[0]?.headers).toEqual([
      "Upgrade",
      "websocket",
      "connection",
      "Upgrade",
      "X-A",
      "caf\u00e9",
      "x-a",
      "2",
    ]);
    socket.end();
    await waitFor(() => gateway.records[0]?.calls.at(-1) === "close");
  });

  it("gives the client the gateway's headers and then the bytes", async () => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(`${ACCEPT}early;`, "latin1") });
    await using gateway = await upgradeGateway(transport, upstream.port, {
      toClient: (headers) => ["Via", "t", ...headers.slice(0, 6)],
    });
    const peer = client(gateway.port);
    await waitFor(() => peer.received.endsWith("early;"));
    expect(peer.received).toBe(
      "HTTP/1.1 101 Switching Protocols\r\nVia: t\r\nUpgrade: websocket\r\nconnection: Upgrade\r\nX-A: caf\u00e9\r\n\r\nearly;",
    );
    upstream.connections[0]?.socket.write("late");
    await waitFor(() => peer.received.endsWith("late"));
    peer.socket.destroy();
    await waitFor(() => upstream.open === 0);
  });

  it("swallows interim responses", async () => {
    await using upstream = await rawServer({
      onRequest: ({ socket }) => socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${ACCEPT}`, "latin1"),
    });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.received.startsWith("HTTP/1.1 101 "));
    peer.socket.destroy();
    await waitFor(() => upstream.open === 0);
  });

  it("is cut after a silence of both sides, not before", async () => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(ACCEPT, "latin1") });
    await using gateway = await upgradeGateway(transport, upstream.port, { request: { readTimeout: 300 } });
    const peer = client(gateway.port);
    const started = performance.now();
    const talk = setInterval(() => peer.socket.write("."), 100);
    await waitFor(() => performance.now() - started > 900);
    expect(peer.closed).toBe(false);
    clearInterval(talk);
    await waitFor(() => peer.closed && upstream.open === 0 && gateway.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("timeout");
    expect(gateway.records[0]?.calls).toEqual(["connected", "head", "error"]);
  });

  it.each(["destroy", "resetAndDestroy", "end"] as const)("follows when the client goes: %s", async (how) => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(ACCEPT, "latin1") });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.received.includes("101"));
    peer.socket[how]();
    await waitFor(() => upstream.open === 0 && gateway.open === 0);
    await waitFor(() => gateway.records[0]?.calls.at(-1) === "close");
  });

  it.each(["destroy", "resetAndDestroy", "end"] as const)("follows when the peer goes: %s", async (how) => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(ACCEPT, "latin1") });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.received.includes("101"));
    upstream.connections[0]?.socket[how]();
    await waitFor(() => peer.closed && gateway.open === 0 && upstream.open === 0);
    await waitFor(() => gateway.records[0]?.calls.length === 3);
    expect(gateway.records[0]?.calls.at(-1)).toBe(how === "resetAndDestroy" ? "error" : "close");
  });

  it.each([
    ["tunnel", ACCEPT],
    ["refusal", "HTTP/1.1 401 No\r\nContent-Length: 67108864\r\n\r\n"],
  ])("slows the peer down for a client that does not read: %s", async (_what, answer) => {
    let written = 0;
    await using upstream = await rawServer({
      onRequest: ({ socket }) => {
        socket.write(answer, "latin1");
        const piece = Buffer.alloc(65_536);
        const more = (): void => {
          while (!socket.destroyed && written < 64 * 1024 * 1024) {
            written += piece.length;
            if (!socket.write(piece)) return;
          }
        };
        socket.on("drain", more);
        more();
      },
    });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    peer.socket.pause();
    let last = -1;
    let same = 0;
    await waitFor(() => {
      same = written === last ? same + 1 : 0;
      last = written;
      return same > 20;
    });
    expect(written).toBeLessThan(32 * 1024 * 1024);
    peer.socket.destroy();
    await waitFor(() => upstream.open === 0 && gateway.open === 0);
  });
});

describe("an upgrade that is refused", () => {
  it("passes the answer on with its length, and closes", async () => {
    const answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\nX-Why: a\r\n\r\nno way";
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(answer) });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.closed);
    expect(peer.received).toBe(
      "HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\nX-Why: a\r\nVia: test\r\nConnection: close\r\n\r\nno way",
    );
    await waitFor(() => gateway.records[0]?.calls.at(-1) === "close");
    expect(gateway.records[0]?.calls).toEqual(["connected", "head", "close"]);
    await waitFor(() => upstream.open === 0);
  });

  it.each([
    ["1.1", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"],
    ["1.0", "\r\nabcde"],
  ])("frames a body of unknown length for HTTP/%s", async (version, tail) => {
    const answer = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    await using upstream = await rawServer({
      onRequest: ({ socket }) => socket.write(answer, () => setImmediate(() => socket.write("2\r\nde\r\n0\r\n\r\n"))),
    });
    const toClient = (): string[] => ["Connection", "close"];
    await using gateway = await upgradeGateway(transport, upstream.port, { toClient });
    const peer = client(gateway.port, { version });
    await waitFor(() => peer.closed);
    expect(peer.received).toBe(`HTTP/1.1 403 Forbidden\r\nConnection: close\r\n${tail}`);
  });

  it("shows the client that a body was cut short", async () => {
    await using upstream = await rawServer({
      onRequest: ({ socket }) =>
        socket.write("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", () => setImmediate(() => socket.end())),
    });
    await using gateway = await upgradeGateway(transport, upstream.port, { toClient: () => [] });
    const peer = client(gateway.port);
    await waitFor(() => peer.closed);
    expect(peer.received).not.toContain("0\r\n\r\n");
    expect(gateway.records[0]?.error?.kind).toBe("reset");
  });

  it("gives up when the client goes in the middle", async () => {
    await using upstream = await rawServer({
      onRequest: ({ socket }) => socket.write("HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nabc"),
    });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.received.endsWith("abc"));
    peer.socket.resetAndDestroy();
    await waitFor(() => upstream.open === 0 && gateway.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("aborted");
  });
});

describe("an upgrade that fails before the peer answers", () => {
  it.each([
    ["closes", "end"],
    ["resets", "resetAndDestroy"],
  ] as const)("the peer %s: the gateway can still answer", async (_what, how) => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket[how]() });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.closed);
    expect(peer.received.startsWith("HTTP/1.1 502 ")).toBe(true);
    expect(gateway.records[0]?.error?.kind).toBe("reset");
    expect(gateway.records[0]?.calls).toEqual(["connected", "error"]);
  });

  it("nobody listens", async () => {
    const port = await (async () => {
      await using gone = await rawServer();
      return gone.port;
    })();
    await using gateway = await upgradeGateway(transport, port);
    const peer = client(gateway.port);
    await waitFor(() => peer.closed);
    expect(peer.received.startsWith("HTTP/1.1 502 ")).toBe(true);
    expect(gateway.records[0]?.error?.kind).toBe("connect");
    expect(gateway.records[0]?.calls).toEqual(["error"]);
  });

  it("the peer is silent", async () => {
    await using upstream = await rawServer();
    await using gateway = await upgradeGateway(transport, upstream.port, { request: { readTimeout: 200 } });
    const peer = client(gateway.port);
    await waitFor(() => peer.closed && upstream.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("timeout");
  });

  it("the peer does not shake hands", async () => {
    await using upstream = await rawServer();
    await using gateway = await upgradeGateway(transport, upstream.port, { request: { connectTimeout: 200, scheme: "https" } });
    const peer = client(gateway.port);
    await waitFor(() => peer.closed && upstream.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("connect-timeout");
  });

  it("the peer's certificate is not trusted: nothing is sent to it", async () => {
    await using upstream = await rawServer({ tls: true });
    const tls = { servername: "upstream.test", verify: true, ca: null, cert: null, key: null };
    await using gateway = await upgradeGateway(transport, upstream.port, { request: { scheme: "https", tls } });
    const peer = client(gateway.port);
    await waitFor(() => peer.closed && upstream.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("tls");
    expect(received(upstream)).toBe("");
  });

  it.each(["not HTTP\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"])("the peer answers %j", async (answer) => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(answer) });
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.closed && upstream.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("malformed");
    expect(peer.received.startsWith("HTTP/1.1 502 ")).toBe(true);
  });

  it("the gateway's headers would break the head: the client sees none of it", async () => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(ACCEPT, "latin1") });
    await using gateway = await upgradeGateway(transport, upstream.port, { toClient: () => ["X-A", "1\r\nX-B: 2"] });
    const peer = client(gateway.port);
    await waitFor(() => gateway.records[0]?.error);
    expect(gateway.records[0]?.error?.kind).toBe("malformed");
    expect(peer.received).toBe("");
    await waitFor(() => upstream.open === 0);
    peer.socket.destroy();
  });

  it.each(["destroy", "resetAndDestroy", "end"] as const)("the client goes: %s", async (how) => {
    await using upstream = await rawServer();
    await using gateway = await upgradeGateway(transport, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => received(upstream).endsWith("\r\n\r\n"));
    peer.socket[how]();
    await waitFor(() => upstream.open === 0);
    expect(gateway.records[0]?.error?.kind).toBe("aborted");
    await waitFor(() => gateway.open === 0);
  });

  it("the client has gone before", async () => {
    await using upstream = await rawServer();
    await using gateway = await upgradeGateway(transport, upstream.port);
    client(gateway.port);
    await waitFor(() => gateway.records[0]);
    const { incoming, socket } = gateway.records[0] as (typeof gateway.records)[0];
    socket.destroy();
    await waitFor(() => gateway.records[0]?.error && upstream.open === 0);
    const calls: string[] = [];
    const request = {
      scheme: "http" as const,
      host: "127.0.0.1",
      port: upstream.port,
      method: "GET",
      path: "/",
      headers: [],
      body: null,
      connectTimeout: 1_000,
      writeTimeout: 1_000,
      readTimeout: 1_000,
      tls: null,
    };
    const push = (call: string) => (): string[] => {
      calls.push(call);
      return [];
    };
    const handler = { onConnected: push("connected"), onHead: push("head"), onClose: push("close"), onError: push("error") };
    transport.upgrade({ request, incoming, socket, head: Buffer.alloc(0) }, handler);
    expect(calls).toEqual(["error"]);
  });
});

describe("an upgrade that is tried again", () => {
  it("reaches the next peer with the client's socket as it was", async () => {
    await using failing = await rawServer({ onRequest: ({ socket }) => socket.end() });
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(ACCEPT, "latin1") });
    const ports = [failing.port, failing.port, failing.port, upstream.port];
    await using gateway = await upgradeGateway(transport, 0, { retry: () => ports.shift() });
    const peer = client(gateway.port, { more: "early;" });
    await waitFor(() => received(upstream).endsWith("early;"));
    peer.socket.write("late;");
    await waitFor(() => received(upstream).endsWith("early;late;"));
    expect(gateway.records[0]?.socket.listenerCount("error")).toBeLessThan(5);
    peer.socket.destroy();
    await waitFor(() => upstream.open === 0 && gateway.open === 0);
  });
});

describe("closing the transport", () => {
  it("cuts tunnels after the grace", async () => {
    const own = createHttpProxyTransport();
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(ACCEPT, "latin1") });
    await using gateway = await upgradeGateway(own, upstream.port);
    const peer = client(gateway.port);
    await waitFor(() => peer.received.includes("101"));
    await own.close(50);
    await waitFor(() => peer.closed && upstream.open === 0 && gateway.open === 0);
    expect(gateway.records[0]?.calls).toEqual(["connected", "head", "error"]);
  });
});
