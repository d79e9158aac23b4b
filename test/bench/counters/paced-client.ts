import { connect, type Socket } from "node:net";
import { MessageReader } from "../message-reader.js";
import { LatencyHistogram } from "../statistics.js";

/** One load. */
export interface PacedLoad {
  /** Where the requests go, in turns. */
  readonly ports: readonly number[];
  /** Keep-alive connections to each. */
  readonly connections: number;
  /** Requests a second, over all connections. */
  readonly rate: number;
  readonly seconds: number;
  /** Called once, in the middle. */
  readonly halfway?: () => void;
}

/** What came of a load. */
export interface PacedResult {
  /** Answers by status, before {@link PacedLoad.halfway} and after it: by the time at which the request was sent. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  /** Connections that ended before their answer was there. */
  readonly broken: number;
  readonly answersPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly longest: number;
  /** When the first request was sent and the last answer came, in milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
}

const REQUEST = "GET / HTTP/1.1\r\nhost: counters.test\r\n\r\n";

interface Connection {
  readonly socket: Socket;
  sentAt: number;
  isLate: boolean;
}

/**
 * Sends requests at an even rate, one at a time on each connection. When all connections are waiting for their answers the load falls
 * behind and catches up later: what is reached stands in the result.
 */
export async function runPaced({ ports, connections, rate, seconds, halfway }: PacedLoad): Promise<PacedResult> {
  const latencies = new LatencyHistogram();
  const before: Record<string, number> = {};
  const after: Record<string, number> = {};
  const idle: Connection[] = [];
  let broken = 0;
  let answered = 0;
  let longest = 0;
  let last = 0;
  let isHalfOver = false;
  let isOver = false;
  const all: Socket[] = [];

  const open = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true });
      const connection: Connection = { socket, sentAt: 0, isLate: false };
      const reader = new MessageReader((head) => {
        const took = performance.now() - connection.sentAt;
        const counted = connection.isLate ? after : before;
        const status = head.slice(9, 12);
        counted[status] = (counted[status] ?? 0) + 1;
        latencies.record(took * 1000);
        longest = Math.max(longest, took);
        answered += 1;
        last = Date.now();
        idle.push(connection);
      });
      socket.on("connect", () => {
        idle.push(connection);
        resolve();
      });
      socket.on("data", (chunk: Buffer) => reader.push(chunk));
      socket.on("error", reject);
      socket.on("close", () => {
        if (!isOver) broken += 1;
      });
      all.push(socket);
    });
  // Opened in turns, so that taking the one that has waited longest alternates between the gateways.
  for (let index = 0; index < connections; index += 1) for (const port of ports) await open(port);

  const started = performance.now();
  const first = Date.now();
  const wanted = rate * seconds;
  let sent = 0;
  const isDue = (): boolean => sent < Math.min(wanted, ((performance.now() - started) * rate) / 1000);
  while (sent < wanted && performance.now() - started < seconds * 1000) {
    while (isDue()) {
      const connection = idle.shift();
      if (connection === undefined) break;
      sent += 1;
      connection.sentAt = performance.now();
      connection.isLate = isHalfOver;
      connection.socket.write(REQUEST, "latin1");
    }
    if (!isHalfOver && performance.now() - started > seconds * 500) {
      isHalfOver = true;
      halfway?.();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const elapsed = performance.now() - started;
  const inTime = answered;
  while (answered + broken < sent) await new Promise((resolve) => setTimeout(resolve, 1));
  isOver = true;
  for (const socket of all) socket.destroy();
  return {
    before,
    after,
    broken,
    answersPerSecond: (inTime * 1000) / elapsed,
    p99: latencies.quantile(0.99),
    longest,
    first,
    last,
  };
}
