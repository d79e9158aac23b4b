import { once } from "node:events";
import { Agent, get } from "node:http";
import { createGateway } from "postern";
import { expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type EchoRecord, echoUpstream } from "../support/echo-upstream.js";
import { eachHost, type Host, type StartHost } from "./hosts.js";

/** The document of the issue that started the project, with more specific paths where the host keeps some for itself. */
async function seed(start: StartHost, paths: readonly string[] = ["/"], service = true): Promise<Host & { url: string }> {
  const upstream = await echoUpstream();
  const routes = [{ name: "my-route", paths }];
  const plugins = [{ name: "key-auth" }];
  const gateway = createGateway({
    _format_version: "3.0",
    ...(service
      ? { services: [{ name: "my-service", url: upstream.url, plugins, routes }] }
      : { routes: [{ ...routes[0], plugins }] }),
    consumers: [{ username: "my-user", keyauth_credentials: [{ key: "my-key" }] }],
  });
  const host = await start(gateway);
  return {
    ...host,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await gateway.close();
      await upstream.close();
    },
  };
}

eachHost("the first document", (start, name) => {
  it("asks for a key", async () => {
    await using host = await seed(start);
    const response = await fetch(host.url);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Key");
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const id = response.headers.get("x-kong-request-id");
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await response.text()).toBe(`{\n  "message":"No API key found in request",\n  "request_id":"${id}"\n}`);
  });

  it("lets the consumer through and says who it is", async () => {
    await using host = await seed(start);
    const response = await fetch(`${host.url}/a/b?c=d`, { headers: { apikey: "my-key" } });
    expect(response.status).toBe(200);
    const echo = (await response.json()) as EchoRecord;
    expect(echo.url).toBe("/a/b?c=d");
    expect(echo.headers["x-consumer-username"]).toBe("my-user");
  });

  it("carries bodies of every method there is, its own and the client's", async () => {
    await using host = await seed(start);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"]) {
      const response = await fetch(host.url, {
        method,
        body: `by ${method}`,
        headers: { apikey: "my-key", "content-type": "text/plain" },
      });
      expect(await response.json()).toMatchObject({ method, body: `by ${method}` });
    }
    const head = await fetch(host.url, { method: "HEAD", headers: { apikey: "my-key" } });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("leaves to the host what matches no route", async () => {
    await using host = await seed(start, ["/api"]);
    expect(await (await fetch(`${host.url}/own`)).text()).toBe("own");
    expect(await (await fetch(`${host.url}/own`, { method: "POST", body: "hello" })).text()).toBe("hello");
    expect((await fetch(`${host.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${host.url}/fails`)).status).toBe(500);
    expect((await fetch(`${host.url}/api`)).status).toBe(401);
  });

  it("guards the host's own routes", async () => {
    await using host = await seed(start, ["/own", "/who", "/fails"], false);
    const headers = { apikey: "my-key" };
    expect((await fetch(`${host.url}/own`)).status).toBe(401);
    expect((await fetch(`${host.url}/own`, { method: "POST", body: "hello" })).status).toBe(401);
    expect(await (await fetch(`${host.url}/own`, { headers })).text()).toBe("own");
    expect(await (await fetch(`${host.url}/own`, { method: "POST", body: "hello", headers })).text()).toBe("hello");
    expect(await (await fetch(`${host.url}/who`, { headers })).text()).toBe("my-user");
    expect((await fetch(`${host.url}/fails`, { headers })).status).toBe(500);
  });

  it("keeps a connection usable over answers of the gateway and of the host", async () => {
    await using host = await seed(start, ["/api"]);
    let connections = 0;
    host.server.on("connection", () => (connections += 1));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const paths = ["/api", "/own", "/api?apikey=my-key", "/elsewhere"];
    for (const path of [...paths, ...paths, ...paths]) {
      await new Promise((resolve, reject) => {
        get(`${host.url}${path}`, { agent }, (response) => response.resume().on("end", resolve)).on("error", reject);
      });
    }
    agent.destroy();
    expect(connections).toBe(1);
  });

  it("carries WebSockets, with the key, before any other request", async () => {
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`${name}: ${data.toString()}`)));
    await once(sockets, "listening");
    const { port } = sockets.address() as { port: number };
    const gateway = createGateway({
      _format_version: "3.0",
      services: [
        { name: "ws", url: `http://127.0.0.1:${port}`, plugins: [{ name: "key-auth" }], routes: [{ name: "ws", paths: ["/"] }] },
      ],
      consumers: [{ username: "my-user", keyauth_credentials: [{ key: "my-key" }] }],
    });
    await using host = await start(gateway);
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/chat?apikey=my-key`);
    const answer = await new Promise((resolve, reject) => {
      socket.on("open", () => socket.send("hello"));
      socket.on("message", (data) => resolve(data.toString()));
      socket.on("error", reject);
    });
    expect(answer).toBe(`${name}: hello`);
    socket.terminate();
    for (const client of sockets.clients) client.terminate();
    sockets.close();
    await gateway.close();
  });
});
