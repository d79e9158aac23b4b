import { type AdminAnswer, answer, message } from "./answer.js";
import { isSizeUnit, type SizeUnit, sizeText } from "./byte-size.js";
import type { AdminCounters } from "./context.js";
import type { AdminPath, AdminRequest } from "./endpoint.js";
import { nodeShape, statusShape, timersShape } from "./node-shapes.js";
import { action, answers, shown } from "./operation.js";

/** `GET /status`, which both interfaces have. */
export const statusPath: AdminPath = {
  pattern: "/status",
  endpoints: {
    GET: {
      run: nodeStatus,
      operation: action("Show memory, counters and the state of the configuration or the database", {
        id: "getStatus",
        query: {
          unit: { type: "string", pattern: "^[bkmgBKMG]$", default: "m" },
          scale: { type: "integer", minimum: 0, default: 2 },
        },
        answers: { 200: shown("The state", statusShape), 400: answers.refused },
      }),
    },
  },
};

/** `GET /status/dns`: names are resolved by Node and the system, which count nothing. */
export const dnsPath: AdminPath = {
  pattern: "/status/dns",
  endpoints: {
    GET: {
      run: () => message(501, "not implemented with the legacy DNS client"),
      operation: action("Not implemented", { answers: { 501: { description: "Always", body: { kind: "message" } } } }),
    },
  },
};

/** What the gateway says about itself. */
export const nodePaths: readonly AdminPath[] = [
  {
    pattern: "/",
    endpoints: {
      GET: {
        run: nodeInfo,
        operation: action("Show version, plugins and settings", {
          id: "getNode",
          answers: {
            200: shown("The node", nodeShape),
          },
        }),
      },
    },
  },
  statusPath,
  dnsPath,
  {
    pattern: "/timers",
    endpoints: {
      GET: {
        run: () => answer(200, timers()),
        operation: action("Count the timers of the process", {
          answers: { 200: shown("The counts", timersShape) },
        }),
      },
    },
  },
  {
    pattern: "/robots.txt",
    hidden: true,
    endpoints: {
      GET: {
        run: () => ({
          status: 200,
          body: "User-agent: *\nDisallow: /",
          headers: { "Content-Type": "text/plain; charset=utf-8" },
        }),
        operation: action("Keep search engines out", {
          answers: { 200: { description: "The file", body: { kind: "text", type: "text/plain" } } },
        }),
      },
    },
  },
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
  const { id, hostname, version, posternVersion, availablePlugins, enabledPlugins, configuration } = context.info();
  return answer(200, {
    tagline: "Welcome to postern",
    version,
    postern_version: posternVersion,
    edition: "community",
    hostname,
    node_id: id,
    // Kong Manager shows it as the run time's version.
    lua_version: `Node.js ${process.versions.node}`,
    pids: { master: process.pid, workers: [process.pid] },
    timers: { running: 0, pending: timerCount() },
    plugins: { available_on_server: availablePlugins, enabled_in_cluster: enabledPlugins },
    configuration,
  });
}

async function nodeStatus({ context, query }: AdminRequest): Promise<AdminAnswer> {
  const [givenUnit] = [query.unit ?? "m"].flat();
  const [givenScale] = [query.scale ?? "2"].flat();
  const unit = String(givenUnit).toLowerCase();
  if (!isSizeUnit(unit)) return message(400, `invalid unit '${String(givenUnit)}' (expected 'k/K', 'm/M', or 'g/G')`);
  const scale = givenScale === true || givenScale === "" ? Number.NaN : Number(givenScale);
  if (scale < 0) return message(400, "scale must be equal or greater than 0");
  const size = sizeIn(unit, Number.isNaN(scale) ? 2 : scale);
  const { configuration_hash, server, cache } = context.status();
  const { database } = context;
  return answer(200, {
    memory: {
      workers_lua_vms: [{ http_allocated_gc: size(process.memoryUsage().heapUsed), pid: process.pid }],
      lua_shared_dicts: cache ? { kong_db_cache: { allocated_slabs: size(cache.bytes), capacity: size(cache.maxBytes) } } : {},
    },
    server: { ...noCounts, ...server },
    ...(database === "off" ? { configuration_hash } : { database: { reachable: await context.isDatabaseReachable() } }),
  });
}

function sizeIn(unit: SizeUnit, scale: number): (bytes: number) => string | number {
  return (bytes) => sizeText(bytes, unit, scale);
}

/** Timers of the whole process: Node does not tell whose they are. */
function timerCount(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout" || resource === "Immediate").length;
}

function timers(): object {
  const pending = timerCount();
  return {
    worker: { id: 0, count: 1 },
    stats: {
      sys: { total: pending, runs: 0, running: 0, pending, waiting: 0 },
      timers: {},
      flamegraph: { running: "", pending: "", elapsed_time: "" },
    },
  };
}
