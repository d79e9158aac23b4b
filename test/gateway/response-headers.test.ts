import { describe, expect, it } from "vitest";
import type { RawResponse } from "../support/raw-response.js";
import { rawServer } from "../support/raw-server.js";
import { type ProxySetup, proxyTest } from "./support.js";

/** The client's view of an upstream's head. */
async function answered(head: string, setup: ProxySetup = {}, request: Record<string, string> = {}): Promise<RawResponse> {
  await using upstream = await rawServer({
    onRequest: ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\n${head}Content-Length: 2\r\n\r\nok`),
  });
  await using t = await proxyTest({
    ...setup,
    document: { services: [{ name: "raw", url: `http://127.0.0.1:${upstream.port}`, routes: [{ name: "raw", paths: ["/"] }] }] },
  });
  const response = await t.gateway.request({ headers: { host: "x", ...request } });
  expect([response.status, response.text]).toEqual([200, "ok"]);
  return response;
}

describe("a proxied answer", () => {
  it("carries the gateway's own headers", async () => {
    const { headers } = await answered("");
    expect(headers).toMatchObject({
      via: expect.stringMatching(/^1\.1 postern\/\d/),
      server: expect.stringMatching(/^postern\/\d/),
      "x-kong-upstream-latency": expect.stringMatching(/^\d+$/),
      "x-kong-proxy-latency": expect.stringMatching(/^\d+$/),
      "x-kong-request-id": expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(headers).not.toHaveProperty("x-kong-response-latency");
    expect(headers).not.toHaveProperty("x-kong-upstream-status");
  });

  it("keeps the upstream's Server and Date, and continues its Via", async () => {
    const { headers } = await answered("Server: theirs\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nVia: 1.1 cache\r\n");
    expect(headers).toMatchObject({
      server: "theirs",
      date: "Sat, 01 Jan 2000 00:00:00 GMT",
      via: expect.stringMatching(/^1\.1 cache, 1\.1 postern\//),
    });
  });

  it.each([
    ["Connection: X-Hop, close\r\nX-Hop: 1\r\n", "x-hop"],
    ["Keep-Alive: timeout=3\r\n", "keep-alive-from-upstream"],
    ["Upgrade: h2c\r\n", "upgrade"],
    ["Trailer: X-T\r\n", "trailer"],
    ["X-Pad: 1\r\n", "x-pad"],
    ["X-Accel-Redirect: /internal\r\n", "x-accel-redirect"],
    ["X-Accel-Buffering: no\r\n", "x-accel-buffering"],
    ["X-Accel-Expires: 1\r\n", "x-accel-expires"],
    ["X-Accel-Charset: x\r\n", "x-accel-charset"],
    ["X-Accel-Limit-Rate: 1\r\n", "x-accel-limit-rate"],
  ])("has not the upstream's %j", async (head, name) => {
    expect((await answered(head)).headers).not.toHaveProperty(name);
  });

  it("keeps Trailer for a client that takes trailers, where Node can announce some", async () => {
    const chunked = "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n";
    await using upstream = await rawServer({ onRequest: ({ socket }) => void socket.write(chunked) });
    await using t = await proxyTest({
      document: {
        services: [{ name: "raw", url: `http://127.0.0.1:${upstream.port}`, routes: [{ name: "raw", paths: ["/"] }] }],
      },
    });
    const response = await t.gateway.request({ headers: { host: "x", te: "trailers" } });
    expect([response.text, response.headers.trailer]).toEqual(["ok", "X-T"]);
    expect((await t.gateway.request({ headers: { host: "x", te: "gzip" } })).headers).not.toHaveProperty("trailer");
    const old = await t.gateway.request({ version: "HTTP/1.0", headers: { host: "x", te: "trailers" } });
    expect([old.status, old.text]).toEqual([200, "ok"]);
    expect((await answered("Trailer: X-T\r\n", {}, { te: "trailers" })).headers).not.toHaveProperty("trailer");
  });

  it("keeps repeated headers", async () => {
    expect((await answered("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n")).headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  });

  it.each([
    ["text/html", "text/html; charset=UTF-8"],
    ["text/plain;format=flowed", "text/plain;format=flowed; charset=UTF-8"],
    ["application/javascript", "application/javascript; charset=UTF-8"],
    ["text/html; charset=latin1", "text/html; charset=latin1"],
    ["application/json", "application/json"],
    ["text/css", "text/css"],
  ])("of type %s is of type %s", async (type, expected) => {
    expect((await answered(`Content-Type: ${type}\r\n`)).headers["content-type"]).toBe(expected);
  });

  it("gets no charset when it is encoded or charsets are off", async () => {
    expect((await answered("Content-Type: text/html\r\nContent-Encoding: br\r\n")).headers["content-type"]).toBe("text/html");
    expect((await answered("Content-Type: text/html\r\n", { options: { charset: "off" } })).headers["content-type"]).toBe(
      "text/html",
    );
  });

  it("gets its charset also where Connection names headers", async () => {
    const { headers } = await answered("Connection: X-Hop\r\nX-Hop: 1\r\nContent-Type: text/html\r\n");
    expect(headers["content-type"]).toBe("text/html; charset=UTF-8");
  });

  it("has none of them with headers off", async () => {
    const { headers } = await answered("", { options: { headers: ["off"] } });
    for (const name of ["via", "server", "x-kong-upstream-latency", "x-kong-proxy-latency", "x-kong-request-id"]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it("has just what is asked for", async () => {
    const { headers } = await answered("", { options: { headers: ["X-Kong-Upstream-Status", "Via"] } });
    expect(headers).toMatchObject({ "x-kong-upstream-status": "200", via: expect.stringContaining("postern") });
    expect(headers).not.toHaveProperty("server");
    expect(headers).not.toHaveProperty("x-kong-request-id");
  });
});

describe("an answer of the gateway's own", () => {
  const stop: ProxySetup = {
    document: {
      routes: [
        { name: "r", paths: ["/"], plugins: [{ name: "request-termination", config: { status_code: 410, message: "gone" } }] },
      ],
    },
  };

  it("carries response latency, and no Via", async () => {
    await using t = await proxyTest({ ...stop, document: { services: [], ...stop.document } });
    const { headers } = await t.gateway.request({ headers: { host: "x" } });
    expect(headers).toMatchObject({
      server: expect.stringMatching(/^postern\//),
      "x-kong-response-latency": expect.stringMatching(/^\d+$/),
      "x-kong-request-id": expect.stringMatching(/^[0-9a-f]{32}$/),
      "content-length": String('{"message":"gone"}'.length),
    });
    for (const name of ["via", "x-kong-upstream-latency", "x-kong-proxy-latency"]) expect(headers).not.toHaveProperty(name);
  });

  it("has none of them with headers off", async () => {
    await using t = await proxyTest({ ...stop, document: { services: [], ...stop.document }, options: { headers: ["off"] } });
    const { headers } = await t.gateway.request({ headers: { host: "x" } });
    for (const name of ["server", "x-kong-response-latency", "x-kong-request-id"]) expect(headers).not.toHaveProperty(name);
  });
});

it("names the same request id in header, body and upstream request", async () => {
  await using t = await proxyTest({ route: { paths: ["/echo"] } });
  const response = await t.gateway.fetch("/echo");
  expect(((await response.json()) as { headers: Record<string, string> }).headers["x-kong-request-id"]).toBe(
    response.headers.get("x-kong-request-id"),
  );
  const missing = await t.gateway.fetch("/missing");
  expect(((await missing.json()) as { request_id: string }).request_id).toBe(missing.headers.get("x-kong-request-id"));
});

describe("the head of an answer of the gateway's own", () => {
  it.each(["short", "with letters beyond ASCII: ü"])(
    "sends headers as their UTF-8 bytes, whatever the body is: %s",
    async (message) => {
      await using t = await proxyTest({
        document: {
          routes: [{ name: "r", paths: ["/"] }],
          plugins: [
            { name: "request-termination", config: { status_code: 200, message } },
            { name: "correlation-id", config: { header_name: "x-id", echo_downstream: true } },
          ],
        },
      });
      const id = Buffer.from("日本 ü").toString("latin1");
      const { headers, text } = await t.gateway.request({ headers: { host: "x", "x-id": id } });
      // Raw headers come as one character for each byte.
      expect(headers["x-id"]).toBe(id);
      expect(JSON.parse(text)).toEqual({ message });
    },
  );
});
