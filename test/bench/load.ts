import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ask } from "./ipc.js";
import type { Scenario } from "./scenarios.js";

/** One measurement to make against one contender. */
export interface LoadJob {
  readonly host: string;
  readonly port: number;
  readonly scenario: Scenario;
  readonly connections: number;
  /** Number of routes (path prefixes) over which the requests are spread. */
  readonly routes: number;
  /** Part of every URI; differs from job to job. */
  readonly seed: string;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** What the load generator saw in the measured window. Latencies in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx, answers of the wrong length, broken connections; those of the warm-up count too. */
  readonly failures: number;
  readonly firstFailure: string | null;
}

export interface LoadGenerator {
  readonly name: string;
  /** @param atBound - called at the start and at the end of the measured window, while the load runs */
  run(job: LoadJob, atBound: () => Promise<void>): Promise<LoadResult>;
  close(): void;
}

export type ClientOrder =
  | { readonly type: "start"; readonly job: LoadJob }
  | { readonly type: "mark" }
  | { readonly type: "stop" };

export interface ClientReply {
  readonly requests: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds on the client's clock. */
  readonly at: number;
}

/** The generator that needs nothing installed: `raw-client.ts` in a process of its own. */
export function rawLoad(): LoadGenerator {
  const child: ChildProcess = fork(fileURLToPath(new URL("./raw-client.ts", import.meta.url)));
  const tell = (order: ClientOrder): Promise<ClientReply> => ask(child, order);
  return {
    name: "raw sockets",
    async run(job, atBound) {
      await tell({ type: "start", job });
      try {
        await sleep(job.warmupSeconds * 1000);
        const [before] = await Promise.all([tell({ type: "mark" }), atBound()]);
        await sleep(job.seconds * 1000);
        const [after] = await Promise.all([tell({ type: "mark" }), atBound()]);
        return {
          requests: after.requests,
          seconds: (after.at - before.at) / 1000,
          p50: after.p50,
          p99: after.p99,
          failures: before.failures + after.failures,
          firstFailure: before.firstFailure ?? after.firstFailure,
        };
      } finally {
        await tell({ type: "stop" });
      }
    },
    close: () => child.disconnect(),
  };
}
