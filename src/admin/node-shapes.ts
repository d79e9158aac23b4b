import type { ValueSchema } from "./operation.js";

/** JSON Schemas of what the node says about itself. */

const text = { type: "string" } as const;
const count = { type: "integer", minimum: 0 } as const;
const size = {
  type: ["string", "number"],
  description: "In the unit asked for; bytes are a number.",
  examples: ["24.51 MiB"],
} as const;

function object(properties: Readonly<Record<string, ValueSchema>>, optional: readonly string[] = []): ValueSchema {
  return { type: "object", required: Object.keys(properties).filter((name) => !optional.includes(name)), properties };
}

/** `GET /`. */
export const nodeShape: ValueSchema = object({
  tagline: text,
  version: { type: "string", description: "The Kong version that clients may count on.", examples: ["3.10.0"] },
  postern_version: { type: "string", examples: ["0.1.0"] },
  edition: { const: "community" },
  hostname: text,
  node_id: { type: "string", format: "uuid", examples: ["9748f662-7711-4a90-8186-dc02f10eb0f5"] },
  lua_version: text,
  pids: object({ master: count, workers: { type: "array", items: count } }),
  timers: object({ running: count, pending: count }),
  plugins: object({
    available_on_server: {
      type: "object",
      additionalProperties: object({ version: text, priority: { type: "number" } }),
      description: "By name.",
    },
    enabled_in_cluster: { type: "array", items: text },
  }),
  configuration: { type: "object", description: "Settings in Kong's spelling, without secrets." },
});

/** `GET /status`. */
export const statusShape: ValueSchema = object(
  {
    memory: object({
      workers_lua_vms: { type: "array", items: object({ http_allocated_gc: size, pid: count }) },
      lua_shared_dicts: { type: "object", additionalProperties: object({ allocated_slabs: size, capacity: size }) },
    }),
    server: object({
      connections_accepted: count,
      connections_active: count,
      connections_handled: count,
      connections_reading: count,
      connections_waiting: count,
      connections_writing: count,
      total_requests: count,
    }),
    configuration_hash: {
      type: "string",
      pattern: "^[0-9a-f]{32}$",
      description: "Without a database only.",
      examples: ["00000000000000000000000000000000"],
    },
    database: { ...object({ reachable: { type: "boolean" } }), description: "With a database only." },
  },
  ["configuration_hash", "database"],
);

/** `GET /timers`. */
export const timersShape: ValueSchema = object({
  worker: object({ id: count, count }),
  stats: object({
    sys: object({ total: count, runs: count, running: count, pending: count, waiting: count }),
    timers: { type: "object" },
    flamegraph: object({ running: text, pending: text, elapsed_time: text }),
  }),
});

const weights = object({ total: count, unavailable: count, available: count });
const state = { enum: ["HEALTHY", "UNHEALTHY", "HEALTHCHECKS_OFF"] } as const;
const host = object({
  host: text,
  port: count,
  dns: { enum: ["A", "AAAA"] },
  nodeWeight: count,
  weight: weights,
  addresses: { type: "array", items: object({ ip: text, port: count, weight: count, health: state }) },
});
const targetHealth = object(
  {
    id: { type: "string", format: "uuid", examples: ["9748f662-7711-4a90-8186-dc02f10eb0f5"] },
    target: text,
    weight: count,
    health: state,
    data: host,
  },
  ["health", "data"],
);
const upstreamHealth = object({
  id: { type: "string", format: "uuid", examples: ["9748f662-7711-4a90-8186-dc02f10eb0f5"] },
  health: state,
  balancer_health: { enum: ["HEALTHY", "UNHEALTHY"] },
  details: object({ healthy: { type: "boolean" }, weight: weights, hosts: { type: "array", items: host } }),
});

/** `GET /upstreams/{upstreams}/health`. */
export const healthShape: ValueSchema = object(
  {
    data: {
      anyOf: [
        { type: "array", items: targetHealth, description: "The targets, with what else is known of them." },
        upstreamHealth,
      ],
    },
    next: { type: ["string", "null"], examples: [null] },
    offset: text,
    node_id: { type: "string", format: "uuid", examples: ["9748f662-7711-4a90-8186-dc02f10eb0f5"] },
  },
  ["offset"],
);
