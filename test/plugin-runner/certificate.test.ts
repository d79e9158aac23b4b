import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { type AnyPlugin, createGateway, definePlugin, str } from "postern";
import { describe, expect, it } from "vitest";
import { keptLog } from "../gateway/support.js";
import { selfSigned } from "../support/self-signed.js";

const certificate = {
  id: "5a0d2c4e-9d8e-4c25-8f1b-1f0c52a8d1e7",
  cert: selfSigned.cert,
  key: selfSigned.key,
  snis: [{ name: "localhost" }],
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Shakes hands with a gateway behind TLS, and tells whether that came to an end. */
async function handshake(plugins: readonly AnyPlugin[], instances: readonly object[], servername: string) {
  const log = keptLog();
  const gateway = createGateway({
    logger: log,
    plugins,
    declarativeConfig: {
      _format_version: "3.0",
      certificates: [certificate],
      routes: [{ name: "r", paths: ["/"] }],
      plugins: instances,
    } as never,
  });
  const server = createServer({ ...selfSigned, SNICallback: gateway.sniCallback }, gateway.handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...(servername === "" ? {} : { servername }) });
  try {
    const isDone = await Promise.race([
      once(socket, "secureConnect").then(() => true),
      once(socket, "close").then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    return { isDone, errors: log.errors };
  } finally {
    socket.destroy();
    server.close();
    await gateway.close();
  }
}

function guard(
  calls: string[],
  certificatePhase: (serverName: string | undefined) => void | Promise<void> = () => undefined,
): AnyPlugin {
  return definePlugin({
    name: "guard",
    version: "1.0.0",
    priority: 1,
    config: { word: str({ required: true, default: "none" }) },
    certificate(config, serverName) {
      calls.push(`${config.word} ${serverName}`);
      return certificatePhase(serverName);
    },
  }) as AnyPlugin;
}

describe("the certificate phase", () => {
  it("runs global instances alone, with their configuration and the name that the client asks for", async () => {
    const calls: string[] = [];
    const instances = [
      { name: "guard", config: { word: "global" } },
      { name: "guard", route: "r", config: { word: "of the route" } },
    ];
    expect(await handshake([guard(calls)], instances, "localhost")).toEqual({ isDone: true, errors: [] });
    expect(calls).toEqual(["global localhost"]);
  });

  it("does not run where the client names no server: Node does not ask then", async () => {
    const calls: string[] = [];
    expect((await handshake([guard(calls)], [{ name: "guard" }], "")).isDone).toBe(true);
    expect(calls).toEqual([]);
  });

  it("may take its time", async () => {
    const calls: string[] = [];
    expect((await handshake([guard(calls, nextTurn)], [{ name: "guard" }], "localhost")).isDone).toBe(true);
    expect(calls).toEqual(["none localhost"]);
  });

  it.each<readonly [string, () => void | Promise<void>]>([
    [
      "at once",
      () => {
        throw new Error("not you");
      },
    ],
    ["later", () => nextTurn().then(() => Promise.reject(new Error("not you")))],
  ])("ends the handshake by failing %s, which is told", async (_when, fail) => {
    expect(await handshake([guard([], fail)], [{ name: "guard" }], "localhost")).toEqual({
      isDone: false,
      errors: ["plugin 'guard' failed in certificate: not you"],
    });
  });
});
