import type { Registry } from "prom-client";
import type { PluginNode } from "../../plugin-runner/plugin-node.js";
import type { PromClient } from "./client.js";

/** There are no streams of TCP or UDP. */
const subsystem = "http";

/** What every gateway tells of itself, under Kong's names. */
export async function nodeMetrics(client: PromClient, registry: Registry, node: PluginNode): Promise<void> {
  const registers = [registry];
  const node_id = node.id;
  const { connections, requests, requestsInHand } = node.statistics;
  const ofConnections = new client.Gauge({
    name: "kong_nginx_connections_total",
    help: "Connections of clients",
    labelNames: ["node_id", "subsystem", "state"],
    registers,
  });
  const active = Math.max(connections.active, requestsInHand);
  const states = {
    accepted: connections.accepted,
    handled: connections.accepted,
    total: requests,
    active,
    reading: 0,
    writing: requestsInHand,
    waiting: active - requestsInHand,
  };
  for (const [state, value] of Object.entries(states)) ofConnections.set({ node_id, subsystem, state }, value);
  new client.Gauge({
    name: "kong_nginx_requests_total",
    help: "Requests since the start",
    labelNames: ["node_id", "subsystem"],
    registers,
  }).set({ node_id, subsystem }, requests);
  const timers = new client.Gauge({
    name: "kong_nginx_timers",
    help: "Timers of the process",
    labelNames: ["state"],
    registers,
  });
  timers.set({ state: "running" }, 0);
  timers.set({ state: "pending" }, process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length);
  new client.Counter({
    name: "kong_nginx_metric_errors_total",
    help: "Errors while metrics were collected",
    registers,
  });
  new client.Gauge({
    name: "kong_datastore_reachable",
    help: "1 when the database answers, or there is none",
    registers,
  }).set((await node.statistics.isDatabaseReachable()) ? 1 : 0);
  new client.Gauge({
    name: "kong_node_info",
    help: "The gateway's version",
    labelNames: ["node_id", "version"],
    registers,
  }).set({ node_id, version: node.version }, 1);
  new client.Gauge({
    name: "kong_memory_workers_lua_vms_bytes",
    help: "Heap of the process in bytes",
    labelNames: ["node_id", "pid", "kong_subsystem"],
    registers,
  }).set({ node_id, pid: process.pid, kong_subsystem: subsystem }, process.memoryUsage().heapUsed);
}

/** The health of every target there is now. */
export function targetMetrics(client: PromClient, registry: Registry, { statistics }: PluginNode): void {
  const ofTargets = new client.Gauge({
    name: "kong_upstream_target_health",
    help: "1 for the state that a target is in",
    labelNames: ["upstream", "target", "address", "state", "subsystem"],
    registers: [registry],
  });
  for (const [upstream, targets] of statistics.upstreams()) {
    for (const { target, health } of targets) {
      const is = (state: string, value: boolean, address = target): void =>
        ofTargets.set({ upstream, target, address, state, subsystem }, value ? 1 : 0);
      is("healthchecks_off", false);
      is("healthy", health === "HEALTHY");
      is("unhealthy", health === "UNHEALTHY");
      // Names are resolved when a connection is made, so that no target is without an address here.
      is("dns_error", false, "");
    }
  }
}
