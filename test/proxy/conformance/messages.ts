import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Transport } from "../../../src/proxy/transport.js";
import { rawServer } from "../../support/raw-server.js";
import type { TransportLimits } from "./limits.js";
import { carry } from "./recorder.js";
import { type Echo, echo, httpUpstream, plainHeaders, sha256, valuesOf } from "./upstream.js";

/** What is asked and answered, byte for byte. */
export function describeMessages(transport: () => Transport, limits: TransportLimits): void {
  describe("requests", () => {
    it("sends method, path and headers as given: order, case, repetitions, latin1", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
      });
      const headers = [
        "X-B",
        "1",
        "x-a",
        "2",
        "X-b",
        "3",
        "ACCEPT",
        "*/*",
        "X-Latin",
        "caf\u00e9 \u00ff",
        "Cookie",
        "a=1",
        "Cookie",
        "b=2",
        "X-A",
        "",
      ];
      const path = "/a/../b//c%2F%2e?x=1&&y=%zz&caf\u00e9";
      const { status } = await carry(transport(), {
        port: upstream.port,
        path,
        headers: ["Host", "example.test:81", ...headers],
      });
      expect(status).toBe(200);
      const [first, ...lines] = (upstream.connections[0]?.received ?? "").split("\r\n");
      expect(first).toBe(`GET ${path} HTTP/1.1`);
      const sent = lines
        .filter((line) => line !== "")
        .flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
      expect(plainHeaders(sent)).toEqual(headers);
      expect(valuesOf(sent, "host")).toEqual(["example.test:81"]);
      expect(valuesOf(sent, "connection").map((value) => value.toLowerCase())).toEqual(["keep-alive"]);
    });

    it.each(["/?", "//", "/%2e%2e/", "/a?b?c#d"])("leaves the target %s alone", async (path) => {
      await using upstream = await httpUpstream(echo);
      const { body } = await carry(transport(), { port: upstream.port, path });
      expect((JSON.parse(body) as Echo).url).toBe(path);
    });

    it.each(["GET", "DELETE", "OPTIONS", "HEAD", "PATCH", "PROPFIND"])("frames no body with %s", async (method) => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write("HTTP/1.1 204 No Content\r\n\r\n") });
      await carry(transport(), { port: upstream.port, method });
      const received = (upstream.connections[0]?.received ?? "").toLowerCase();
      expect(received).not.toContain("transfer-encoding");
      expect(received).not.toMatch(/content-length: [1-9]/);
      expect(received.endsWith("\r\n\r\n")).toBe(true);
    });

    it("sends a sized body with its length", async () => {
      await using upstream = await httpUpstream(echo);
      const body = Buffer.from("hello");
      for (const headers of [
        ["Host", "a"],
        ["Host", "a", "Content-Length", "5"],
      ]) {
        const { body: answer } = await carry(transport(), { port: upstream.port, method: "POST", headers, body });
        const said = JSON.parse(answer) as Echo;
        expect(said).toMatchObject({ method: "POST", bytes: 5, sha256: sha256(body) });
        expect(valuesOf(said.rawHeaders, "content-length")).toEqual(["5"]);
        expect(valuesOf(said.rawHeaders, "transfer-encoding")).toEqual([]);
      }
    });

    it("sends an empty body", async () => {
      await using upstream = await httpUpstream(echo);
      for (const body of [null, Buffer.alloc(0), Readable.from([])]) {
        const { body: answer } = await carry(transport(), { port: upstream.port, method: "POST", body });
        expect(JSON.parse(answer)).toMatchObject({ bytes: 0 });
      }
    });

    it.each(["POST", "GET", "DELETE", "OPTIONS"])("sends a stream of unknown length chunked with %s", async (method) => {
      await using upstream = await httpUpstream(echo);
      const body = Readable.from([Buffer.from("one "), Buffer.from("two")]);
      const { body: answer } = await carry(transport(), { port: upstream.port, method, body });
      const said = JSON.parse(answer) as Echo;
      expect(said).toMatchObject({ method, bytes: 7, sha256: sha256(Buffer.from("one two")) });
      expect(valuesOf(said.rawHeaders, "transfer-encoding").map((value) => value.toLowerCase())).toEqual(["chunked"]);
      expect(valuesOf(said.rawHeaders, "content-length")).toEqual([]);
    });

    it("sends a stream of known length bare", async () => {
      await using upstream = await httpUpstream(echo);
      const body = Readable.from([Buffer.from("one "), Buffer.from("two")]);
      const headers = ["Host", "a", "Content-Length", "7"];
      const { body: answer } = await carry(transport(), { port: upstream.port, method: "PUT", body, headers });
      const said = JSON.parse(answer) as Echo;
      expect(said.bytes).toBe(7);
      expect(valuesOf(said.rawHeaders, "content-length")).toEqual(["7"]);
    });

    it.each([
      ["a header value", { headers: ["Host", "a", "X-A", "1\r\nX-B: 2"] }],
      ["a header name", { headers: ["Host", "a", "X A", "1"] }],
      ["the path", { path: "/a b" }],
      ["the path's line", { path: "/a\r\nX-B: 2" }],
    ])("refuses to write what would break the head: %s", async (_what, parts) => {
      await using upstream = await rawServer();
      const { error } = await carry(transport(), { port: upstream.port, ...parts });
      expect(error).toBeDefined();
      expect(upstream.connections.map(({ received }) => received).join("")).toBe("");
    });
  });

  describe("responses", () => {
    it("hands over status, text and headers as received", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) =>
          socket.write(
            "HTTP/1.1 299 Odd Thing\r\nSet-Cookie: a=1\r\nX-A: caf\u00e9\u00ff\r\nset-cookie: b=2\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nhi",
            "latin1",
          ),
      });
      const { status, statusText, headers, body, calls } = await carry(transport(), { port: upstream.port });
      expect({ status, statusText, body }).toEqual({ status: 299, statusText: "Odd Thing", body: "hi" });
      expect(headers).toEqual([
        "Set-Cookie",
        "a=1",
        "X-A",
        "caf\u00e9\u00ff",
        "set-cookie",
        "b=2",
        "x-a",
        "2",
        "Content-Length",
        "2",
      ]);
      expect(calls).toEqual(["connected", "head", "data", "end"]);
    });

    it("swallows interim responses", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) =>
          socket.write(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
          ),
      });
      const { status, headers, calls } = await carry(transport(), { port: upstream.port });
      expect(status).toBe(201);
      expect(headers).toEqual(["Content-Length", "0"]);
      expect(calls).toEqual(["connected", "head", "end"]);
    });

    it("copes with a 100 that nobody waits for", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) => socket.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
      });
      const { status, error } = await carry(transport(), { port: upstream.port });
      if (limits.refusesContinue === true) expect(error?.kind).toBe("malformed");
      else expect(status).toBe(200);
    });

    it.each([
      ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"],
      ["HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
      ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
      ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"],
    ])("knows that there is no body: %s, %j", async (method, answer) => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(answer) });
      const { calls } = await carry(transport(), { port: upstream.port, method });
      expect(calls).toEqual(["connected", "head", "end"]);
    });

    it("takes the chunks apart and drops trailers", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) =>
          socket.write(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n",
          ),
      });
      const { body, headers, calls } = await carry(transport(), { port: upstream.port });
      expect(body).toBe("abcde");
      expect(valuesOf(headers, "x-sum")).toEqual([]);
      expect(calls.at(-1)).toBe("end");
    });

    it("takes the close of the connection for the end where nothing else says it", async () => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.end("HTTP/1.0 200 OK\r\n\r\nall of it") });
      const { body, calls } = await carry(transport(), { port: upstream.port });
      expect(body).toBe("all of it");
      expect(calls.at(-1)).toBe("end");
    });

    it("accepts a final answer before the request body is sent, and does not reuse that connection", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) => {
          socket.pause();
          socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
        },
      });
      const body = new Readable({ read() {} });
      body.push(Buffer.alloc(1_000));
      const { status, calls, body: answer } = await carry(transport(), { port: upstream.port, method: "POST", body });
      expect({ status, answer, last: calls.at(-1) }).toEqual({ status: 413, answer: "big", last: "end" });
      upstream.connections[0]?.socket.resume();
      await expect.poll(() => upstream.connections[0]?.closed).toBe(true);
      body.destroy();
    });
  });

  it("carries 10 MB both ways unchanged", async () => {
    await using upstream = await httpUpstream((req, res) => {
      req.pipe(res);
    });
    const data = randomBytes(10 * 1024 * 1024);
    const pieces = (): Readable =>
      Readable.from(Array.from({ length: 100 }, (_, i) => data.subarray(i * 104_858, (i + 1) * 104_858)));
    for (const body of [data, pieces()]) {
      const hash = createHash("sha256");
      const { bytes, calls } = await carry(
        transport(),
        { port: upstream.port, method: "POST", body },
        {
          onData: (chunk) => {
            hash.update(chunk);
            return true;
          },
        },
      );
      expect({ bytes, end: calls.at(-1), hash: hash.digest("hex") }).toEqual({
        bytes: data.length,
        end: "end",
        hash: sha256(data),
      });
    }
  });
}
