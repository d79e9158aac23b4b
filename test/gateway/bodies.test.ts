import { createHash } from "node:crypto";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, it } from "vitest";
import { testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { deadPort, proxyTest } from "./support.js";

const MEGABYTES_5 = 5 * 1024 * 1024;

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Bytes without a pattern that a shifted or doubled chunk would fit. */
function someBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i += 4) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    bytes.writeInt32LE(state | 0, i);
  }
  return bytes;
}

it("carries 5 MiB up and down, unchanged", async () => {
  const upstream = createServer((req, res) => {
    const digest = createHash("sha256");
    if (req.method === "GET") void pipeline(Readable.from(pieces(someBytes(MEGABYTES_5))), res);
    else req.on("data", (chunk: Buffer) => digest.update(chunk)).on("end", () => res.end(digest.digest("hex")));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [
        {
          name: "big",
          url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
          routes: [{ name: "all", paths: ["/"] }],
        },
      ],
    },
  });
  const expected = hash(someBytes(MEGABYTES_5));
  const bytes = new Uint8Array(someBytes(MEGABYTES_5));
  expect(await (await gateway.fetch("/", { method: "PUT", body: bytes })).text()).toBe(expected);
  const chunked = {
    method: "POST",
    body: Readable.toWeb(Readable.from(pieces(bytes))),
    duplex: "half",
  } as unknown as RequestInit;
  expect(await (await gateway.fetch("/", chunked)).text()).toBe(expected);
  expect(hash(new Uint8Array(await (await gateway.fetch("/")).arrayBuffer()))).toBe(expected);
  upstream.closeAllConnections();
  upstream.close();
});

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 40_000) yield bytes.subarray(at, at + 40_000);
}

it("streams a chunked upload as it comes", async () => {
  let received = "";
  const upstream = createServer((req, res) => {
    req.setEncoding("utf8").on("data", (chunk: string) => {
      received += chunk;
    });
    req.on("end", () => res.end(req.headers["transfer-encoding"]));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  await using gateway = await testGateway({
    config: { _format_version: "3.0", services: [{ name: "up", url, routes: [{ name: "all", paths: ["/"] }] }] },
  });
  const request = httpRequest(gateway.url, { method: "POST" });
  request.write("first");
  await waitFor(() => received === "first");
  request.end("second");
  const text = await new Promise<string>((resolve) => {
    request.on("response", (response) => response.setEncoding("utf8").on("data", resolve));
  });
  expect([received, text]).toEqual(["firstsecond", "chunked"]);
  upstream.closeAllConnections();
  upstream.close();
});

it("streams a download as it comes", async () => {
  let finish = (): void => undefined;
  await using t = await proxyTest({
    answer(_record, res) {
      res.write("first");
      finish = () => void res.end("second");
    },
  });
  const response = await t.gateway.fetch("/");
  const reader = response.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first");
  finish();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("second");
  expect((await reader?.read())?.done).toBe(true);
});

it("holds an upstream back when the client does not read", async () => {
  let written = 0;
  await using t = await proxyTest({
    answer(_record, res) {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (written < 200 * 1024 * 1024) {
          written += chunk.length;
          if (!res.write(chunk)) {
            res.once("drain", more);
            return;
          }
        }
      };
      more();
    },
  });
  const socket = connect(t.gateway.port, "127.0.0.1");
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  let before = -1;
  await waitFor(
    () => {
      const still = written > 0 && written === before;
      before = written;
      return still;
    },
    { interval: 100 },
  );
  expect(written).toBeLessThan(50 * 1024 * 1024);
  socket.destroy();
});

it("passes the body of a GET on", async () => {
  await using t = await proxyTest();
  const headers = { host: "x", "content-length": "5", "content-type": "text/plain" };
  const response = await t.gateway.request({ headers, body: "query" });
  expect(JSON.parse(response.text)).toMatchObject({ method: "GET", body: "query", headers: { "content-length": "5" } });
});

it("passes a chunked body of any method on, framed", async () => {
  await using t = await proxyTest();
  for (const method of ["GET", "DELETE", "OPTIONS", "POST"]) {
    const headers = { host: "x", "transfer-encoding": "chunked" };
    const response = await t.gateway.request({ method, headers, body: "4\r\nbody\r\n0\r\n\r\n" });
    expect([response.status, JSON.parse(response.text).body, t.upstream.requests.length]).toEqual([200, "body", 1]);
    t.upstream.requests.length = 0;
  }
});

it("sends no body for HEAD, 204 and 304, and keeps the length that HEAD tells", async () => {
  await using t = await proxyTest({
    answer({ method, url }, res) {
      if (method === "HEAD") res.writeHead(200, { "Content-Length": "1234" }).end();
      else res.writeHead(Number(url.slice(1)), { ETag: '"x"' }).end();
    },
  });
  const head = await t.gateway.request({ method: "HEAD", headers: { host: "x" } });
  expect([head.status, head.headers["content-length"], head.text]).toEqual([200, "1234", ""]);
  for (const status of [204, 304]) {
    const response = await t.gateway.request({ path: `/${status}`, headers: { host: "x" } });
    expect([response.status, response.headers.etag, response.text]).toEqual([status, '"x"', ""]);
    expect(response.headers).not.toHaveProperty("transfer-encoding");
  }
});

it("answers Expect: 100-continue itself", async () => {
  await using t = await proxyTest();
  const headers = { host: "x", expect: "100-continue", "content-length": "2" };
  const response = await t.gateway.request({ method: "POST", headers, body: "hi" });
  expect(response.interim).toEqual([100]);
  const echo = JSON.parse(response.text);
  expect([response.status, echo.body]).toEqual([200, "hi"]);
  expect(echo.headers).not.toHaveProperty("expect");
});

it("answers before a large body is read, and the connection goes on", async () => {
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      routes: [
        { name: "all", paths: ["/"], plugins: [{ name: "request-termination", config: { status_code: 403, message: "no" } }] },
      ],
    },
  });
  for (let round = 0; round < 3; round += 1) {
    const response = await gateway.fetch("/", { method: "POST", body: new Uint8Array(1024 * 1024) });
    expect([response.status, await response.json()]).toEqual([403, { message: "no" }]);
  }
});

it("gives the upstream's answer on when it comes before the body was sent", async () => {
  const upstream = createServer((_req, res) => void res.writeHead(413).end("too much"));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [
        {
          name: "up",
          url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
          routes: [{ name: "all", paths: ["/"] }],
        },
      ],
    },
  });
  const response = await gateway.request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this");
  expect([response.status, response.text]).toEqual([413, "too much"]);
  upstream.closeAllConnections();
  upstream.close();
});

it("drops a chunked upload for which there is no upstream", async () => {
  await using gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "down", url: `http://127.0.0.1:${await deadPort()}`, routes: [{ name: "all", paths: ["/"] }] }],
    },
    options: { logger: { debug() {}, info() {}, warn() {}, error() {} } },
  });
  const response = await gateway.fetch("/", { method: "POST", body: new Uint8Array(512 * 1024) });
  expect(response.status).toBe(502);
});
