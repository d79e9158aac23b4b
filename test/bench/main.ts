/** The benchmark: postern and its peers carry the same requests, each in its own process, round by round. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ContenderStartError, type RunningContender, type Usage } from "./contender.js";
import { measuresBuild, startContender } from "./contender-process.js";
import { ChildEndedError, receive } from "./ipc.js";
import { type LoadGenerator, rawLoad } from "./load.js";
import { autocannonLoad } from "./load-autocannon.js";
import { wrkLoad } from "./load-wrk.js";
import { type BenchOptions, readOptions, usage } from "./options.js";
import { findOnPath } from "./programs.js";
import type { ContenderDefinition } from "./registry.js";
import { describeEnvironment, type Measurement, renderReport, type Skip } from "./report.js";
import { apiKey, jsonOfLength, routePath, type Scenario } from "./scenarios.js";

const log = (line: string): void => console.error(line);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  const load = chooseLoad(options.load);
  const upstream = fork(fileURLToPath(new URL("./upstream.ts", import.meta.url)));
  const { port: upstreamPort } = await receive<{ port: number }>(upstream);
  const measurements: Measurement[] = [];
  const skips = new Map<string, Skip>();

  for (const scenario of options.scenarios) {
    for (let round = 0; round < options.rounds; round++) {
      for (const definition of rotated(options.contenders, round)) {
        if (skips.has(definition.name)) continue;
        try {
          const measurement = await measure(definition, scenario, round, options, load, upstreamPort);
          measurements.push(measurement);
          log(progress(measurement));
        } catch (error) {
          if (!(error instanceof ContenderStartError)) throw error;
          const allowed = error.missing && definition.optional === true;
          skips.set(definition.name, { contender: definition.name, reason: error.message, allowed });
          log(`${definition.name} ${allowed ? "skipped" : "FAILED TO START"}: ${error.message}`);
        }
      }
    }
  }

  load.close();
  upstream.disconnect();
  const environment = describeEnvironment(options, load.name, measuresBuild);
  const result = { environment, measurements, skips: [...skips.values()] };
  console.log(renderReport(result, options));
  const clean = measurements.every((m) => m.failures === 0) && result.skips.every((skip) => skip.allowed);
  return clean ? 0 : 1;
}

function chooseLoad(wanted: BenchOptions["load"]): LoadGenerator {
  if (wanted === "autocannon") return autocannonLoad();
  const program = wanted === "raw" ? null : findOnPath("wrk");
  if (program !== null) return wrkLoad(program);
  if (wanted === "wrk") throw new Error("wrk is not on PATH");
  return rawLoad();
}

/** Another contender begins each round, so that none always follows the same neighbour's heat. */
function rotated<T>(items: readonly T[], round: number): readonly T[] {
  const start = round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

async function measure(
  definition: ContenderDefinition,
  scenario: Scenario,
  round: number,
  options: BenchOptions,
  load: LoadGenerator,
  upstreamPort: number,
): Promise<Measurement> {
  const contender = await startContender(definition, upstreamPort);
  const base = { contender: definition.name, scenario: scenario.name, round };
  try {
    const refusal = await probe(contender, scenario);
    if (refusal !== null) return { ...base, ...nothing, failures: 1, firstFailure: refusal };
    const usages: Usage[] = [];
    const result = await load.run(
      {
        host: "127.0.0.1",
        port: contender.port,
        scenario,
        connections: options.connections,
        routes: definition.routes,
        seed: `${round}${Date.now().toString(36)}`,
        warmupSeconds: options.warmupSeconds,
        seconds: options.seconds,
      },
      async () => {
        usages.push(await contender.sample());
      },
    );
    const [before, after] = usages;
    if (before === undefined || after === undefined) throw new Error("the load generator did not mark its window");
    const cpu = after.cpuMicroseconds - before.cpuMicroseconds;
    const silent = result.requests === 0 && result.failures === 0;
    return {
      ...base,
      cpuMicrosecondsPerRequest: cpu / result.requests,
      requestsPerSecond: result.requests / result.seconds,
      p99: result.p99,
      rssBytes: after.rssBytes,
      busy: cpu / 1_000_000 / result.seconds,
      failures: silent ? 1 : result.failures,
      firstFailure: silent ? "no answer at all" : result.firstFailure,
    };
  } catch (error) {
    if (!(error instanceof ChildEndedError)) throw error;
    return { ...base, ...nothing, failures: 1, firstFailure: error.message };
  } finally {
    await contender.stop();
  }
}

const nothing = { cpuMicrosecondsPerRequest: Number.NaN, requestsPerSecond: 0, p99: Number.NaN, rssBytes: 0, busy: 0 };

/** One request outside of the measurement. Answers what is wrong with its outcome, `null` when nothing is. */
async function probe(contender: RunningContender, scenario: Scenario): Promise<string | null> {
  const url = `http://127.0.0.1:${contender.port}${routePath(0)}/${scenario.kind}/probe?page=1`;
  const headers = { apikey: apiKey(0), "content-type": "application/json" };
  const body = scenario.requestBytes > 0 ? jsonOfLength(scenario.requestBytes) : null;
  try {
    const response = await fetch(url, { method: scenario.method, headers, body });
    const text = await response.text();
    if (response.status !== 200) return `status ${response.status}: ${text.slice(0, 200)}`;
    return text === jsonOfLength(scenario.responseBytes) ? null : "another body than the upstream sent";
  } catch (error) {
    return error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : String(error);
  }
}

function progress(m: Measurement): string {
  const cpu = `${m.cpuMicrosecondsPerRequest.toFixed(1)} µs`.padStart(10);
  const rate = `${m.requestsPerSecond.toFixed(0)}/s`.padStart(9);
  const outcome = m.failures === 0 ? "" : `  ${m.failures} ERRORS: ${m.firstFailure}`;
  return `${m.scenario.padEnd(9)} round ${m.round}  ${m.contender.padEnd(16)} ${cpu} ${rate}${outcome}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  // The upstream and the load client hold channels to this process open; they end with it.
  process.exit(2);
}
