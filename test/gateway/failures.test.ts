import { describe, expect, it } from "vitest";
import { echoUpstream } from "../support/echo-upstream.js";
import { rawServer } from "../support/raw-server.js";
import { type TestGateway, testGateway } from "../support/test-gateway.js";
import { waitFor } from "../support/wait-for.js";
import { deadPort, type KeptLog, keptLog, probe } from "./support.js";

interface Broken extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly log: KeptLog;
}

/** A gateway in front of an address that will not answer well. */
async function inFrontOf(address: string | number, service: object = {}): Promise<Broken> {
  const log = keptLog();
  const url = typeof address === "number" ? `http://127.0.0.1:${address}` : address;
  const gateway = await testGateway({
    config: {
      _format_version: "3.0",
      services: [{ name: "s", url, retries: 0, routes: [{ name: "all", paths: ["/"] }], ...service }],
    },
    options: { logger: log },
  });
  return { gateway, log, [Symbol.asyncDispose]: () => gateway.close() };
}

const BAD_GATEWAY = "An invalid response was received from the upstream server";
const TIMED_OUT = "The upstream server is timing out";

describe("an upstream that refuses connections", () => {
  it.each([
    [undefined, undefined, "text/plain; charset=utf-8", (id: string) => `${BAD_GATEWAY}\nrequest_id: ${id}\n`],
    ["text/plain", undefined, "text/plain; charset=utf-8", (id: string) => `${BAD_GATEWAY}\nrequest_id: ${id}\n`],
    [
      "application/json",
      undefined,
      "application/json; charset=utf-8",
      (id: string) => `{\n  "message":"${BAD_GATEWAY}",\n  "request_id":"${id}"\n}`,
    ],
    [
      undefined,
      "application/json",
      "application/json; charset=utf-8",
      (id: string) => `{\n  "message":"${BAD_GATEWAY}",\n  "request_id":"${id}"\n}`,
    ],
    [
      "text/html;q=0.9, text/plain;q=0.2",
      undefined,
      "text/html; charset=utf-8",
      (id: string) =>
        `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n    <title>Error</title>\n  </head>\n  <body>\n    <h1>Error</h1>\n    <p>${BAD_GATEWAY}.</p>\n    <p>request_id: ${id}</p>\n  </body>\n</html>\n`,
    ],
    [
      "application/xml",
      undefined,
      "application/xml; charset=utf-8",
      (id: string) =>
        `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${BAD_GATEWAY}</message>\n  <requestid>${id}</requestid>\n</error>\n`,
    ],
  ])("is a 502 (Accept: %s, Content-Type: %s)", async (accept, type, sent, body) => {
    await using t = await inFrontOf(await deadPort());
    const headers = { host: "x", ...(accept && { accept }), ...(type && { "content-type": type }) };
    const response = await t.gateway.request({ headers });
    expect([response.status, response.headers["content-type"]]).toEqual([502, sent]);
    expect(response.text).toBe(body(String(response.headers["x-kong-request-id"])));
    expect(response.headers).toHaveProperty("x-kong-upstream-latency");
    expect(response.headers).toHaveProperty("x-kong-proxy-latency");
    expect(response.headers.via).toMatch(/^1\.1 postern\//);
    expect(t.log.warnings).toHaveLength(1);
  });

  it("is a 502 without a body for HEAD", async () => {
    await using t = await inFrontOf(await deadPort());
    const response = await t.gateway.request({ method: "HEAD", headers: { host: "x" } });
    expect([response.status, response.text]).toEqual([502, ""]);
  });

  it("takes the form that the gateway was told to prefer", async () => {
    const services = [{ name: "s", url: `http://127.0.0.1:${await deadPort()}`, routes: [{ name: "all", paths: ["/"] }] }];
    await using gateway = await testGateway({
      config: { _format_version: "3.0", services },
      options: { errorDefaultType: "application/json", logger: keptLog() },
    });
    const response = await gateway.request({ headers: { host: "x" } });
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  });
});

describe("an upstream that is slow", () => {
  it("to answer is a 504", async () => {
    await using silent = await rawServer();
    await using t = await inFrontOf(silent.port, { read_timeout: 100 });
    const response = await t.gateway.request({ headers: { host: "x" } });
    expect([response.status, response.text]).toEqual([504, expect.stringContaining(TIMED_OUT)]);
    await waitFor(() => silent.open === 0);
  });

  it("in mid-body breaks the answer off", async () => {
    await using stalling = await rawServer({
      onRequest: ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    });
    await using t = await inFrontOf(stalling.port, { read_timeout: 100 });
    await expect(t.gateway.request({ headers: { host: "x" } })).rejects.toThrow("closed before the response was complete");
  });
});

it("answers 503 when the upstream's name does not resolve", async () => {
  await using t = await inFrontOf("http://no-such-host.invalid");
  const response = await t.gateway.fetch("/");
  expect([response.status, await response.json()]).toMatchObject([503, { message: "name resolution failed" }]);
  expect(response.headers.has("x-kong-upstream-latency")).toBe(false);
});

describe("an upstream that does not speak proper HTTP", () => {
  it.each([
    ["nonsense", "this is not http\r\n\r\n"],
    ["a bad status line", "HTTP/1.1 abc\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a bad header", "HTTP/1.1 200 OK\r\nbad header: x\r\n\r\n"],
    ["a line break in a header", "HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 0\r\n\r\n"],
    ["an upgrade that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
  ])("(%s) is a 502", async (_what, bytes) => {
    await using odd = await rawServer({ onRequest: ({ socket }) => void socket.write(bytes) });
    await using t = await inFrontOf(odd.port);
    expect((await t.gateway.request({ headers: { host: "x" } })).status).toBe(502);
  });

  it("is a 502 when it closes without a word", async () => {
    await using mute = await rawServer({ onRequest: ({ socket }) => void socket.end() });
    await using t = await inFrontOf(mute.port);
    expect((await t.gateway.request({ headers: { host: "x" } })).status).toBe(502);
  });

  it.each([
    ["ends its body early", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"],
    ["ends in mid-chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf"],
  ])("breaks the client's answer off when it %s", async (_what, bytes) => {
    await using broken = await rawServer({ onRequest: ({ socket }) => void socket.end(bytes) });
    await using t = await inFrontOf(broken.port);
    await expect(t.gateway.request({ headers: { host: "x" } })).rejects.toThrow("closed before the response was complete");
    await expect(t.gateway.fetch("/").then((response) => response.text())).rejects.toThrow();
  });

  it("may leave out the length and end with its connection", async () => {
    await using old = await rawServer({ onRequest: ({ socket }) => void socket.end("HTTP/1.0 200 OK\r\n\r\nall of it") });
    await using t = await inFrontOf(old.port);
    expect((await t.gateway.request({ headers: { host: "x" } })).text).toBe("all of it");
  });

  it("may send interim answers, which stay with the gateway", async () => {
    await using hints = await rawServer({
      onRequest: ({ socket }) =>
        void socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    });
    await using t = await inFrontOf(hints.port);
    const response = await t.gateway.request({ headers: { host: "x" } });
    expect([response.status, response.text, response.interim]).toEqual([200, "ok", []]);
  });

  it("cannot slip a second answer in", async () => {
    const extra = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    await using chatty = await rawServer({ onRequest: ({ socket }) => void socket.write(extra) });
    await using t = await inFrontOf(chatty.port, { retries: 5 });
    for (let round = 0; round < 4; round += 1) {
      expect((await t.gateway.request({ headers: { host: "x" } })).text).toBe("ok");
    }
  });
});

describe("a dead upstream whose service allows retries", () => {
  it("is asked again without harm to the process, by many requests at once", async () => {
    const thrown: Error[] = [];
    const listen = (error: Error): void => void thrown.push(error);
    process.prependListener("uncaughtExceptionMonitor", listen);
    await using t = await inFrontOf(await deadPort(), { retries: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => t.gateway.request({ headers: { host: "x" } })));
    process.off("uncaughtExceptionMonitor", listen);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 502));
    expect(thrown).toEqual([]);
  });
});

describe("the source of an answer", () => {
  it("is `error` for failures and `service` for the upstream's own", async () => {
    const sources: string[] = [];
    const source = probe("source", { log: (pdk) => void sources.push(pdk.response.getSource()) });
    await using upstream = await echoUpstream({ answer: (_record, res) => void res.writeHead(500).end() });
    await using gateway = await testGateway({
      config: {
        _format_version: "3.0",
        services: [
          { name: "up", url: upstream.url, routes: [{ name: "up", paths: ["/up"] }] },
          { name: "down", url: `http://127.0.0.1:${await deadPort()}`, routes: [{ name: "down", paths: ["/down"] }] },
        ],
        plugins: [{ name: "source" }],
      },
      options: { plugins: [source], logger: keptLog() },
    });
    for (const path of ["/up", "/down", "/nowhere"]) await (await gateway.fetch(path)).text();
    expect(await waitFor(() => sources.length === 3 && sources)).toEqual(["service", "error", "error"]);
  });
});
