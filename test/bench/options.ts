import { parseArgs } from "node:util";
import { type ContenderDefinition, contenders } from "./registry.js";
import { type Scenario, scenarios } from "./scenarios.js";

export interface BenchOptions {
  readonly contenders: readonly ContenderDefinition[];
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly load: "auto" | "wrk" | "autocannon" | "raw";
  readonly format: "text" | "json" | "markdown";
}

export const usage = `Usage: npm run bench -- [options]
  --quick               one short round with undici, http-proxy-3 and postern
  --contenders a,b      ${contenders.map((contender) => contender.name).join(", ")}
  --scenarios a,b       ${scenarios.map((scenario) => scenario.name).join(", ")}
  --rounds n            rounds per scenario (5)
  --seconds n           measured window of each round (4)
  --warmup n            seconds of load before the window (2)
  --connections n       keep-alive connections (64)
  --load name           wrk, autocannon or raw; default: wrk when it is on PATH, otherwise raw
  --json | --markdown   what to print instead of a plain table; progress goes to stderr
The process ends with 1 when a contender gave errors or did not start.`;

/** @throws with a message for the user when an option or a name in it is unknown */
export function readOptions(argv: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: "boolean", default: false },
      contenders: { type: "string" },
      scenarios: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      warmup: { type: "string" },
      connections: { type: "string" },
      load: { type: "string", default: "auto" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { load } = values;
  if (load !== "auto" && load !== "wrk" && load !== "autocannon" && load !== "raw")
    throw new Error(`unknown load generator ${load}`);
  const quickNames = values.quick ? "undici,http-proxy-3,postern" : undefined;
  return {
    contenders: select(contenders, values.contenders ?? quickNames),
    scenarios: select(scenarios, values.scenarios),
    rounds: positive("rounds", values.rounds, values.quick ? 1 : 5),
    seconds: positive("seconds", values.seconds, values.quick ? 1 : 4),
    warmupSeconds: positive("warmup", values.warmup, values.quick ? 1 : 2),
    connections: positive("connections", values.connections, 64),
    load,
    format: values.json ? "json" : values.markdown ? "markdown" : "text",
  };
}

function select<T extends { readonly name: string }>(all: readonly T[], names: string | undefined): readonly T[] {
  if (names === undefined) return all;
  return names.split(",").map((name) => {
    const found = all.find((item) => item.name === name);
    if (found === undefined) throw new Error(`unknown name ${name}; known: ${all.map((item) => item.name).join(", ")}`);
    return found;
  });
}

function positive(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} needs a positive number, not ${text}`);
  return value;
}
