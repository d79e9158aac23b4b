/** Measures the scenarios in this process and prints the microseconds of each as JSON. Arguments: log file, rounds, requests, names. */
import { createGateway, definePlugin } from "../../../src/index.js";
import { lowerQuartile } from "../statistics.js";
import { Exchanger } from "./exchange.js";
import { documentOf, pluginScenarios, requestOf } from "./scenarios.js";

/** What one scenario costs: CPU per request, and what that is more than its base. */
export interface PluginFigures {
  readonly cpu: number;
  readonly added: number;
}

const WARM_UP_ROUNDS = 4;
/** Requests that a busy process serves between two turns of its event loop, in which disks and timers have theirs. */
const PER_TURN = 64;
const [, , logFile = "/dev/null", rounds = "30", requests = "2000", ...wanted] = process.argv;
const perRound = Number(requests);

const idle = definePlugin({ name: "bench-idle", version: "1.0.0", priority: 1, config: {}, initWorker() {} });
const scenarios = pluginScenarios(logFile, wanted);
const gateway = createGateway({
  declarativeConfig: documentOf(scenarios),
  plugins: ["bundled", idle],
  // What is measured comes from 127.0.0.1 and must not be told so on the terminal.
  logger: { debug() {}, info() {}, warn() {}, error: console.error },
});
const exchanger = new Exchanger(gateway);

async function costOf(index: number): Promise<number> {
  const scenario = scenarios[index] as (typeof scenarios)[number];
  const request = requestOf(scenario, index);
  const before = process.cpuUsage();
  for (let sent = 0; sent < perRound; sent++) {
    const status = await exchanger.send(request);
    if (status !== 200) throw new Error(`${scenario.name}: answered ${status}`);
    if (sent % PER_TURN === PER_TURN - 1) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / perRound;
}

const costs = scenarios.map((): number[] => []);
for (let round = 0; round < Number(rounds) + WARM_UP_ROUNDS; round++) {
  // In another order each time: what one leaves to the garbage collector, the next one pays for.
  for (const index of shuffled(scenarios.length)) {
    const cost = await costOf(index);
    if (round >= WARM_UP_ROUNDS) costs[index]?.push(cost);
  }
}

function shuffled(length: number): readonly number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}

const cpu = new Map(scenarios.map(({ name }, index) => [name, lowerQuartile(costs[index] ?? [])]));
const figures: Record<string, PluginFigures> = {};
for (const { name, base } of scenarios) {
  const own = cpu.get(name) ?? Number.NaN;
  figures[name] = { cpu: own, added: own - (cpu.get(base) ?? Number.NaN) };
}
await gateway.close();
process.stdout.write(JSON.stringify(figures));
