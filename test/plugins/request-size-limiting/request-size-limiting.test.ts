import { request as httpRequest } from "node:http";
import { createServer as createHttp2Server, connect as http2Connect } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { createGateway } from "postern";
import { describe, expect, it } from "vitest";
import { echoUpstream } from "../../support/echo-upstream.js";
import { rawRequest } from "../../support/raw-request.js";
import type { RawResponse } from "../../support/raw-response.js";
import { testGateway } from "../../support/test-gateway.js";

interface Sent {
  readonly response: RawResponse;
  /** Bodies that arrived whole upstream. */
  readonly arrived: readonly string[];
}

const document = (config: object, url: string) => ({
  _format_version: "3.0",
  services: [{ name: "echo", url, routes: [{ paths: ["/"] }], plugins: [{ name: "request-size-limiting", config }] }],
});

async function send(config: object, headers: Record<string, string>, body: string, more: object = {}): Promise<Sent> {
  await using upstream = await echoUpstream();
  await using gateway = await testGateway({ config: document(config, upstream.url), options: more });
  const response = await rawRequest({ port: gateway.port }, { method: "POST", headers: { host: "x", ...headers }, body });
  return { response, arrived: upstream.requests.map((request) => request.body) };
}

/** As one chunk per piece. */
function chunked(...pieces: readonly string[]): string {
  return `${pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join("")}0\r\n\r\n`;
}

const withLength = (config: object, size: number, headers: Record<string, string> = {}): Promise<Sent> =>
  send(config, { "content-length": String(size), ...headers }, "x".repeat(size));
const asChunks = (config: object, size: number, headers: Record<string, string> = {}): Promise<Sent> =>
  send(config, { "transfer-encoding": "chunked", ...headers }, chunked("x".repeat(size - 1), "x"));

function refused({ response, arrived }: Sent, status: number, message: string): void {
  expect([response.status, arrived]).toEqual([status, []]);
  expect(JSON.parse(response.text)).toEqual({ message, request_id: expect.any(String) });
}

const bytes = { allowed_payload_size: 10, size_unit: "bytes" };
const TOO_LARGE = "Request size limit exceeded";

describe("request-size-limiting, configuration", () => {
  async function faultsOf(config: object): Promise<unknown> {
    try {
      await createGateway({ _format_version: "3.0", plugins: [{ name: "request-size-limiting", config }] } as never).close();
      return undefined;
    } catch (error) {
      return (error as { fields: { plugins: { config: unknown }[] } }).fields.plugins[0]?.config;
    }
  }

  it.each([
    [{}, undefined],
    [{ allowed_payload_size: null }, undefined],
    [{ allowed_payload_size: 1.5 }, { allowed_payload_size: "expected an integer" }],
    [{ size_unit: "gigabytes" }, { size_unit: "expected one of: megabytes, kilobytes, bytes" }],
    [{ size_unit: null }, { size_unit: "required field missing" }],
    [{ require_content_length: "x" }, { require_content_length: "expected a boolean" }],
  ])("%j", async (config, faults) => {
    expect(await faultsOf(config)).toEqual(faults);
  });
});

describe("request-size-limiting", () => {
  it.each([
    ["bytes", 1],
    ["kilobytes", 1_024],
    ["megabytes", 1_048_576],
  ])("limits in %s", async (size_unit, unit) => {
    const config = { allowed_payload_size: 2, size_unit };
    for (const how of [withLength, asChunks]) {
      const equal = await how(config, 2 * unit);
      expect([equal.response.status, equal.arrived.map((body) => body.length)]).toEqual([200, [2 * unit]]);
    }
    refused(await withLength(config, 2 * unit + 1), 413, TOO_LARGE);
    refused(await asChunks(config, 2 * unit + 1), 413, TOO_LARGE);
  });

  it("allows 128 megabytes without a configuration", async () => {
    await using gateway = await testGateway({ config: document({}, "http://127.0.0.1:9") });
    // Only the announced length is looked at: the body never comes.
    const answer = (length: number): Promise<RawResponse> =>
      rawRequest({ port: gateway.port }, { method: "POST", headers: { host: "x", "content-length": String(length) } });
    expect((await answer(128 * 1_048_576 + 1)).status).toBe(413);
  });

  it.each(["100-continue", " 100-Continue "])("answers 417 to clients that ask first (Expect: %s)", async (expectation) => {
    refused(await withLength(bytes, 11, { expect: expectation }), 417, TOO_LARGE);
    refused(await asChunks(bytes, 11, { expect: expectation }), 417, TOO_LARGE);
    expect((await withLength(bytes, 10, { expect: expectation })).response.status).toBe(200);
  });

  it("lets requests without a body through", async () => {
    expect((await send({ ...bytes, allowed_payload_size: 0 }, {}, "")).response.status).toBe(200);
    expect((await send(bytes, { "content-length": "0" }, "")).response.status).toBe(200);
  });

  it("asks for a length where it is required", async () => {
    const config = { ...bytes, require_content_length: true };
    refused(await send(config, {}, ""), 411, "A valid Content-Length header is required");
    refused(
      await send(config, { "transfer-encoding": "gzip, chunked" }, chunked("x")),
      411,
      "A valid Content-Length header is required",
    );
    expect((await asChunks(config, 10)).response.status).toBe(200);
    expect((await withLength(config, 10)).response.status).toBe(200);
    refused(await asChunks(config, 11), 413, TOO_LARGE);
  });

  it("answers in the form that the client accepts", async () => {
    const { response } = await withLength(bytes, 11, { accept: "text/plain" });
    expect(response.text).toMatch(/^Request size limit exceeded\nrequest_id: \w+\n$/);
  });

  it("limits what other plugins read", async () => {
    await using upstream = await echoUpstream();
    const config = document(bytes, upstream.url);
    const plugins = [{ name: "request-transformer", config: { add: { body: ["a:1"] } } }];
    await using gateway = await testGateway({ config: { ...config, plugins }, options: { clientBodyBufferSize: 100 } });
    const headers = { host: "x", "content-type": "application/json", "transfer-encoding": "chunked" };
    const response = await gateway.request({ method: "POST", headers, body: chunked('{"b":"234567890"}') });
    expect([response.status, upstream.requests]).toEqual([413, []]);
  });
});

describe("request-size-limiting over HTTP/2", () => {
  it.each([
    ["GET", {}, "", {}, 200],
    ["POST", { "content-length": "10" }, "x".repeat(10), {}, 200],
    ["POST", { "content-length": "11" }, "x".repeat(11), {}, 413],
    ["POST", {}, "", { require_content_length: true }, 411],
  ])("%s with %j", async (method, headers, body, more, status) => {
    await using upstream = await echoUpstream();
    const gateway = createGateway(document({ ...bytes, ...more }, upstream.url) as never);
    const server = createHttp2Server((request, response) => gateway.handler(request as never, response as never));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = http2Connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    try {
      const answered = await new Promise<number | undefined>((resolve, reject) => {
        const stream = client.request({ ":path": "/", ":method": method, ...headers });
        stream.on("response", (head) => resolve(head[":status"])).on("error", reject);
        stream.resume();
        if (body === "") stream.end();
        else stream.end(body);
      });
      expect([answered, upstream.requests.map((request) => request.body)]).toEqual([status, status === 200 ? [body] : []]);
    } finally {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
      await gateway.close();
    }
  });
});

describe("request-size-limiting, bodies that are not held in memory", () => {
  const twoMegabytes = { allowed_payload_size: 2 };

  it("counts them while they are sent on", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({ config: document(twoMegabytes, upstream.url) });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({ port: gateway.port, method: "POST" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject);
      const piece = Buffer.alloc(65_536, "x");
      // Goes on until it is told to stop: with a body without end, only counting ends it.
      const more = (): void => {
        while (!request.destroyed && request.write(piece));
        request.once("drain", more);
      };
      more();
      request.on("response", () => request.removeListener("drain", more).destroy());
    });
    expect([status, upstream.requests]).toEqual([413, []]);
    // The gateway goes on.
    const next = await gateway.request({ method: "POST", headers: { host: "x", "content-length": "1" }, body: "x" });
    expect(next.status).toBe(200);
  });

  it("survives clients that leave in the middle of one", async () => {
    await using upstream = await echoUpstream();
    await using gateway = await testGateway({ config: document(twoMegabytes, upstream.url) });
    await new Promise<void>((resolve, reject) => {
      const socket = connect(gateway.port, "127.0.0.1", () => {
        socket.write("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", () => socket.destroy());
      });
      socket.on("close", () => resolve()).on("error", reject);
    });
    const next = await gateway.request({
      method: "POST",
      headers: { host: "x", "transfer-encoding": "chunked" },
      body: chunked("hello"),
    });
    expect([next.status, upstream.requests.map(({ body }) => body)]).toEqual([200, ["hello"]]);
  });

  it("passes a short one on unchanged", async () => {
    const { response, arrived } = await send(twoMegabytes, { "transfer-encoding": "chunked" }, chunked("a", "ü", "c"));
    expect([response.status, arrived]).toEqual([200, ["aüc"]]);
  });

  it.each(["undici", "http-proxy-3"])("works over %s", async (transport) => {
    const large = chunked(...Array.from({ length: 40 }, () => "x".repeat(65_536)));
    const over = await send(twoMegabytes, { "transfer-encoding": "chunked" }, large, { transport });
    refused(over, 413, TOO_LARGE);
    const within = await send({ allowed_payload_size: 3 }, { "transfer-encoding": "chunked" }, large, { transport });
    expect([within.response.status, within.arrived[0]?.length]).toEqual([200, 40 * 65_536]);
  });
});
