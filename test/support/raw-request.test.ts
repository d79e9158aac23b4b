import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { echoUpstream } from "./echo-upstream.js";
import { rawRequest } from "./raw-request.js";
import { parseRawResponse } from "./raw-response.js";

describe("rawRequest", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A server that sends `answer` in the given pieces and then, if told so, hangs up. */
  async function serverThatSends(pieces: readonly string[], hangUp = false): Promise<number> {
    server = createServer((socket: Socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        for (const piece of pieces) socket.write(piece, "latin1");
        if (hangUp) socket.end();
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  it("sends the target and the headers byte for byte", async () => {
    await using upstream = await echoUpstream();

    const response = await rawRequest(
      { port: upstream.port },
      {
        method: "POST",
        path: "/a//../b%2f?x=[1]",
        headers: { Host: "x.test", "X-Two": ["1", "2"], "content-length": "2" },
        body: "hi",
      },
    );

    const seen = {
      method: "POST",
      url: "/a//../b%2f?x=[1]",
      headers: { host: "x.test", "x-two": ["1", "2"], "content-length": "2" },
      body: "hi",
    };
    expect(response).toMatchObject({ status: 200, reason: "OK", headers: { "content-type": "application/json" } });
    expect(JSON.parse(response.text)).toEqual(seen);
    expect(upstream.requests).toEqual([seen]);
  });

  it("expects no body of the answer to HEAD", async () => {
    await using upstream = await echoUpstream();
    const response = await rawRequest({ port: upstream.port }, { method: "HEAD", headers: { host: "x.test" } });
    expect(response).toMatchObject({ status: 200, text: "" });
  });

  it("passes over interim responses", async () => {
    const port = await serverThatSends([
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ]);
    expect(await rawRequest({ port }, "GET / HTTP/1.1\r\n\r\n")).toMatchObject({ status: 204, interim: [100, 103] });
  });

  it("reads a body that ends with the connection", async () => {
    const port = await serverThatSends(["HTTP/1.1 200 OK\r\n\r\nab", "cd"], true);
    expect(await rawRequest({ port }, {})).toMatchObject({ text: "abcd" });
  });

  it("fails when the connection closes too early", async () => {
    const port = await serverThatSends(["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabcd"], true);
    await expect(rawRequest({ port }, {})).rejects.toThrow(/closed before the response was complete/);
  });

  it("fails when nothing more comes", async () => {
    const port = await serverThatSends(["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabcd"]);
    await expect(rawRequest({ port, timeout: 50 }, {})).rejects.toThrow(/within 50 ms/);
  });

  it("fails on what is no response", async () => {
    const port = await serverThatSends(["SSH-2.0\r\n\r\n"]);
    await expect(rawRequest({ port }, {})).rejects.toThrow("not a status line: SSH-2.0");
  });
});

describe("parseRawResponse", () => {
  it("finds a chunked response complete at its last byte, not before", () => {
    const bytes = Buffer.from(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: 1\r\na: 2\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(parseRawResponse(bytes.subarray(0, length), { head: false, ended: false })).toBeUndefined();
    }
    const response = parseRawResponse(bytes, { head: false, ended: false });
    expect(response).toMatchObject({ text: "abcde", headers: { "transfer-encoding": "chunked", a: ["1", "2"] } });
  });
});
