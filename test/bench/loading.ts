/**
 * What big configurations cost: CPU of loads beside that of the parser alone, the longest stall of the event loop while 64 connections
 * are served, and a million entities in a heap of 2 GB. Each measurement has a process of its own.
 *
 * `npm run bench:load -- [--entities 100000] [--most 1000000] [--formats json,yaml] [--rounds 3]`
 */
import { fork } from "node:child_process";
import { Agent, createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, bundleFolder, removeBundle } from "./bundle.js";
import { type Format, writeDocument } from "./loading/document.js";
import type { Figures } from "./loading/measure.js";
import { textTable } from "./report.js";
import { median } from "./statistics.js";

const { values } = parseArgs({
  options: {
    entities: { type: "string", default: "100000" },
    most: { type: "string", default: "1000000" },
    formats: { type: "string", default: "json,yaml" },
    rounds: { type: "string", default: "3" },
  },
});
const perService = 3;
const services = Math.floor(Number(values.entities) / perService);
const entities = services * perService;
const formats = values.formats.split(",") as Format[];
const connections = 64;

interface Run {
  readonly figures: Figures;
  readonly requests: number;
  readonly failed: number;
  readonly firstFailure: string | null;
}

/** @param options - of node */
async function measure(kind: string, parameters: readonly string[], options: readonly string[] = []): Promise<Run> {
  const child = fork(join(bundleFolder, "measure.js"), [kind, ...parameters], { execArgv: [...options] });
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const run: { -readonly [K in keyof Omit<Run, "figures">]: Run[K] } = { requests: 0, failed: 0, firstFailure: null };
  let open = true;
  try {
    const figures = await new Promise<Figures>((resolve, reject) => {
      child.on("exit", (code) => reject(new Error(`the measurement '${kind}' has ended with code ${code}`)));
      child.on("message", (message: { readonly port?: number; readonly figures?: Figures }) => {
        if (message.figures) resolve(message.figures);
        else if (message.port !== undefined) {
          for (let index = 0; index < connections; index++) void client(message.port, index, agent, run, () => open);
        }
      });
    });
    open = false;
    return { figures, ...run };
  } finally {
    open = false;
    child.kill();
    agent.destroy();
  }
}

/** One connection that always has a request under way. */
async function client(
  port: number,
  index: number,
  agent: Agent,
  run: { requests: number; failed: number; firstFailure: string | null },
  isOpen: () => boolean,
): Promise<void> {
  const path = `/api/service-${index}/x`;
  const headers = { host: `host-${index % 100}.example.com` };
  while (isOpen()) {
    const failure = await new Promise<string | null>((resolve) => {
      get({ port, host: "127.0.0.1", path, headers, agent }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode === 200 ? null : `status ${response.statusCode}`));
        response.on("error", ({ message }) => resolve(message));
      }).on("error", ({ message }) => resolve(message));
    });
    // What the end of the measurement cuts off has not failed.
    if (!isOpen()) return;
    run.requests += 1;
    if (failure === null) continue;
    run.failed += 1;
    run.firstFailure ??= failure;
  }
}

/** The middle of what several processes need, which take turns: the machine is not the same from one moment to the next. */
async function cpuOf(parameters: Readonly<Record<"parser" | "load", readonly string[]>>): Promise<Record<string, number>> {
  const seen = new Map<string, number[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of ["parser", "load"] as const) {
      const { figures } = await measure(kind, parameters[kind]);
      for (const [name, value] of Object.entries(figures)) seen.set(name, [...(seen.get(name) ?? []), Number(value) / entities]);
    }
  }
  return Object.fromEntries(Array.from(seen, ([name, list]) => [name, median(list)]));
}

const goals = { cpu: 15, reload: 0.4, stall: 50 };
const verdict = (value: number, goal: number): string => `${value.toFixed(2)} of ${goal} (${value <= goal ? "met" : "MISSED"})`;

const upstream = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
try {
  await new Promise((resolve) => upstream.once("listening", resolve));
  const { port } = upstream.address() as AddressInfo;
  await bundle("test/bench/loading/measure.ts", "src/declarative/parse-worker.ts");
  console.log(`${entities} entities, node ${process.version}, CPU: median of ${values.rounds} rounds\n`);
  const rows: string[][] = [];
  const notes: string[] = [];
  for (const format of formats) {
    const [small, first, second, third] = ["small", "first", "second", "third"].map((name) =>
      join(bundleFolder, `${name}.${format}`),
    ) as [string, string, string, string];
    writeDocument(small, 200, format, { retries: 3 }, { port });
    writeDocument(first, services, format, { retries: 3 }, { port });
    writeDocument(second, services, format, { retries: 7 }, { port });
    writeDocument(third, services, format, { retries: 3, name: "other" }, { port });
    const { parser, load, again, others } = (await cpuOf({
      parser: [small, first],
      load: [small, first, second, third],
    })) as Record<"parser" | "load" | "again" | "others", number>;
    const { figures: stall, requests, failed, firstFailure } = await measure("traffic", [small, first, second]);
    const extra = load - parser;
    const warm = others - parser;
    const share = again / load;
    const longest = Math.max(Number(stall.first), Number(stall.again));
    rows.push([
      format,
      parser.toFixed(2),
      load.toFixed(2),
      extra.toFixed(2),
      warm.toFixed(2),
      again.toFixed(2),
      share.toFixed(2),
      Number(stall.first).toFixed(1),
      Number(stall.firstWork).toFixed(1),
      Number(stall.again).toFixed(1),
      Number(stall.againWork).toFixed(1),
      `${failed} of ${requests}${firstFailure === null ? "" : ` (${firstFailure})`}`,
    ]);
    notes.push(
      `${format}: CPU on top of the parser ${verdict(extra, goals.cpu)} µs, by compiled code ${verdict(warm, goals.cpu)} µs, reload ${verdict(share, goals.reload)}, longest stall ${verdict(longest, goals.stall)} ms`,
    );
  }
  console.log(
    textTable(
      [
        "",
        "parser µs/entity",
        "first load",
        "on top",
        "by compiled code",
        "1 changed",
        "× first",
        "stall ms, first",
        "of work",
        "1 changed",
        "of work",
        "failed requests",
      ],
      rows,
    ),
  );
  console.log(`\n${notes.join("\n")}\n`);
  if (Number(values.most) > 0) {
    const [small, file] = [join(bundleFolder, "small.json"), join(bundleFolder, "most.json")];
    writeDocument(small, 200, "json", { retries: 3 }, { port });
    writeDocument(file, Math.floor(Number(values.most) / perService), "json", { retries: 3 }, { port });
    for (const memCacheSize of ["2g", "128m"]) {
      const { figures } = await measure("big", [small, file, memCacheSize], ["--max-old-space-size=2048"]);
      const { outcome, milliseconds, rss } = figures;
      console.log(
        `${values.most} entities, heap of 2 GB, memCacheSize ${memCacheSize}: ${outcome} in ${(Number(milliseconds) / 1000).toFixed(1)} s, at most ${(Number(rss) / 2 ** 20).toFixed(0)} MiB resident`,
      );
    }
  }
} finally {
  upstream.close();
  removeBundle();
}
