import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createGateway, type Gateway } from "postern";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { echoUpstream } from "../support/echo-upstream.js";
import { rawRequest } from "../support/raw-request.js";
import { rawServer } from "../support/raw-server.js";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { deadPort, keptLog, probe } from "./support.js";

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** An upstream that answers each message with its own name, the path and the message. */
async function socketUpstream(name = "echo"): Promise<{ port: number; requests: IncomingMessage[]; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  const requests: IncomingMessage[] = [];
  server.on("connection", (socket, request) => {
    requests.push(request);
    socket.on("error", () => undefined);
    socket.on("message", (data, binary) => socket.send(binary ? data : `${name} ${request.url} ${data.toString()}`, { binary }));
  });
  await once(server, "listening");
  toClose.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests, server };
}

function config(port: number, more: { route?: object; plugins?: readonly object[]; service?: object } = {}): never {
  return {
    _format_version: "3.0",
    services: [
      {
        name: "ws",
        url: `http://127.0.0.1:${port}`,
        retries: 0,
        routes: [{ name: "ws", paths: ["/ws"], ...more.route }],
        ...more.service,
      },
    ],
    consumers: [{ username: "bob", keyauth_credentials: [{ key: "bob" }] }],
    plugins: more.plugins ?? [],
  } as never;
}

async function open(port: number, path: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  toClose.push(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

async function say(socket: WebSocket, text: string): Promise<string> {
  socket.send(text);
  const [data] = (await once(socket, "message")) as [Buffer];
  return data.toString();
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  toClose.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function gatewayFor(document: never, options: object = {}): Gateway {
  const gateway = createGateway({ declarativeConfig: document, logger: keptLog(), ...options });
  toClose.push(() => gateway.close({ graceMs: 0 }));
  return gateway;
}

const UPGRADE = {
  host: "x",
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

describe("a WebSocket through the gateway", () => {
  it("carries text and bytes both ways, as the first thing that the gateway does", async () => {
    const upstream = await socketUpstream();
    await using gateway = await testGateway({ config: config(upstream.port) });
    const socket = await open(gateway.port, "/ws/chat?room=1");
    expect(await say(socket, "hello")).toBe("echo /chat?room=1 hello");
    const bytes = Buffer.alloc(200_000, 7);
    socket.send(bytes);
    const [data, binary] = (await once(socket, "message")) as [Buffer, boolean];
    expect([binary, data.equals(bytes)]).toEqual([true, true]);
    expect(upstream.requests[0]?.headers).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      upgrade: "websocket",
      "x-forwarded-prefix": "/ws",
    });
  });

  it("passes the closing on, with its code, both ways", async () => {
    const upstream = await socketUpstream();
    await using gateway = await testGateway({ config: config(upstream.port) });
    const first = await open(gateway.port, "/ws");
    const [server] = upstream.server.clients;
    first.close(4001, "bye");
    expect((await once(server as WebSocket, "close"))[0]).toBe(4001);
    const second = await open(gateway.port, "/ws");
    const [other] = upstream.server.clients;
    other?.close(4002, "away");
    expect((await once(second, "close"))[0]).toBe(4002);
  });

  it("passes subprotocols and extensions on", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true, handleProtocols: () => "v2" });
    await once(server, "listening");
    toClose.push(() => server.close());
    await using gateway = await testGateway({ config: config((server.address() as AddressInfo).port) });
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, ["v1", "v2"]);
    await once(socket, "open");
    expect([socket.protocol, socket.extensions]).toEqual(["v2", expect.stringContaining("permessage-deflate")]);
    socket.terminate();
  });

  it("runs the plugins: 401 without a key, the consumer's name with it, and the log when it closes", async () => {
    const upstream = await socketUpstream();
    const logged: unknown[] = [];
    const log = probe("log", { log: (pdk) => void logged.push([pdk.response.getStatus(), pdk.client.getConsumer()?.username]) });
    const stamp = probe("stamp", { headerFilter: (pdk) => pdk.response.setHeader("X-Stamp", "1") });
    await using gateway = await testGateway({
      config: config(upstream.port, { plugins: [{ name: "key-auth" }, { name: "log" }, { name: "stamp" }] }),
      options: { plugins: [log, stamp] },
    });
    const refused = await gateway.request({ path: "/ws", headers: UPGRADE });
    expect([refused.status, refused.headers["www-authenticate"], refused.headers["x-stamp"]]).toEqual([401, "Key", "1"]);
    expect(JSON.parse(refused.text)).toMatchObject({ message: "No API key found in request" });
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, { headers: { apikey: "bob" } });
    const opened = once(socket, "open");
    const [response] = (await once(socket, "upgrade")) as [IncomingMessage];
    expect(response.headers).toMatchObject({
      "x-stamp": "1",
      via: expect.stringContaining("postern"),
      connection: expect.stringMatching(/upgrade/i),
    });
    await opened;
    expect(upstream.requests[0]?.headers["x-consumer-username"]).toBe("bob");
    expect(logged).toEqual([[401, undefined]]);
    socket.close();
    expect(await waitFor(() => logged[1])).toEqual([101, "bob"]);
  });

  it("is not touched by a reload", async () => {
    const upstream = await socketUpstream();
    await using gateway = await testGateway({ config: config(upstream.port) });
    const socket = await open(gateway.port, "/ws");
    await gateway.gateway.loadConfig({ _format_version: "3.0" });
    expect(await say(socket, "still")).toBe("echo / still");
    expect((await gateway.request({ path: "/ws", headers: UPGRADE })).status).toBe(404);
  });

  it("leaves nothing open when the client or the upstream vanishes", async () => {
    const upstream = await socketUpstream();
    await using gateway = await testGateway({ config: config(upstream.port) });
    const first = await open(gateway.port, "/ws");
    first.terminate();
    await waitFor(() => upstream.server.clients.size === 0);
    const second = await open(gateway.port, "/ws");
    for (const client of upstream.server.clients) client.terminate();
    await once(second, "close");
    const started = performance.now();
    await gateway.gateway.close({ graceMs: 5_000 });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("is cut by close after its grace", async () => {
    const upstream = await socketUpstream();
    await using gateway = await testGateway({ config: config(upstream.port) });
    const socket = await open(gateway.port, "/ws");
    const closed = once(socket, "close");
    await gateway.gateway.close({ graceMs: 50 });
    await closed;
  });
});

describe("an upgrade that cannot be", () => {
  it("is 404 without a route", async () => {
    await using gateway = await testGateway();
    const response = await gateway.request({ path: "/ws", headers: UPGRADE });
    expect([response.status, response.headers.connection]).toEqual([404, "close"]);
  });

  it("is 502 when the upstream is down", async () => {
    await using gateway = await testGateway({ config: config(await deadPort()), options: { logger: keptLog() } });
    const response = await gateway.request({ path: "/ws", headers: UPGRADE });
    expect([response.status, response.text]).toEqual([502, expect.stringContaining("An invalid response was received")]);
  });

  it("is what the upstream answers when it refuses", async () => {
    await using upstream = await echoUpstream({
      answer: (_record, res) => void res.writeHead(403, { "x-why": "no" }).end("refused"),
    });
    await using gateway = await testGateway({ config: config(upstream.port) });
    const response = await gateway.request({ path: "/ws", headers: UPGRADE });
    expect([response.status, response.headers["x-why"], response.text]).toEqual([403, "no", "refused"]);
  });

  it.each([
    ["a GET", "GET", ""],
    ["a POST with a body", "POST", "the body"],
  ])("is an ordinary request when it is not for a WebSocket (%s)", async (_what, method, body) => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({ config: config(upstream.port) });
    const headers = { host: "x", connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" };
    const length = body === "" ? {} : { "content-length": String(body.length) };
    const response = await gateway.request({ method, path: "/ws/x", headers: { ...headers, ...length }, body });
    expect(response.status).toBe(200);
    const record = JSON.parse(response.text);
    expect(record).toMatchObject({ method, url: "/x", body });
    for (const name of ["upgrade", "http2-settings"]) expect(record.headers).not.toHaveProperty(name);
    expect(response.headers.connection).toBe("keep-alive");
  });

  it("is the host's ordinary request where no route matches", async () => {
    const gateway = gatewayFor(config(1));
    const server = createServer((req, res) => gateway.handler(req, res, () => req.pipe(res))).on("upgrade", gateway.upgrade);
    const port = await listen(server);
    const h2c = "Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n";
    const one = `POST /own HTTP/1.1\r\n${h2c}4\r\nbody\r\n0\r\n\r\n`;
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setEncoding("latin1").on("data", (data: string) => {
      received += data;
    });
    for (let round = 0; round < 12; round += 1) {
      received = "";
      socket.write(one);
      await waitFor(() => received.includes("body"));
    }
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it.each(["websocket", "h2c"])("does not overtake a request before it on the same connection (%s)", async (protocol) => {
    await using upstream = await echoUpstream({ answer: ({ url }, res) => void setImmediate(() => res.end(`answer to ${url}`)) });
    await using gateway = await testGateway({ config: config(upstream.port) });
    const socket = connect(gateway.port, "127.0.0.1");
    let received = "";
    socket.setEncoding("latin1").on("data", (data: string) => {
      received += data;
    });
    const upgrade = Object.entries({ ...UPGRADE, upgrade: protocol }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /ws/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /ws/2 HTTP/1.1\r\n${upgrade.join("")}\r\n`);
    await Promise.race([once(socket, "close"), waitFor(() => received.includes("answer to /2"))]);
    const [first, second] = [received.indexOf("answer to /1"), received.indexOf("answer to /2")];
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
    socket.destroy();
  });

  it("does not hurt anybody when the client leaves at once", async () => {
    await using gateway = await testGateway({ config: config(await deadPort()), options: { logger: keptLog() } });
    for (let round = 0; round < 10; round += 1) {
      const socket = connect(gateway.port, "127.0.0.1");
      const head = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET /ws HTTP/1.1\r\n${head.join("")}\r\n`, () =>
        round % 2 === 0 ? socket.destroy() : socket.resetAndDestroy(),
      );
      await once(socket, "close");
    }
    expect((await gateway.request({ path: "/ws", headers: UPGRADE })).status).toBe(502);
  });
});

describe("attach", () => {
  it("serves several servers", async () => {
    const upstream = await socketUpstream();
    const gateway = gatewayFor(config(upstream.port));
    const servers = [createServer(), createServer()];
    for (const server of servers) gateway.attach(server);
    for (const server of servers) {
      const port = await listen(server);
      expect(await say(await open(port, "/ws"), "hi")).toBe("echo / hi");
      expect((await rawRequest({ port }, { headers: { host: "x" } })).status).toBe(404);
    }
  });

  it("leaves to the host's own WebSocket server what is not the gateway's", async () => {
    const upstream = await socketUpstream("gateway");
    const gateway = gatewayFor(config(upstream.port));
    const server = createServer((_req, res) => void res.end("host"));
    const own = new WebSocketServer({ noServer: true });
    own.on("connection", (socket) => socket.on("message", (data) => socket.send(`own ${data.toString()}`)));
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/own") own.handleUpgrade(request, socket, head, (opened) => own.emit("connection", opened, request));
    });
    gateway.attach(server);
    const port = await listen(server);
    toClose.push(() => {
      for (const client of own.clients) client.terminate();
    });
    expect(await say(await open(port, "/own"), "a")).toBe("own a");
    expect(await say(await open(port, "/ws"), "b")).toBe("gateway / b");
    expect((await rawRequest({ port }, { headers: { host: "x" } })).text).toBe("host");
  });

  it("guards the host's own WebSocket server by a route without a service, and then is done with it", async () => {
    const logged: number[] = [];
    const log = probe("log", { log: (pdk) => void logged.push(pdk.response.getStatus()) });
    const document = {
      _format_version: "3.0",
      routes: [{ name: "own", paths: ["/own"], plugins: [{ name: "key-auth" }, { name: "log" }] }],
      consumers: [{ username: "bob", keyauth_credentials: [{ key: "bob" }] }],
    } as never;
    const gateway = gatewayFor(document, { plugins: [log] });
    const server = createServer();
    const own = new WebSocketServer({ noServer: true });
    gateway.attach(server);
    server.on("upgrade", (request, socket, head) => {
      // The gateway has answered those without a key.
      if (!socket.writable || request.headers.apikey !== "bob") return;
      own.handleUpgrade(request, socket, head, (opened) => opened.on("message", (data) => opened.send(`own ${data.toString()}`)));
    });
    const port = await listen(server);
    expect((await rawRequest({ port }, { path: "/own", headers: UPGRADE })).status).toBe(401);
    const socket = await open(port, "/own", { apikey: "bob" });
    expect(await say(socket, "a")).toBe("own a");
    const started = performance.now();
    await gateway.close({ graceMs: 5_000 });
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(logged).toEqual([401, 101]);
    for (const client of own.clients) client.terminate();
  });
});

describe("a client that only closes its side", () => {
  it.each([
    ["before the upstream has answered", ""],
    ["while the upstream refuses at length", "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nhalf"],
  ])("has left (%s)", async (_when, answer) => {
    let asked = 0;
    await using upstream = await rawServer({
      onRequest({ socket }) {
        asked += 1;
        socket.write(answer);
      },
    });
    await using gateway = await testGateway({ config: config(upstream.port) });
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    const head = Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.on("error", () => undefined).write(`GET /ws HTTP/1.1\r\n${head.join("")}\r\n`);
    await waitFor(() => asked === 1);
    if (answer !== "") await once(socket, "data");
    socket.end();
    await waitFor(() => upstream.open === 0);
    const started = performance.now();
    await gateway.gateway.close({ graceMs: 5_000 });
    expect(performance.now() - started).toBeLessThan(1_000);
    socket.destroy();
  });
});
