/** The process in which autocannon runs: one order, one result. */
import autocannon from "autocannon";
import type { LoadResult } from "./load.js";
import type { AutocannonOrder } from "./load-autocannon.js";
import { apiKey, apiKeyCount, jsonOfLength, routePath } from "./scenarios.js";

async function run({ job, seconds, seed }: AutocannonOrder): Promise<LoadResult> {
  const { scenario } = job;
  let counter = 0;
  const entity = scenario.requestBytes > 0 ? { "content-type": "application/json" } : {};
  const result = await autocannon({
    url: `http://${job.host}:${job.port}`,
    connections: job.connections,
    duration: seconds,
    requests: [
      {
        method: scenario.method,
        ...(scenario.requestBytes > 0 && { body: jsonOfLength(scenario.requestBytes) }),
        setupRequest(request) {
          const n = counter++;
          request.path = `${routePath((n * 7919) % job.routes)}/${scenario.kind}/${seed}-${n}?page=1`;
          request.headers = { ...entity, accept: "application/json", apikey: apiKey(n % apiKeyCount) };
          return request;
        },
      },
    ],
  });
  const failures = result.non2xx + result.errors;
  return {
    requests: result["2xx"] + result.non2xx,
    seconds: result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failures,
    firstFailure: failures === 0 ? null : `${result.non2xx} answers other than 2xx, ${result.errors} errors`,
  };
}

process.on("message", async (order: AutocannonOrder) => process.send?.(await run(order)));
process.on("disconnect", () => process.exit(0));
