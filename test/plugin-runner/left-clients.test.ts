import { once } from "node:events";
import { connect as connectHttp2, constants, createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AnyPlugin, Pdk } from "postern";
import { describe, expect, it } from "vitest";
import { type ProxyTest, probe, proxyTest } from "../gateway/support.js";
import { waitFor } from "../support/wait-for.js";

/** A plugin that waits in access until it is told to go on, and then does something. */
function slow(then: (pdk: never) => unknown): {
  readonly plugin: AnyPlugin;
  readonly goOn: () => void;
  readonly isWaiting: () => boolean;
} {
  let goOn: (() => void) | undefined;
  const plugin = probe(
    "slow",
    {
      async access(pdk) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        await then(pdk as never);
      },
    },
    600,
  );
  return { plugin, goOn: () => goOn?.(), isWaiting: () => goOn !== undefined };
}

/** Asks, and leaves when the plugin waits. */
async function askAndLeave(t: ProxyTest, isWaiting: () => boolean): Promise<void> {
  const socket = connect(t.gateway.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  await waitFor(isWaiting);
  socket.destroy();
}

it("a client that has left during rewrite, over HTTP/2, is noticed: nothing goes upstream, and nothing holds up the end", async () => {
  let goOn: (() => void) | undefined;
  let logged = 0;
  const slowRewrite = probe("slow-rewrite", {
    rewrite: () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      }),
    log() {
      logged += 1;
    },
  });
  await using t = await proxyTest({ probes: [slowRewrite] });
  const server = createServer((request, response) => t.gateway.gateway.handler(request as never, response as never));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = session.request({ ":path": "/" });
  stream.on("error", () => undefined);
  await waitFor(() => goOn !== undefined);
  stream.close(constants.NGHTTP2_CANCEL);
  await once(stream, "close");
  // The server has seen it too, once it answers what came later.
  await new Promise((resolve) => session.ping(resolve));
  goOn?.();
  await waitFor(() => logged === 1);
  expect(t.upstream.requests).toEqual([]);
  session.close();
  server.close();
});

describe("when the client leaves while a plugin waits", () => {
  it.each<
    readonly [
      string,
      (pdk: {
        service: { request: { setHeader(name: string, value: string): void } };
        response: { exit(status: number): void };
      }) => unknown,
    ]
  >([
    ["changes the request", (pdk) => pdk.service.request.setHeader("X-Late", "1")],
    ["answers", (pdk) => pdk.response.exit(401)],
    ["fails", () => Promise.reject(new Error("the database did not answer"))],
    ["does nothing more", () => undefined],
  ])("and then %s, no other plugin is asked, no error is told, and the end is logged", async (_what, then) => {
    const calls: string[] = [];
    const below = probe(
      "below",
      { access: () => void calls.push("access"), log: (pdk) => void calls.push(`log ${pdk.response.getStatus()}`) },
      400,
    );
    const { plugin, goOn, isWaiting } = slow(then as never);
    await using t = await proxyTest({ probes: [plugin, below] });
    await askAndLeave(t, isWaiting);
    await waitFor(() => calls.length > 0);
    goOn();
    await nextTurn();
    await nextTurn();
    expect(calls).toEqual(["log 499"]);
    expect([t.log.errors, t.log.warnings, t.upstream.requests.length]).toEqual([[], [], 0]);
  });

  it("the plugins of its route and of its consumer log it, and not just global ones", async () => {
    const logged: string[] = [];
    const note = probe("note", { log: (pdk) => void logged.push(`note ${pdk.plugin.getId().length > 0}`) }, 5);
    const mark = probe("mark", { log: (pdk) => void logged.push(`mark ${pdk.plugin.getInstanceName()}`) }, 4);
    const who = probe(
      "who",
      {
        access(pdk) {
          const { db, client } = pdk as Pdk;
          const bob = db.consumers.selectBy("username", "bob");
          if (!(bob instanceof Promise)) client.authenticate(bob ?? null, null);
        },
      },
      900,
    );
    const { plugin, isWaiting } = slow(() => undefined);
    await using t = await proxyTest({
      route: { paths: ["/"], plugins: [{ name: "note" }] },
      document: {
        consumers: [{ username: "bob", plugins: [{ name: "mark", instance_name: "of-bob" }] }],
        plugins: [{ name: "who" }, { name: "slow" }, { name: "mark", instance_name: "of-all" }],
      },
      options: { plugins: [note, mark, who, plugin] },
    });
    await askAndLeave(t, isWaiting);
    await waitFor(() => logged.length === 2);
    expect(logged).toEqual(["note true", "mark of-bob"]);
  });
});
