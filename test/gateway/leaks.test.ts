import { connect } from "node:net";
import { expect, it } from "vitest";
import { rawServer } from "../support/raw-server.js";
import { waitFor } from "../support/wait-for.js";
import { proxyTest } from "./support.js";

const REQUESTS = 3_000;
const AT_ONCE = 50;

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

it("leaves nothing behind for clients that go away at any point", async () => {
  // Never answers, answers in part, or answers in full, by turns.
  const answers = ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"];
  let count = 0;
  await using upstream = await rawServer({
    onRequest({ socket }) {
      count += 1;
      socket.write(answers[count % answers.length] as string);
    },
  });
  await using t = await proxyTest({
    document: {
      services: [{ name: "raw", url: `http://127.0.0.1:${upstream.port}`, retries: 0, routes: [{ name: "raw", paths: ["/"] }] }],
      plugins: [{ name: "correlation-id" }],
    },
  });
  const before = openSockets();
  const leave = (i: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(t.gateway.port, "127.0.0.1");
      const go = (): unknown => (i % 3 === 0 ? socket.resetAndDestroy() : socket.destroy());
      socket.on("error", () => undefined).on("close", () => resolve());
      const upgrade = i % 10 === 0 ? "Connection: Upgrade\r\nUpgrade: websocket\r\n" : "";
      const head = `${i % 2 === 0 ? "GET" : "POST"} / HTTP/1.1\r\nHost: x\r\n${upgrade}`;
      socket.write(i % 2 === 0 ? `${head}\r\n` : `${head}Content-Length: 10\r\n\r\nhalf`);
      if (i % 4 === 0) socket.once("connect", go);
      else if (i % 4 === 1) socket.once("data", go).setTimeout(20, go);
      else socket.setTimeout(i % 20, go);
    });
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < REQUESTS) {
      next += 1;
      await leave(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));

  // Idle connections to the upstream may stay; nothing that waits for an answer may.
  const started = performance.now();
  await t.gateway.gateway.close({ graceMs: 5_000 });
  expect(performance.now() - started).toBeLessThan(2_000);
  await waitFor(() => upstream.open === 0);
  await waitFor(() => openSockets() <= before, { what: "the end of all sockets" });
  expect(t.log.errors).toEqual([]);
}, 30_000);

it("adds no listeners to a connection that is used again and again", async () => {
  await using t = await proxyTest({ document: { plugins: [{ name: "correlation-id" }] } });
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listen);
  const socket = connect(t.gateway.port, "127.0.0.1");
  let answers = 0;
  socket.setEncoding("latin1").on("data", (data: string) => {
    answers += data.split("HTTP/1.1 200").length - 1;
  });
  for (let i = 1; i <= 200; i += 1) {
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor(() => answers === i, { interval: 1 });
  }
  socket.destroy();
  process.off("warning", listen);
  expect(warnings).toEqual([]);
});
