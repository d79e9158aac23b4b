/**
 * The load client, a process of its own: keep-alive connections over raw sockets, one request at a time on each, every
 * request with a URI that was never used before. Orders and answers go over IPC, one answer to each order.
 */
import { connect } from "node:net";
import type { ClientOrder, ClientReply, LoadJob } from "./load.js";
import { MessageReader } from "./message-reader.js";
import { apiKey, apiKeyCount, jsonOfLength, routePath } from "./scenarios.js";
import { LatencyHistogram } from "./statistics.js";

const latencies = new LatencyHistogram();
let requests = 0;
let failures = 0;
let firstFailure: string | null = null;
let stop: () => void = () => {};

function fail(reason: string): void {
  failures += 1;
  firstFailure ??= reason;
}

function start(job: LoadJob): void {
  const { scenario } = job;
  const paths = Array.from({ length: job.routes }, (_, index) => `${scenario.method} ${routePath(index)}/${scenario.kind}/`);
  const keys = Array.from({ length: apiKeyCount }, (_, index) => apiKey(index));
  const body = scenario.requestBytes > 0 ? jsonOfLength(scenario.requestBytes) : "";
  const entity = body === "" ? "" : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
  const fixed = `?page=1 HTTP/1.1\r\nhost: ${job.host}:${job.port}\r\nuser-agent: bench\r\naccept: application/json\r\n${entity}apikey: `;
  let counter = 0;
  let running = true;
  const sockets = new Set<ReturnType<typeof connect>>();

  const open = (): void => {
    const socket = connect({ host: job.host, port: job.port, noDelay: true });
    sockets.add(socket);
    let sentAt = 0;
    const send = (): void => {
      const n = counter++;
      sentAt = performance.now();
      // 7919 is prime to every number of routes used here: all routes are visited, and not in their order of definition.
      const path = paths[(n * 7919) % paths.length];
      socket.write(`${path}${job.seed}-${n}${fixed}${keys[n % keys.length]}\r\n\r\n${body}`, "latin1");
    };
    const reader = new MessageReader((head, bodyBytes) => {
      if (!running) return;
      const status = head.charCodeAt(9) - 48;
      if (status !== 2) fail(`answer ${head.slice(0, 40).split("\r\n", 1)[0]}`);
      else if (bodyBytes !== scenario.responseBytes) fail(`a body of ${bodyBytes} bytes`);
      requests += 1;
      latencies.record((performance.now() - sentAt) * 1000);
      send();
    });
    socket.on("connect", send);
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        fail(String(error));
        socket.destroy();
      }
    });
    socket.on("error", (error) => {
      if (running) fail(error.message);
    });
    socket.on("close", () => {
      sockets.delete(socket);
      if (!running) return;
      fail("connection closed");
      // Not at once: a contender that refuses connections would otherwise be hammered.
      setTimeout(() => running && open(), 50);
    });
  };

  for (let index = 0; index < job.connections; index++) open();
  stop = () => {
    running = false;
    for (const socket of sockets) socket.destroy();
  };
}

/** Answers what was counted since the last mark. */
function mark(): ClientReply {
  const reply = {
    requests,
    failures,
    firstFailure,
    p50: latencies.quantile(0.5),
    p99: latencies.quantile(0.99),
    at: performance.now(),
  };
  requests = 0;
  failures = 0;
  firstFailure = null;
  latencies.reset();
  return reply;
}

process.on("message", (order: ClientOrder) => {
  if (order.type === "start") start(order.job);
  if (order.type === "stop") stop();
  process.send?.(mark());
});
process.on("disconnect", () => process.exit(0));
