/**
 * What plugins cost: CPU that each adds to a request, in one run. The requests come from no socket and request-termination answers
 * them, so that the microseconds are those of the gateway; scenarios take turns in one process, and each is compared with its base.
 * The lower quartile stands for all rounds: what the machine does besides only ever adds.
 *
 * `npm run bench:plugins -- [--rounds 30] [--requests 2000] [--scenarios key-auth,acl]`
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle, bundleFolder, removeBundle } from "./bundle.js";
import type { PluginFigures } from "./plugins/measure.js";
import { pluginScenarios } from "./plugins/scenarios.js";
import { textTable } from "./report.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "30" },
    requests: { type: "string", default: "2000" },
    scenarios: { type: "string" },
  },
});

try {
  await bundle("test/bench/plugins/measure.ts");
  const logFile = join(bundleFolder, "file.log");
  const wanted = values.scenarios?.split(",") ?? [];
  const output = execFileSync(
    process.execPath,
    [join(bundleFolder, "measure.js"), logFile, values.rounds, values.requests, ...wanted],
    {
      encoding: "utf8",
    },
  );
  const figures = JSON.parse(output) as Record<string, PluginFigures>;
  const rows = pluginScenarios(logFile, wanted).map(({ name, base, goal }) => {
    const { cpu, added } = figures[name] as PluginFigures;
    const verdict = goal === undefined ? "" : added <= goal + 0.05 ? "met" : "MISSED";
    return [
      name,
      cpu.toFixed(2),
      name === base ? "" : added.toFixed(2),
      base === name ? "" : base,
      goal?.toString() ?? "",
      verdict,
    ];
  });
  console.log(`node ${process.version}, lower quartile of ${values.rounds} rounds of ${values.requests} requests each\n`);
  console.log(textTable(["plugins", "CPU µs/request", "added", "to", "goal", ""], rows));
} finally {
  removeBundle();
}
