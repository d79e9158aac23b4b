import type { Registry } from "prom-client";
import type { PluginNode } from "../../plugin-runner/plugin-node.js";
import type { Buckets } from "./buckets.js";
import { loadClient, type PromClient } from "./client.js";
import { nodeMetrics, targetMetrics } from "./node-metrics.js";
import type { RouteSeries, SeriesSet } from "./series.js";
import type { Switches } from "./switches.js";

/** What is exported, and what decides about it. */
export interface Scraped {
  readonly series: SeriesSet;
  readonly switches: Switches;
  readonly node: PluginNode;
}

/** There is one workspace. */
const workspace = "default";

/**
 * All metrics in Prometheus's text format.
 *
 * @throws MissingPackageError (rejects) when the package that writes it is not installed
 */
export async function scrape({ series, switches, node }: Scraped): Promise<string> {
  const client = loadClient();
  const registry = new client.Registry();
  await nodeMetrics(client, registry, node);
  if (switches.upstreamHealth) targetMetrics(client, registry, node);
  if (switches.statuses) statusMetrics(client, registry, series);
  if (switches.latencies) latencyMetrics(client, registry, series);
  if (switches.bandwidth) bandwidthMetrics(client, registry, series);
  // Kong has no blank lines between metrics, as the registry would put.
  const texts = registry.getMetricsAsArray().map(({ name }) => registry.getSingleMetricAsString(name));
  return `${(await Promise.all(texts)).join("\n")}\n`;
}

function statusMetrics(client: PromClient, registry: Registry, series: SeriesSet): void {
  const total = new client.Counter({
    name: "kong_http_requests_total",
    help: "Requests answered, by status and source",
    labelNames: ["service", "route", "code", "source", "workspace", "consumer"],
    registers: [registry],
  });
  for (const { labels, consumers } of series.all) {
    for (const [consumer, { statuses }] of consumers) {
      for (const { code, source, count } of statuses) total.inc({ ...labels, code, source, workspace, consumer }, count);
    }
  }
}

function bandwidthMetrics(client: PromClient, registry: Registry, series: SeriesSet): void {
  const bytes = new client.Counter({
    name: "kong_bandwidth_bytes",
    help: "Bytes received from and sent to clients",
    labelNames: ["service", "route", "direction", "workspace", "consumer"],
    registers: [registry],
  });
  for (const { labels, consumers } of series.all) {
    for (const [consumer, { ingress, egress }] of consumers) {
      if (ingress > 0) bytes.inc({ ...labels, direction: "ingress", workspace, consumer }, ingress);
      if (egress > 0) bytes.inc({ ...labels, direction: "egress", workspace, consumer }, egress);
    }
  }
}

function latencyMetrics(client: PromClient, registry: Registry, series: SeriesSet): void {
  const histogram = (name: string, help: string, buckets: (one: RouteSeries) => Buckets): void => {
    countedHistogram(
      client,
      registry,
      { name, help },
      [...series.all].map((one) => [one.labels, buckets(one)] as const),
    );
  };
  histogram("kong_kong_latency_ms", "Milliseconds that the gateway itself took", (one) => one.kongLatency);
  histogram("kong_upstream_latency_ms", "Milliseconds until the upstream began to answer", (one) => one.upstreamLatency);
  histogram(
    "kong_request_latency_ms",
    "Milliseconds from the first byte of a request to the last of its answer",
    (one) => one.requestLatency,
  );
}

const histogramLabels = ["service", "route", "workspace"] as const;
type HistogramLabel = (typeof histogramLabels)[number];

/** A histogram whose values have been counted already. */
function countedHistogram(
  client: PromClient,
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  counted: readonly (readonly [RouteSeries["labels"], Buckets])[],
): void {
  class CountedHistogram extends client.Histogram<HistogramLabel> {
    /** What registries read, and what `get` is made of. The package's types do not show it. */
    async getForPromString(): Promise<object> {
      const values = counted.flatMap(([labels, buckets]) => lines(name, { ...labels, workspace }, buckets));
      return { name, help, type: "histogram", aggregator: "sum", values };
    }
  }
  new CountedHistogram({ name, help, labelNames: histogramLabels, registers: [registry] });
}

function lines(
  name: string,
  labels: Readonly<Record<HistogramLabel, string>>,
  buckets: Buckets,
): { readonly metricName: string; readonly labels: Readonly<Record<string, string | number>>; readonly value: number }[] {
  if (buckets.count === 0) return [];
  return [
    ...[...buckets.cumulated()].map(([le, value]) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value })),
    { metricName: `${name}_count`, labels, value: buckets.count },
    { metricName: `${name}_sum`, labels, value: buckets.sum },
  ];
}
