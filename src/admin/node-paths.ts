import { type AdminAnswer, answer, message } from "./answer.js";
import { isSizeUnit, type SizeUnit, sizeText } from "./byte-size.js";
import type { AdminCounters } from "./context.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";

/** What the gateway says about itself. */
export const nodePaths: readonly AdminPath[] = [
  { pattern: "/", endpoints: { GET: nodeInfo } },
  { pattern: "/status", endpoints: { GET: nodeStatus } },
];

const noCounts: Required<AdminCounters> = {
  connections_accepted: 0,
  connections_active: 0,
  connections_handled: 0,
  connections_reading: 0,
  connections_waiting: 0,
  connections_writing: 0,
  total_requests: 0,
};

function nodeInfo({ context }: AdminRequest): AdminAnswer {
  const { id, hostname, version, availablePlugins, enabledPlugins, configuration } = context.info();
  return answer(200, {
    tagline: "Welcome to postern",
    version,
    edition: "community",
    hostname,
    node_id: id,
    // Kong Manager shows it as the run time's version.
    lua_version: `Node.js ${process.versions.node}`,
    pids: { master: process.pid, workers: [process.pid] },
    timers: { running: 0, pending: 0 },
    plugins: { available_on_server: availablePlugins, enabled_in_cluster: enabledPlugins },
    configuration,
  });
}

function nodeStatus({ context, query }: AdminRequest): AdminAnswer {
  const [givenUnit] = [query.unit ?? "m"].flat();
  const [givenScale] = [query.scale ?? "2"].flat();
  const unit = String(givenUnit).toLowerCase();
  if (!isSizeUnit(unit)) return message(400, `invalid unit '${String(givenUnit)}' (expected 'k/K', 'm/M', or 'g/G')`);
  const scale = Number(givenScale);
  if (scale < 0) return message(400, "scale must be equal or greater than 0");
  const { configuration_hash, server } = context.status();
  return answer(200, {
    memory: {
      workers_lua_vms: [{ http_allocated_gc: heapSize(unit, scale), pid: process.pid }],
      lua_shared_dicts: {},
    },
    server: { ...noCounts, ...server },
    configuration_hash,
  });
}

function heapSize(unit: SizeUnit, scale: number): string | number {
  return sizeText(process.memoryUsage().heapUsed, unit, Number.isNaN(scale) ? 2 : scale);
}
