import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import type { Transport, UpstreamTls } from "../../../src/proxy/transport.js";
import { isQuiet, rawServer } from "../../support/raw-server.js";
import { selfSigned } from "../../support/self-signed.js";
import { waitFor } from "../../support/wait-for.js";
import { carry } from "./recorder.js";
import { httpUpstream } from "./upstream.js";

const plain: UpstreamTls = { servername: null, verify: false, ca: null, cert: null, key: null };

/** TLS towards the peer. */
export function describeTls(transport: () => Transport): void {
  describe("TLS", () => {
    it("accepts any certificate unless told to check", async () => {
      await using upstream = await httpUpstream((_req, res) => res.end("ok"), {});
      const { body } = await carry(transport(), { scheme: "https", port: upstream.port, tls: plain });
      expect(body).toBe("ok");
    });

    it("tls: an unknown certificate, with nothing sent", async () => {
      await using upstream = await rawServer({ tls: true });
      const tls = { ...plain, verify: true, servername: "upstream.test" };
      const { error, calls } = await carry(transport(), { scheme: "https", port: upstream.port, tls });
      expect(error?.kind).toBe("tls");
      expect(calls).toEqual(["error"]);
      await waitFor(() => isQuiet(upstream));
      expect(upstream.connections.map(({ received }) => received).join("")).toBe("");
    });

    it("accepts a certificate of a trusted CA for the right name, and for no other", async () => {
      await using upstream = await httpUpstream((_req, res) => res.end("ok"), {});
      const trusting = { ...plain, verify: true, ca: [selfSigned.cert] };
      const send = (servername: string | null) =>
        carry(transport(), { scheme: "https", port: upstream.port, tls: { ...trusting, servername } });
      expect((await send("upstream.test")).body).toBe("ok");
      expect((await send(null)).body).toBe("ok");
      expect((await send("other.test")).error?.kind).toBe("tls");
    });

    it.each(["upstream.test", null])("sends the server name %s", async (servername) => {
      const names: unknown[] = [];
      await using upstream = await httpUpstream((req, res) => {
        names.push((req.socket as TLSSocket & { servername?: unknown }).servername);
        res.end();
      }, {});
      await carry(transport(), {
        scheme: "https",
        port: upstream.port,
        headers: ["Host", servername ?? "127.0.0.1"],
        tls: { ...plain, servername },
      });
      expect(names).toEqual([servername ?? false]);
    });

    it("shows a client certificate", async () => {
      await using upstream = await httpUpstream((_req, res) => res.end("ok"), {
        requestCert: true,
        rejectUnauthorized: true,
        ca: selfSigned.cert,
      });
      const { cert, key } = selfSigned;
      expect((await carry(transport(), { scheme: "https", port: upstream.port, tls: { ...plain, cert, key } })).body).toBe("ok");
      expect((await carry(transport(), { scheme: "https", port: upstream.port, tls: plain })).error).toBeDefined();
    });

    it("does not share connections between different settings", async () => {
      await using upstream = await httpUpstream((_req, res) => res.end("ok"), {});
      const tls = { ...plain };
      for (const settings of [tls, tls, { ...plain, servername: "upstream.test" }]) {
        await carry(transport(), { scheme: "https", port: upstream.port, tls: settings });
      }
      expect(upstream.connections).toBe(2);
    });

    it("tls: the peer does not speak it", async () => {
      await using upstream = await rawServer({ onData: ({ socket }) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n") });
      const { error, calls } = await carry(transport(), { scheme: "https", port: upstream.port, tls: plain });
      expect(error?.kind).toBe("tls");
      expect(calls).toEqual(["error"]);
    });

    it("tls: settings that cannot be used", async () => {
      await using upstream = await rawServer({ tls: true });
      const tls = { ...plain, cert: "nonsense", key: "nonsense" };
      const { error } = await carry(transport(), { scheme: "https", port: upstream.port, tls });
      expect(error?.kind).toBe("tls");
    });
  });
}
