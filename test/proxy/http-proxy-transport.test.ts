import { afterEach, describe, expect, it } from "vitest";
import { createHttpProxyTransport, type HttpProxyTransportOptions } from "../../src/proxy/http-proxy-transport.js";
import type { Transport } from "../../src/proxy/transport.js";
import { rawServer } from "../support/raw-server.js";
import { waitFor } from "../support/wait-for.js";
import { begin, carry } from "./conformance/recorder.js";
import { describeTransport } from "./conformance.js";

describeTransport("http-proxy-3", () => createHttpProxyTransport());

const EMPTY = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

describe("its connections", () => {
  let transport: Transport | undefined;
  const make = (options: HttpProxyTransportOptions): Transport => {
    transport = createHttpProxyTransport(options);
    return transport;
  };

  afterEach(async () => {
    await transport?.close();
  });

  it("are at most as many as told; one given up while waiting leaves the others their turn", async () => {
    const waiting: (() => void)[] = [];
    await using upstream = await rawServer({ onRequest: ({ socket }) => waiting.push(() => socket.write(EMPTY)) });
    const own = make({ maxSockets: 1 });
    const recorders = [1, 2, 3].map(() => begin(own, { port: upstream.port }));
    await waitFor(() => waiting.length === 1);
    recorders[1]?.exchange?.abort();
    waiting.shift()?.();
    await recorders[0]?.done;
    await waitFor(() => waiting.length === 1);
    waiting.shift()?.();
    await recorders[2]?.done;
    expect(recorders.map(({ calls }) => calls.at(-1))).toEqual(["end", "error", "end"]);
  });

  it("count the wait for one of them as connecting", async () => {
    await using upstream = await rawServer();
    const own = make({ maxSockets: 1 });
    const first = begin(own, { port: upstream.port });
    const { error } = await carry(own, { port: upstream.port, connectTimeout: 100 });
    expect(error?.kind).toBe("connect-timeout");
    first.exchange?.abort();
  });

  it("are closed when idle for as long as told, or a second before the peer would", async () => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(EMPTY) });
    await carry(make({ keepAliveTimeout: 50 }), { port: upstream.port });
    await waitFor(() => upstream.open === 0);

    await using brief = await rawServer({
      onRequest: ({ socket }) => socket.write("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n"),
    });
    await carry(make({}), { port: brief.port });
    await waitFor(() => brief.open === 0, { timeout: 900 });
  });

  it("are found again by the object that stands for the origin", async () => {
    await using upstream = await rawServer({ onRequest: ({ socket }) => socket.write(EMPTY) });
    const own = make({});
    const origin = {};
    for (let i = 0; i < 3; i++) {
      await carry(own, { port: upstream.port, origin });
    }
    expect(upstream.connections).toHaveLength(1);
  });
});
