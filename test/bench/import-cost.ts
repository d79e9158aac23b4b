/**
 * What `import "postern"` costs: the CPU time (user and system) of many fresh node processes that import one package and
 * end, in turns with processes that import `undici` and ones that import nothing. The package is measured as built.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measuresBuild } from "./contender-process.js";
import { markdownTable, textTable } from "./report.js";
import { median } from "./statistics.js";

const TARGET = 1.5;
/** The first turns read the files from the disk. */
const WARMUP_TURNS = 3;
const root = fileURLToPath(new URL("../../", import.meta.url));

const subjects = [
  { label: "nothing", code: "" },
  { label: 'import "undici"', code: 'import "undici";' },
  { label: 'import "postern"', code: 'import "postern";' },
] as const;

/** @returns milliseconds of CPU time from the start of the process to the end of its work, and its peak RSS in MB */
async function runOnce(code: string): Promise<{ cpu: number; rss: number }> {
  // process.cpuUsage counts from the birth of the process, so that starting node is in it for all alike.
  const report =
    "process.on('exit', () => { const u = process.resourceUsage();" +
    " process.stdout.write(JSON.stringify([u.userCPUTime + u.systemCPUTime, u.maxRSS])); });";
  const child = spawn(process.execPath, ["--input-type=module", "--eval", `${code}${report}`], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (exitCode !== 0) throw new Error(`${code || "an empty program"} ended with ${exitCode}`);
  const [cpuMicroseconds, maxRssKilobytes] = JSON.parse(output) as [number, number];
  return { cpu: cpuMicroseconds / 1000, rss: maxRssKilobytes / 1024 };
}

const { values } = parseArgs({
  options: {
    turns: { type: "string", default: "40" },
    json: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});
if (!measuresBuild) {
  console.error("There is no dist/: build the package first.");
  process.exit(1);
}

const turns = Number(values.turns);
const results = subjects.map(() => ({ cpu: [] as number[], rss: [] as number[] }));
for (let turn = 0; turn < WARMUP_TURNS + turns; turn++) {
  for (const [index, subject] of subjects.entries()) {
    const { cpu, rss } = await runOnce(subject.code);
    if (turn < WARMUP_TURNS) continue;
    results[index]?.cpu.push(cpu);
    results[index]?.rss.push(rss);
  }
}

const [nothing, undici, postern] = results.map((result) => median(result.cpu)) as [number, number, number];
const ratio = postern / undici;
/** Without the start of node itself, which both have. */
const netRatio = (postern - nothing) / (undici - nothing);
if (values.json) {
  console.log(JSON.stringify({ turns, cpuMilliseconds: { nothing, undici, postern }, ratio, netRatio, target: TARGET }, null, 2));
} else {
  const table = values.markdown ? markdownTable : textTable;
  const rows = subjects.map(({ label }, index) => {
    const { cpu = [], rss = [] } = results[index] ?? {};
    const net = index === 0 ? "–" : (median(cpu) - nothing).toFixed(1);
    return [label, median(cpu).toFixed(1), net, (median(cpu) / undici).toFixed(2), median(rss).toFixed(0)];
  });
  console.log(table(["", "CPU ms", "above nothing", "× undici", "peak RSS MB"], rows));
  const outcome = ratio <= TARGET ? "met" : "missed";
  console.log(
    `\nTarget ≤ ${TARGET} × undici: ${ratio.toFixed(2)}, ${outcome}; without the start of node ${netRatio.toFixed(2)}.`,
  );
}
