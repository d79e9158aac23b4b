import { cpus } from "node:os";
import type { BenchOptions } from "./options.js";
import { median } from "./statistics.js";

/** One contender in one scenario and one round. */
export interface Measurement {
  readonly contender: string;
  readonly scenario: string;
  readonly round: number;
  readonly cpuMicrosecondsPerRequest: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  readonly rssBytes: number;
  /** CPU time of the contender in the window, divided by the window: about 1 when its event loop was the bottleneck. */
  readonly busy: number;
  readonly failures: number;
  readonly firstFailure: string | null;
}

export interface Skip {
  readonly contender: string;
  readonly reason: string;
  /** An absent optional contender; anything else that does not start is a failure. */
  readonly allowed: boolean;
}

export interface BenchResult {
  readonly environment: string;
  readonly measurements: readonly Measurement[];
  readonly skips: readonly Skip[];
}

interface Target {
  readonly contender: string;
  readonly reference: string;
  readonly atMost: number;
}

const TARGET_SCENARIO = "small";
const targets: readonly Target[] = [
  { contender: "postern", reference: "undici", atMost: 1.35 },
  { contender: "postern", reference: "http-proxy-3", atMost: 0.75 },
  { contender: "postern", reference: "fastify", atMost: 0.75 },
  { contender: "postern-plugins", reference: "undici", atMost: 1.8 },
  { contender: "postern-10k", reference: "postern-10", atMost: 1.1 },
];
const references = ["undici", "http-proxy-3"] as const;

/** The conditions of a run, for the head of a report. */
export function describeEnvironment(options: BenchOptions, load: string, built: boolean): string {
  const processors = cpus();
  return [
    `Node ${process.versions.node}`,
    `${process.platform} ${process.arch}`,
    `${processors.length} × ${processors[0]?.model.trim() ?? "unknown CPU"}`,
    `load: ${load}`,
    `${options.connections} connections`,
    `${options.rounds} rounds of ${options.seconds} s after ${options.warmupSeconds} s of warm-up`,
    built ? "postern: built package" : "postern: sources",
  ].join(", ");
}

export function renderReport(result: BenchResult, options: BenchOptions): string {
  if (options.format === "json") return JSON.stringify({ ...result, targets: judgeTargets(result) }, null, 2);
  const table = options.format === "markdown" ? markdownTable : textTable;
  const heading = options.format === "markdown" ? "### " : "";
  const parts = [result.environment];
  for (const scenario of options.scenarios) {
    const rows = options.contenders.flatMap(({ name, label }) => row(result, scenario.name, name, label));
    parts.push(`${heading}${scenario.label}`, table(columns, rows));
  }
  const judged = judgeTargets(result).map((target) => [
    target.contender,
    target.reference,
    `≤ ${target.atMost}`,
    target.ratio.toFixed(2),
    target.met ? "met" : "missed",
  ]);
  if (judged.length > 0) {
    parts.push(
      `${heading}Targets (CPU per request, small GET)`,
      table(["contender", "against", "target", "measured", ""], judged),
    );
  }
  const remarks = [
    ...result.skips.map((skip) => `${skip.allowed ? "skipped" : "FAILED TO START"}: ${skip.contender}: ${skip.reason}`),
    ...result.measurements
      .filter((measurement) => measurement.failures > 0)
      .map((m) => `ERRORS: ${m.contender}, ${m.scenario}, round ${m.round}: ${m.failures}, the first: ${m.firstFailure}`),
  ];
  if (remarks.length > 0) parts.push(remarks.map((remark) => `- ${remark}`).join("\n"));
  return parts.join("\n\n");
}

const columns = [
  "contender",
  "CPU µs/request",
  "min–max",
  "× undici",
  "× http-proxy-3",
  "requests/s",
  "p99 ms",
  "RSS MB",
  "busy",
];

function row(result: BenchResult, scenario: string, name: string, label: string): string[][] {
  const mine = measured(result, scenario, name);
  if (mine.length === 0) return [];
  const cpu = mine.map((m) => m.cpuMicrosecondsPerRequest);
  const digits = median(cpu) < 100 ? 1 : 0;
  return [
    [
      label,
      median(cpu).toFixed(digits),
      `${Math.min(...cpu).toFixed(digits)}–${Math.max(...cpu).toFixed(digits)}`,
      ...references.map((reference) => ratio(result, scenario, name, reference)?.toFixed(2) ?? "–"),
      median(mine.map((m) => m.requestsPerSecond)).toFixed(0),
      median(mine.map((m) => m.p99)).toFixed(1),
      (median(mine.map((m) => m.rssBytes)) / 1_048_576).toFixed(0),
      `${(median(mine.map((m) => m.busy)) * 100).toFixed(0)} %`,
    ],
  ];
}

/** The rounds of a contender that went without errors: refusing requests is cheap, and no measure of carrying them. */
function measured(result: BenchResult, scenario: string, name: string): Measurement[] {
  return result.measurements.filter((m) => m.contender === name && m.scenario === scenario && m.failures === 0);
}

/**
 * CPU per request of one contender divided by that of another: the median over the rounds of the ratio within each round, so
 * that a machine which slows down half-way does not tilt it.
 */
function ratio(result: BenchResult, scenario: string, contender: string, reference: string): number | null {
  const of = (name: string): Map<number, number> =>
    new Map(measured(result, scenario, name).map((m) => [m.round, m.cpuMicrosecondsPerRequest]));
  const base = of(reference);
  const ratios: number[] = [];
  for (const [round, cpu] of of(contender)) {
    const other = base.get(round);
    if (other !== undefined) ratios.push(cpu / other);
  }
  return ratios.length === 0 ? null : median(ratios);
}

function judgeTargets(result: BenchResult): (Target & { readonly ratio: number; readonly met: boolean })[] {
  return targets.flatMap((target) => {
    const actual = ratio(result, TARGET_SCENARIO, target.contender, target.reference);
    return actual === null ? [] : [{ ...target, ratio: actual, met: actual <= target.atMost }];
  });
}

/** A Markdown table; numbers right-aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, index) => (index === 0 ? "---" : "--:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** A table for the terminal. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((cells) => cells[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join("  ");
  return [line(head), ...rows.map(line)].join("\n");
}
