import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ask } from "./ipc.js";
import type { LoadGenerator, LoadJob, LoadResult } from "./load.js";

/** One run of autocannon, as its process is told to do it. */
export interface AutocannonOrder {
  readonly job: LoadJob;
  readonly seconds: number;
  readonly seed: string;
}

/** autocannon in a process of its own. It takes about 35 µs of CPU per request where `raw-client.ts` takes 12; here to check the others against it. */
export function autocannonLoad(): LoadGenerator {
  const child: ChildProcess = fork(fileURLToPath(new URL("./autocannon-client.ts", import.meta.url)));
  const run = (order: AutocannonOrder): Promise<LoadResult> => ask(child, order);
  return {
    name: "autocannon",
    async run(job, atBound) {
      const warmup = await run({ job, seconds: job.warmupSeconds, seed: `${job.seed}w` });
      await atBound();
      const result = await run({ job, seconds: job.seconds, seed: job.seed });
      await atBound();
      return {
        ...result,
        failures: warmup.failures + result.failures,
        firstFailure: warmup.firstFailure ?? result.firstFailure,
      };
    },
    close: () => child.disconnect(),
  };
}
