import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { Transport } from "../../../src/proxy/transport.js";
import { isQuiet, rawServer } from "../../support/raw-server.js";
import { waitFor } from "../../support/wait-for.js";
import { begin, carry } from "./recorder.js";
import { httpUpstream } from "./upstream.js";

const HANGING_BODY = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";

/** Giving up, at any moment, and closing. */
export function describeLifecycle(transport: () => Transport, create: () => Transport): void {
  describe("abort", () => {
    it("before the head", async () => {
      await using upstream = await rawServer();
      const recorder = begin(transport(), { port: upstream.port });
      await waitFor(() => upstream.connections[0]?.received.endsWith("\r\n\r\n"));
      recorder.exchange?.abort();
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      expect(recorder.calls).toEqual(["connected", "error"]);
      await waitFor(() => isQuiet(upstream));
    });

    it("during the body", async () => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(HANGING_BODY) });
      const recorder = begin(transport(), { port: upstream.port });
      await waitFor(() => recorder.bytes === 3);
      recorder.exchange?.abort();
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      expect(recorder.violations).toEqual([]);
      await waitFor(() => isQuiet(upstream));
    });

    it("while the handler is silent", async () => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(HANGING_BODY) });
      const recorder = begin(transport(), { port: upstream.port }, { onData: () => false });
      await waitFor(() => recorder.bytes === 3);
      recorder.exchange?.abort();
      recorder.exchange?.resume();
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      await waitFor(() => isQuiet(upstream));
    });

    it("while the request body is sent", async () => {
      await using upstream = await rawServer();
      const body = new PassThrough();
      body.write("abc");
      const recorder = begin(transport(), { port: upstream.port, method: "POST", body });
      await waitFor(() => upstream.connections[0]?.received.includes("abc"));
      recorder.exchange?.abort();
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      await waitFor(() => isQuiet(upstream));
      // A body that fails when nobody listens any more must not bring the process down.
      body.destroy(new Error("too late"));
    });

    it("at once, and before there is a connection", async () => {
      await using upstream = await rawServer();
      const recorder = begin(transport(), { port: upstream.port });
      recorder.exchange?.abort();
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      await waitFor(() => isQuiet(upstream));
      expect(upstream.connections.map(({ received }) => received).join("")).toBe("");
    });

    it("during the TLS handshake", async () => {
      await using upstream = await rawServer();
      const recorder = begin(transport(), { scheme: "https", port: upstream.port, connectTimeout: 1_000 });
      await waitFor(() => (upstream.connections[0]?.received.length ?? 0) > 0);
      recorder.exchange?.abort();
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      await waitFor(() => isQuiet(upstream));
    });

    it.each(["onConnected", "onHead", "onData"] as const)("from within %s", async (step) => {
      await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(HANGING_BODY) });
      const recorder = begin(
        transport(),
        { port: upstream.port },
        {
          [step]: (...args: unknown[]) => {
            (args.at(-1) as typeof recorder).exchange?.abort();
            return true;
          },
        },
      );
      await recorder.done;
      expect(recorder.error?.kind).toBe("aborted");
      expect(recorder.violations).toEqual([]);
      await waitFor(() => isQuiet(upstream));
      if (step === "onConnected") expect(upstream.connections.map(({ received }) => received).join("")).toBe("");
    });

    it("twice, and after the end, is harmless", async () => {
      await using upstream = await httpUpstream((_req, res) => res.end("ok"));
      const ended = await carry(transport(), { port: upstream.port });
      ended.exchange?.abort();
      ended.exchange?.resume();
      const recorder = begin(transport(), { port: upstream.port });
      recorder.exchange?.abort();
      recorder.exchange?.abort();
      await recorder.done;
      await new Promise((resolve) => setImmediate(resolve));
      expect(ended.calls).toEqual(["connected", "head", "data", "end"]);
      expect(recorder.calls.filter((call) => call === "error")).toHaveLength(1);
    });

    it("many times leaves nothing behind", async () => {
      await using upstream = await rawServer();
      const recorders = Array.from({ length: 200 }, () => begin(transport(), { port: upstream.port }));
      let turn = 0;
      for (const recorder of recorders) {
        if (turn++ % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        recorder.exchange?.abort();
      }
      await Promise.all(recorders.map(({ done }) => done));
      await waitFor(() => isQuiet(upstream));
      expect(recorders.every(({ error, violations }) => error?.kind === "aborted" && violations.length === 0)).toBe(true);
    });
  });

  describe("close", () => {
    it("lets running exchanges finish within the grace, and closes idle connections at once", async () => {
      let finish: (() => void) | undefined;
      await using upstream = await httpUpstream((req, res) => {
        if (req.url === "/idle") res.end("ok");
        else finish = () => res.end("done");
      });
      const own = create();
      const recorder = begin(own, { port: upstream.port, path: "/busy" });
      await waitFor(() => finish);
      await carry(own, { port: upstream.port, path: "/idle" });
      const closing = own.close(5_000);
      await waitFor(() => upstream.open === 1);
      finish?.();
      await closing;
      await recorder.done;
      expect(recorder.body).toBe("done");
      await waitFor(() => upstream.open === 0);
    });

    it("cuts what outlasts the grace", async () => {
      await using upstream = await rawServer();
      const own = create();
      const recorder = begin(own, { port: upstream.port });
      await waitFor(() => upstream.connections[0]?.received.endsWith("\r\n\r\n"));
      await own.close(50);
      await recorder.done;
      expect(recorder.error).toBeDefined();
      await waitFor(() => isQuiet(upstream));
    });

    it("answers later exchanges with an error, and may be called again", async () => {
      await using upstream = await rawServer();
      const own = create();
      await own.close(0);
      await own.close(0);
      const { error } = await carry(own, { port: upstream.port });
      expect(error).toBeDefined();
      expect(upstream.connections).toHaveLength(0);
    });
  });
}
