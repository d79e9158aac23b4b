import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LoadGenerator, LoadJob, LoadResult } from "./load.js";
import { apiKeyCount } from "./scenarios.js";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./wrk.lua", import.meta.url));

interface WrkSummary {
  readonly requests: number;
  readonly microseconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers with a status above 399. */
  readonly status: number;
  readonly broken: number;
}

async function wrk(program: string, job: LoadJob, seconds: number, seed: string): Promise<WrkSummary> {
  const { scenario } = job;
  const { stdout } = await run(program, [
    "-t1",
    `-c${job.connections}`,
    `-d${Math.max(1, Math.round(seconds))}s`,
    "--timeout=30s",
    `--script=${script}`,
    `http://${job.host}:${job.port}/`,
    "--",
    scenario.kind,
    scenario.method,
    String(job.routes),
    seed,
    String(scenario.requestBytes),
    String(apiKeyCount),
  ]);
  const line = /^BENCH (.*)$/m.exec(stdout)?.[1];
  if (line === undefined) throw new Error(`wrk printed no summary:\n${stdout}`);
  return JSON.parse(line) as WrkSummary;
}

/** wrk with one thread; it knows whole seconds only. Warm-up and measurement are two runs of it. */
export function wrkLoad(program: string): LoadGenerator {
  return {
    name: "wrk",
    async run(job, atBound): Promise<LoadResult> {
      const warmup = await wrk(program, job, job.warmupSeconds, `${job.seed}w`);
      await atBound();
      const summary = await wrk(program, job, job.seconds, job.seed);
      await atBound();
      const status = warmup.status + summary.status;
      const broken = warmup.broken + summary.broken;
      return {
        requests: summary.requests,
        seconds: summary.microseconds / 1_000_000,
        p50: summary.p50 / 1000,
        p99: summary.p99 / 1000,
        failures: status + broken,
        firstFailure: status + broken === 0 ? null : `${status} answers above 399, ${broken} broken or late connections`,
      };
    },
    close: () => {},
  };
}
