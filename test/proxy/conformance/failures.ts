import { type AddressInfo, createServer as createNetServer } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Transport } from "../../../src/proxy/transport.js";
import { isQuiet, rawServer } from "../../support/raw-server.js";
import { waitFor } from "../../support/wait-for.js";
import { begin, carry } from "./recorder.js";

async function closedPort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Each failure has its kind, comes once, and comes through the handler. */
export function describeFailures(transport: () => Transport): void {
  describe("failures", () => {
    it("connect: nobody listens", async () => {
      const { error, calls } = await carry(transport(), { port: await closedPort() });
      expect(error?.kind).toBe("connect");
      expect(error?.cause).toBeDefined();
      expect(calls).toEqual(["error"]);
    });

    it("dns: the name does not resolve", async () => {
      const { error, calls } = await carry(transport(), { host: "nope.invalid", port: 80 });
      expect(error?.kind).toBe("dns");
      expect(calls).toEqual(["error"]);
    });

    it("connect-timeout: the peer accepts but does not shake hands", async () => {
      await using upstream = await rawServer();
      const started = performance.now();
      const { error, calls } = await carry(transport(), { scheme: "https", port: upstream.port, connectTimeout: 200 });
      const took = performance.now() - started;
      expect(error?.kind).toBe("connect-timeout");
      expect(calls).toEqual(["error"]);
      expect(took).toBeGreaterThan(190);
      expect(took).toBeLessThan(2_500);
      await waitFor(() => isQuiet(upstream));
    });

    it("leaves the body of a request unread when there is no connection", async () => {
      const body = new PassThrough();
      body.write("precious");
      const { error } = await carry(transport(), { port: await closedPort(), method: "POST", body });
      expect(error?.kind).toBe("connect");
      expect(body.destroyed).toBe(false);
      expect(body.read()?.toString()).toBe("precious");
    });

    it("timeout: the peer is silent", async () => {
      await using upstream = await rawServer();
      const started = performance.now();
      const { error, calls } = await carry(transport(), { port: upstream.port, readTimeout: 300 });
      const took = performance.now() - started;
      expect(error?.kind).toBe("timeout");
      expect(calls).toEqual(["connected", "error"]);
      expect(took).toBeGreaterThan(290);
      expect(took).toBeLessThan(2_500);
      await waitFor(() => isQuiet(upstream));
    });

    it("timeout: the peer falls silent in the middle of the body", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
      });
      const { error, calls, body } = await carry(transport(), { port: upstream.port, readTimeout: 300 });
      expect(error?.kind).toBe("timeout");
      expect(calls).toEqual(["connected", "head", "data", "error"]);
      expect(body).toBe("abc");
    });

    it("a peer that is slow but not silent is no failure", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) => {
          const bytes = [..."HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"];
          const timer = setInterval(() => {
            const next = bytes.shift();
            if (next !== undefined) socket.write(next);
            else clearInterval(timer);
          }, 15);
        },
      });
      const { error, body } = await carry(transport(), { port: upstream.port, readTimeout: 300 });
      expect(error).toBeUndefined();
      expect(body).toBe("abc");
    });

    it("timeout: the peer does not take the request", async () => {
      await using upstream = await rawServer({
        onConnection: ({ socket }) => {
          socket.removeAllListeners("data");
          socket.pause();
        },
      });
      const body = Readable.from(Array.from({ length: 1_000 }, () => Buffer.alloc(65_536)));
      const started = performance.now();
      const { error } = await carry(transport(), { port: upstream.port, method: "POST", body, writeTimeout: 300 });
      expect(error?.kind).toBe("timeout");
      expect(performance.now() - started).toBeLessThan(3_000);
    });

    it("a slow sender of the body is not the peer's fault", async () => {
      await using upstream = await rawServer({
        onData: ({ socket, received }) => {
          if (received.endsWith("0\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        },
      });
      const body = new PassThrough();
      body.write("a");
      const recorder = begin(transport(), { port: upstream.port, method: "POST", body, readTimeout: 150, writeTimeout: 150 });
      const started = performance.now();
      await waitFor(() => performance.now() - started > 500);
      expect(recorder.error).toBeUndefined();
      body.end("b");
      await recorder.done;
      expect({ error: recorder.error, status: recorder.status }).toEqual({ error: undefined, status: 200 });
    });

    it.each([
      ["closes", "end"],
      ["resets", "resetAndDestroy"],
    ] as const)("reset: the peer %s the connection before the head", async (_what, method) => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket[method]() });
      const { error, calls } = await carry(transport(), { port: upstream.port });
      expect(error?.kind).toBe("reset");
      expect(calls).toEqual(["connected", "error"]);
    });

    it("reset: the head is cut short", async () => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.end("HTTP/1.1 200 OK\r\nConte") });
      const { error, calls } = await carry(transport(), { port: upstream.port });
      expect(["reset", "malformed"]).toContain(error?.kind);
      expect(calls).toEqual(["connected", "error"]);
    });

    it.each([
      ["sized", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"],
      ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nde"],
      ["chunked without the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
    ])("reset: a %s body is cut short", async (_what, answer) => {
      for (const method of ["end", "resetAndDestroy"] as const) {
        await using upstream = await rawServer({
          onRequest: ({ socket }) => socket.write(answer, () => setImmediate(() => socket[method]())),
        });
        const { error, calls } = await carry(transport(), { port: upstream.port });
        expect(error?.kind).toBe("reset");
        expect(calls.slice(0, 2)).toEqual(["connected", "head"]);
      }
    });

    it.each([
      "this is not HTTP\r\n\r\n",
      "HTTP/1.1 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nbad header: 1\r\n\r\n",
    ])("malformed: %j", async (answer) => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(answer) });
      const { error, calls } = await carry(transport(), { port: upstream.port });
      expect(error?.kind).toBe("malformed");
      expect(calls).toEqual(["connected", "error"]);
      await waitFor(() => isQuiet(upstream));
    });

    it("a switch of protocols without being asked is a failure", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) =>
          socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw"),
      });
      const { error, calls } = await carry(transport(), { port: upstream.port });
      expect(["malformed", "reset"]).toContain(error?.kind);
      expect(calls).toEqual(["connected", "error"]);
      await waitFor(() => isQuiet(upstream));
    });
  });

  describe("a request body that breaks off", () => {
    it.each([
      ["fails", new Error("disk")],
      ["is destroyed", undefined],
    ])("%s: the peer's connection is closed", async (_what, reason) => {
      await using upstream = await rawServer();
      const body = new PassThrough();
      body.write("half of ");
      const recorder = begin(transport(), { port: upstream.port, method: "POST", body });
      await waitFor(() => upstream.connections[0]?.received.includes("half of"));
      body.destroy(reason);
      await recorder.done;
      expect(recorder.error).toBeDefined();
      expect(recorder.violations).toEqual([]);
      await waitFor(() => isQuiet(upstream));
      expect(upstream.connections[0]?.received).not.toContain("0\r\n\r\n");
    });

    it.each([
      ["shorter", "4", ["abc"]],
      ["longer", "4", ["abc", "def"]],
    ])("a body %s than its length is not sent as another", async (_what, length, pieces) => {
      await using upstream = await rawServer();
      const body = Readable.from(pieces.map((piece) => Buffer.from(piece)));
      const headers = ["Host", "a", "Content-Length", length];
      const { error } = await carry(transport(), { port: upstream.port, method: "POST", headers, body });
      expect(error).toBeDefined();
      await waitFor(() => isQuiet(upstream));
      expect(upstream.connections.map(({ received }) => received).join("")).not.toContain("def");
    });

    it("was destroyed before", async () => {
      await using upstream = await rawServer();
      const body = new PassThrough();
      body.destroy();
      const { error } = await carry(transport(), { port: upstream.port, method: "POST", body });
      expect(error).toBeDefined();
      await waitFor(() => isQuiet(upstream));
    });
  });
}
