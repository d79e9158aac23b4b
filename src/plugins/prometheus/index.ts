import { definePlugin } from "../../plugin-runner/define-plugin.js";
import type { PluginNode } from "../../plugin-runner/plugin-node.js";
import type { EntityCheck } from "../../schema/entity-check.js";
import { bool } from "../../schema/field.js";
import { allProtocols } from "../../schema/protocols.js";
import { loadClient } from "./client.js";
import { scrape } from "./scrape.js";
import { consumerLabel, SeriesSet } from "./series.js";
import { noSwitches, type Switches, switchesOf } from "./switches.js";

/** What the plugin keeps for a gateway. */
interface Kept {
  readonly series: SeriesSet;
  switches: Switches;
}

const packageIsThere: EntityCheck = {
  kind: "custom",
  fieldSources: ["per_consumer"],
  runWithMissingFields: true,
  description: "The package `prom-client` must be installed.",
  check() {
    try {
      loadClient();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

const off = { default: false } as const;

/** Counts and measures requests for Prometheus, which reads `/metrics` of the Admin API or the Status API. */
export const prometheus = definePlugin({
  name: "prometheus",
  version: "3.10.0",
  priority: 13,
  allowedProtocols: allProtocols,
  config: {
    per_consumer: bool({ ...off, description: "Counts by consumer." }),
    status_code_metrics: bool({ ...off, description: "Exports `http_requests_total`." }),
    ai_metrics: bool({ ...off, description: "Without effect: there are no AI plugins." }),
    latency_metrics: bool({ ...off, description: "Exports the latency histograms." }),
    bandwidth_metrics: bool({ ...off, description: "Exports `bandwidth_bytes`." }),
    upstream_health_metrics: bool({ ...off, description: "Exports `upstream_target_health`, once one instance says so." }),
    wasm_metrics: bool({ ...off, description: "Without effect: there is no WebAssembly." }),
  },
  checks: [packageIsThere],

  configure(configs, node) {
    kept(node).switches = switchesOf(configs ?? []);
  },

  log(pdk, config) {
    const route = pdk.router.getRoute();
    if (route === null) return;
    const { series } = pdk.plugin.state(create);
    const own = series.of(route, pdk.router.getService());
    const { latencies, requestSize, responseSize, source, status } = pdk.log.measure();
    if (config.latency_metrics === true) {
      own.kongLatency.observe(latencies.kong);
      own.upstreamLatency.observe(latencies.proxy);
      own.requestLatency.observe(latencies.request);
    }
    if (config.status_code_metrics !== true && config.bandwidth_metrics !== true) return;
    const consumer = own.consumer(config.per_consumer === true ? consumerLabel(pdk.client.getConsumer()) : "");
    if (config.status_code_metrics === true) consumer.countStatus(status, source);
    if (config.bandwidth_metrics === true) {
      consumer.ingress += requestSize;
      consumer.egress += responseSize;
    }
  },

  adminEndpoints: {
    "/metrics": {
      async GET(_request, node) {
        const { series, switches } = kept(node);
        const body = await scrape({ series, switches, node });
        return { status: 200, headers: { "Content-Type": "text/plain; charset=UTF-8" }, body };
      },
    },
  },
});

function create(): Kept {
  return { series: new SeriesSet(), switches: noSwitches };
}

function kept(node: PluginNode): Kept {
  return node.state(create);
}
