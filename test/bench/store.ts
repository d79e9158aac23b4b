/**
 * What many entities cost: CPU and heap per entity of a document with 100,000 of them, beside `JSON.parse` of the same text and a
 * bare ajv validation of it, and the time of single reads. Each measurement has a process of its own.
 *
 * `npx tsx test/bench/store.ts [--entities 100000] [--rounds 3]`
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, bundleFolder, removeBundle } from "./bundle.js";
import { textTable } from "./report.js";
import { median } from "./statistics.js";
import { benchDocument } from "./store/document.js";
import type { LoadFigures, SelectFigures } from "./store/measure.js";

/** Goals: microseconds of CPU per entity on top of parsing, heap as a multiple of the parsed document, microseconds per read. */
const goals = { cpu: 12, heap: 2.5, select: 2 };

const { values } = parseArgs({
  options: { entities: { type: "string", default: "100000" }, rounds: { type: "string", default: "3" } },
});
const count = Number(values.entities);
const file = join(bundleFolder, "document.json");

function measure(kind: string): unknown {
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", join(bundleFolder, "measure.js"), kind, file], { encoding: "utf8" }),
  );
}

/** The middle of several processes, in turns so that all meet the same neighbours. */
function rounds<T extends Readonly<Record<string, number>>>(kinds: readonly string[]): Record<string, T> {
  const figures = new Map<string, T[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const kind of kinds) figures.set(kind, [...(figures.get(kind) ?? []), measure(kind) as T]);
  }
  return Object.fromEntries(
    [...figures].map(([kind, list]) => {
      const names = Object.keys(list[0] as T);
      return [kind, Object.fromEntries(names.map((name) => [name, median(list.map((one) => one[name] as number))])) as T];
    }),
  );
}

try {
  await bundle("test/bench/store/measure.ts");
  writeFileSync(file, JSON.stringify(benchDocument(count)));
  const { parse, ajv, load, select } = rounds<LoadFigures & SelectFigures>(["parse", "ajv", "load", "select"]) as Record<
    "parse" | "ajv" | "load" | "select",
    LoadFigures & SelectFigures
  >;
  const row = (name: string, { cpu, again, heap }: LoadFigures): string[] => [
    name,
    (cpu / count).toFixed(2),
    ((cpu - parse.cpu) / count).toFixed(2),
    ((again - parse.again) / count).toFixed(2),
    (heap / count).toFixed(0),
    (heap / parse.heap).toFixed(2),
  ];
  console.log(`${count} entities, node ${process.version}, median of ${values.rounds} processes each\n`);
  console.log(
    textTable(
      ["", "CPU µs/entity", "on top of parsing", "… at a reload", "heap bytes/entity", "× parsed"],
      [row("JSON.parse", parse), row("JSON.parse, bare ajv", ajv), row("postern, ready to serve", load)],
    ),
  );
  console.log(
    `\n${textTable(
      ["read", "ns"],
      Object.entries(select).map(([name, ns]) => [name, ns.toFixed(0)]),
    )}`,
  );
  const cpu = (load.cpu - parse.cpu) / count;
  const again = (load.again - parse.again) / count;
  const heap = load.heap / parse.heap;
  const slowest = Math.max(...Object.values(select)) / 1000;
  console.log(
    `\ngoals: CPU ${verdict(cpu, goals.cpu)} µs, at a reload ${verdict(again, goals.cpu)} µs, heap ${verdict(heap, goals.heap)} ×, slowest read ${verdict(slowest, goals.select)} µs`,
  );
} finally {
  removeBundle();
}

function verdict(value: number, goal: number): string {
  return `${value.toFixed(2)} of ${goal} (${value <= goal ? "met" : "MISSED"})`;
}
