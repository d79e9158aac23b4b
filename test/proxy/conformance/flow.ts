import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Transport } from "../../../src/proxy/transport.js";
import { rawServer } from "../../support/raw-server.js";
import { waitFor } from "../../support/wait-for.js";
import { begin, carry } from "./recorder.js";
import { httpUpstream } from "./upstream.js";

const PIECE = Buffer.alloc(64 * 1024, "x");
const PIECES = 1_024;
// What the kernel may hold for two sockets of the loopback is a few MB; 64 MB do not fit.
const HALF = (PIECES / 2) * PIECE.length;

/** Resolves when a count has stood still for a while. */
async function standstill(count: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  await waitFor(
    () => {
      const now = count();
      same = now === last && now > 0 ? same + 1 : 0;
      last = now;
      return same > 20;
    },
    { what: "a standstill" },
  );
  return last;
}

/** Who is slow slows the other one down. */
export function describeFlow(transport: () => Transport): void {
  describe("back-pressure", () => {
    it("reads no further than the handler wants, and delivers the rest on resume", async () => {
      let written = 0;
      await using upstream = await httpUpstream((_req, res) => {
        Readable.from(
          (function* () {
            for (let i = 0; i < PIECES; i++) {
              written += PIECE.length;
              yield PIECE;
            }
          })(),
        ).pipe(res);
      });
      let silent = false;
      const recorder = begin(
        transport(),
        { port: upstream.port },
        {
          onData: (_chunk, { violations }) => {
            if (silent) violations.push("data while paused");
            silent = silent || written < HALF;
            return !silent;
          },
        },
      );
      expect(await standstill(() => written)).toBeLessThan(HALF);
      expect(silent).toBe(true);
      // One more stop and go for each piece.
      const onward = setInterval(() => {
        silent = false;
        recorder.exchange?.resume();
      }, 1);
      await recorder.done;
      clearInterval(onward);
      expect(recorder.violations).toEqual([]);
      expect(recorder.calls.at(-1)).toBe("end");
      expect(recorder.bytes).toBe(PIECES * PIECE.length);
    });

    it("takes no more of the request body than the peer reads", async () => {
      let taken = 0;
      let received = 0;
      let reading = false;
      await using upstream = await rawServer({
        onConnection: ({ socket }) => {
          socket.removeAllListeners("data");
          socket.pause();
          const timer = setInterval(() => {
            if (!reading) return;
            clearInterval(timer);
            socket.on("data", (data: Buffer) => {
              received += data.length;
              if (received > PIECES * PIECE.length)
                socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            });
            socket.resume();
          }, 1);
          socket.on("close", () => clearInterval(timer));
        },
      });
      const body = Readable.from(
        (function* () {
          for (let i = 0; i < PIECES; i++) {
            taken += PIECE.length;
            yield PIECE;
          }
        })(),
      );
      const headers = ["Host", "a", "Content-Length", String(PIECES * PIECE.length)];
      const recorder = begin(transport(), { port: upstream.port, method: "POST", headers, body });
      expect(await standstill(() => taken)).toBeLessThan(HALF);
      reading = true;
      await recorder.done;
      expect(recorder.error).toBeUndefined();
      expect(taken).toBe(PIECES * PIECE.length);
    });

    it("does not count the handler's own silence as the peer's", async () => {
      await using upstream = await httpUpstream((_req, res) => {
        res.write("one");
        setImmediate(() => res.end("two"));
      });
      let paused = 0;
      const recorder = begin(
        transport(),
        { port: upstream.port, readTimeout: 150 },
        {
          onData: () => {
            paused = performance.now();
            return false;
          },
        },
      );
      await waitFor(() => paused > 0 && performance.now() - paused > 450);
      expect(recorder.settled).toBe(false);
      const onward = setInterval(() => recorder.exchange?.resume(), 1);
      await recorder.done;
      clearInterval(onward);
      expect({ error: recorder.error, bytes: recorder.bytes }).toEqual({ error: undefined, bytes: 6 });
    });
  });

  describe("connections", () => {
    it("carries requests one after another over one connection", async () => {
      await using upstream = await httpUpstream((req, res) => {
        req.resume().on("end", () => res.end("ok"));
      });
      for (const method of ["GET", "POST", "HEAD", "PUT", "GET"]) {
        const body = method === "POST" ? Buffer.from("x") : method === "PUT" ? Readable.from([Buffer.from("y")]) : null;
        const headers = ["Host", "a", "Connection", "keep-alive"];
        const { status } = await carry(transport(), { port: upstream.port, method, body, headers });
        expect(status).toBe(200);
        await new Promise((resolve) => setImmediate(resolve));
      }
      // undici gives up a connection after a HEAD whose answer does not say keep-alive in so many words.
      expect(upstream.connections).toBeLessThanOrEqual(2);
    });

    it("does not use an idle connection that the peer has closed", async () => {
      await using upstream = await rawServer({
        onRequest: ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
      });
      for (let i = 0; i < 3; i++) {
        const { status } = await carry(transport(), { port: upstream.port, method: "POST" });
        expect(status).toBe(200);
        upstream.connections[i]?.socket.end();
        await waitFor(() => upstream.connections[i]?.closed);
      }
      expect(upstream.connections).toHaveLength(3);
    });

    it("drops an idle connection on which an answer comes to no question", async () => {
      let mark = "first";
      await using upstream = await rawServer({
        onRequest: ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${mark.length}\r\n\r\n${mark}`),
      });
      expect((await carry(transport(), { port: upstream.port })).body).toBe("first");
      upstream.connections[0]?.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
      await waitFor(() => upstream.connections[0]?.closed);
      mark = "second";
      expect((await carry(transport(), { port: upstream.port })).body).toBe("second");
    });

    it("does not reuse a connection whose response was followed by more", async () => {
      let mark = "first";
      await using upstream = await rawServer({
        onRequest: ({ socket }) =>
          socket.write(
            `HTTP/1.1 200 OK\r\nContent-Length: ${mark.length}\r\n\r\n${mark}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`,
          ),
      });
      // Whether the first answer counts is the transport's choice; the bytes after it never do.
      const first = await carry(transport(), { port: upstream.port });
      expect(first.body).not.toContain("forged");
      await waitFor(() => upstream.connections[0]?.closed);
      mark = "second";
      expect((await carry(transport(), { port: upstream.port })).body).not.toContain("forged");
    });
  });
}
