/**
 * Gives up very many requests in the middle and looks at what the gateway's process keeps of them. After a first part, which
 * fills caches and pools, everything must stay as it is: sockets, listeners, live objects, heap.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { endChild, forkContender } from "./contender-process.js";
import { ask } from "./ipc.js";
import { contenders } from "./registry.js";
import { textTable } from "./report.js";
import { AbortingClient, SoakUpstream, STUCK_MS } from "./soak-traffic.js";

const SETTLE_TIMEOUT_MS = 15_000;
/** Growth of the heap that is not taken for a leak: code that was compiled late, and a few bytes for each request. */
const HEAP_ALLOWANCE_KB = 4096;
const ALLOWED_BYTES_PER_REQUEST = 20;

/** A socket in use has about 10; one left behind by each request would go far beyond. */
const MOST_LISTENERS = 20;

interface Census {
  readonly clientSockets: number;
  readonly upstreamSockets: number;
  readonly mostListenersOnASocket: number;
  readonly processListeners: number;
  readonly listenerWarnings: number;
  readonly liveRequests: number;
  readonly liveResponses: number;
  readonly timers: number;
  readonly heapKilobytes: number;
  readonly externalKilobytes: number;
  readonly rssKilobytes: number;
}

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    warmup: { type: "string", default: "5000" },
    concurrency: { type: "string", default: "64" },
    contender: { type: "string", default: "postern" },
    json: { type: "boolean", default: false },
  },
});
const requests = Number(values.requests);
const concurrency = Number(values.concurrency);
const definition = contenders.find((contender) => contender.name === values.contender && contender.kind === "module");
if (definition === undefined) throw new Error(`no contender ${values.contender}`);

const upstream = new SoakUpstream();
const { child, port } = await forkContender(definition, await upstream.listen(), {
  host: "./soak-host.mjs",
  execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
});
const client = new AbortingClient(port, upstream);

/** Waits until the gateway has noticed that its clients are gone and has told the upstream; gives up after a time. */
async function settle(): Promise<boolean> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS;
  while (upstream.inFlight > 0 || (await ask<number>(child, "sockets")) > 0) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

await client.run(Number(values.warmup), concurrency);
const settledBefore = await settle();
const before = await ask<Census>(child, "census");
const startedAt = performance.now();
await client.run(requests, concurrency);
const seconds = (performance.now() - startedAt) / 1000;
const settled = (await settle()) && settledBefore;
const after = await ask<Census>(child, "census");
const unfinished = upstream.inFlight;
await endChild(child);
upstream.close();

const allowedHeap = HEAP_ALLOWANCE_KB + (requests * ALLOWED_BYTES_PER_REQUEST) / 1024;
const complaints = [
  ...(settled ? [] : [`not everything was given up within ${SETTLE_TIMEOUT_MS} ms; ${unfinished} requests unfinished upstream`]),
  ...(after.clientSockets > 0 ? [`${after.clientSockets} sockets of clients that are gone`] : []),
  ...(after.upstreamSockets > before.upstreamSockets + concurrency ? ["sockets to the upstream add up"] : []),
  ...(after.mostListenersOnASocket > MOST_LISTENERS ? ["listeners on sockets add up"] : []),
  ...(after.processListeners > before.processListeners ? ["listeners on the process add up"] : []),
  ...(after.listenerWarnings > 0 ? ["Node warned of too many listeners"] : []),
  ...(after.liveRequests > before.liveRequests + concurrency ? ["requests stay alive"] : []),
  ...(after.liveResponses > before.liveResponses + concurrency ? ["responses stay alive"] : []),
  ...(after.heapKilobytes - before.heapKilobytes > allowedHeap ? ["the heap grows"] : []),
  ...(client.stuck > 0 ? [`${client.stuck} requests got no further for ${STUCK_MS} ms`] : []),
  ...(client.refused > requests / 1000 ? [`${client.refused} connections were closed by the gateway`] : []),
];

if (values.json) {
  console.log(JSON.stringify({ contender: definition.name, requests, seconds, before, after, complaints }, null, 2));
} else {
  console.log(`${definition.label}: ${requests} requests given up in ${seconds.toFixed(0)} s, ${concurrency} at a time\n`);
  const names = Object.keys(before) as (keyof Census)[];
  const rows = names.map((name) => [name, String(before[name]), String(after[name]), String(after[name] - before[name])]);
  console.log(textTable(["", "before", "after", "difference"], rows));
  console.log(complaints.length === 0 ? "\nFlat." : `\nNOT FLAT:\n${complaints.map((line) => `- ${line}`).join("\n")}`);
}
process.exitCode = complaints.length === 0 ? 0 : 1;
