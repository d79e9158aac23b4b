/**
 * The costs of the Admin API: CPU of the gateway's process for a page of 1,000 routes (goal: under 15 ms), and the latency of proxied
 * requests over 64 connections with and without 200 writes a second beside them (goal: p99 at most 1.5 times as long). Gateway, upstream,
 * load and writer have a process each. The parts of a round follow each other, and the middle of the rounds' ratios counts. The third part,
 * writes to a gateway that has no requests, shows how much of it is the machine's: where processors are few, the writer takes its share.
 *
 * `npx tsx test/bench/admin.ts [--routes 1000] [--seconds 4] [--rounds 5]`
 */
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Agent, request } from "undici";
import type { Usage } from "./contender.js";
import { endChild, forkContender } from "./contender-process.js";
import { ask, receive } from "./ipc.js";
import { type LoadResult, rawLoad } from "./load.js";
import { scenarios } from "./scenarios.js";
import { median } from "./statistics.js";

const CONNECTIONS = 64;
const WRITES_PER_SECOND = 200;
/** As many as decK keeps open. */
const WRITERS = 10;
const PAGES = 40;

const { values } = parseArgs({
  options: {
    routes: { type: "string", default: "1000" },
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "5" },
  },
});
const routes = Number(values.routes);
const seconds = Number(values.seconds);
const [scenario] = scenarios;
if (scenario === undefined) throw new Error("there are no scenarios");

const upstream = fork(fileURLToPath(new URL("./upstream.ts", import.meta.url)));
const { port: upstreamPort } = await receive<{ port: number }>(upstream);
const load = rawLoad();

async function withGateway(
  count: number,
  use: (admin: string, port: number, cpu: () => Promise<number>) => Promise<void>,
): Promise<void> {
  const definition = { name: "postern-admin", module: "postern-admin.mjs", routes: count } as const;
  const { child, port } = await forkContender(definition as never, upstreamPort, { host: "./contender-host.mjs", execArgv: [] });
  try {
    await use(`http://127.0.0.1:${port}/__admin`, port, async () => (await ask<Usage>(child, "sample")).cpuMicroseconds / 1000);
  } finally {
    await endChild(child);
  }
}

async function pages(): Promise<void> {
  await withGateway(10_000, async (admin, _port, cpu) => {
    const spent: number[] = [];
    let next = "/routes?size=1000";
    for (let page = 0; page < PAGES; page++) {
      const before = await cpu();
      const { body } = await request(`${admin}${next}`);
      const found = (await body.json()) as { next: string | null };
      spent.push((await cpu()) - before);
      next = found.next ?? "/routes?size=1000";
    }
    console.log(`page of 1,000 routes: ${median(spent).toFixed(1)} ms CPU (goal: < 15)`);
  });
}

function proxied(port: number, seed: string): Promise<LoadResult> {
  const job = { host: "127.0.0.1", port, scenario: scenario as (typeof scenarios)[number], connections: CONNECTIONS, routes };
  return load.run({ ...job, seed, warmupSeconds: 1, seconds }, async () => undefined);
}

/** Changes routes, one after the other, until it is told to stop. Answers how many writes a second there were. */
function startWriting(admin: string): () => Promise<number> {
  const dispatcher = new Agent({ connections: WRITERS });
  const started = performance.now();
  let stopped = false;
  let count = 0;
  const writer = async (): Promise<void> => {
    while (!stopped) {
      const due = started + (count * 1000) / WRITES_PER_SECOND;
      const number = count++;
      if (due > performance.now()) await sleep(due - performance.now());
      const { body, statusCode } = await request(`${admin}/routes/route-${number % routes}`, {
        dispatcher,
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ regex_priority: number % 100 }),
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`a write was answered with ${statusCode}`);
    }
  };
  const writers = Array.from({ length: WRITERS }, writer);
  return async () => {
    stopped = true;
    await Promise.all(writers);
    await dispatcher.close();
    return (count * 1000) / (performance.now() - started);
  };
}

async function beside(): Promise<void> {
  await withGateway(routes, (admin, port) => withGateway(routes, (elsewhere) => compare(port, admin, elsewhere)));
}

/** @param elsewhere - the Admin API of a gateway that has no requests: what writes to it do is what they take from the machine */
async function compare(port: number, admin: string, elsewhere: string): Promise<void> {
  await proxied(port, "warm");
  const ratios: number[] = [];
  const ofMachine: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const alone = await proxied(port, `a${round}`);
    const together = await proxiedBesideWrites(port, admin, `b${round}`);
    const control = await proxiedBesideWrites(port, elsewhere, `c${round}`);
    ratios.push(together.p99 / alone.p99);
    ofMachine.push(control.p99 / alone.p99);
    console.log(
      `${routes} routes, ${together.rate.toFixed(0)} writes/s: p99 ${alone.p99.toFixed(2)} → ${together.p99.toFixed(2)} ms, ` +
        `p50 ${alone.p50.toFixed(2)} → ${together.p50.toFixed(2)} ms, failures ${alone.failures + together.failures}; ` +
        `writes to another gateway: p99 ${control.p99.toFixed(2)} ms`,
    );
  }
  console.log(
    `p99 with writes: ${median(ratios).toFixed(2)} times that without (goal: ≤ 1.5); with writes to another gateway: ${median(ofMachine).toFixed(2)} times`,
  );
}

async function proxiedBesideWrites(port: number, admin: string, seed: string): Promise<LoadResult & { readonly rate: number }> {
  const stop = startWriting(admin);
  const result = await proxied(port, seed);
  return { ...result, rate: await stop() };
}

await pages();
await beside();
load.close();
upstream.disconnect();
