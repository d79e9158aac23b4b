/** What of the plugin's configuration says what is exported. */
export interface SwitchConfig {
  readonly status_code_metrics: boolean | null;
  readonly latency_metrics: boolean | null;
  readonly bandwidth_metrics: boolean | null;
  readonly upstream_health_metrics: boolean | null;
}

/** What is exported: what at least one instance of the plugin asks for. */
export interface Switches {
  readonly statuses: boolean;
  readonly latencies: boolean;
  readonly bandwidth: boolean;
  readonly upstreamHealth: boolean;
}

export const noSwitches: Switches = { statuses: false, latencies: false, bandwidth: false, upstreamHealth: false };

export function switchesOf(configs: readonly SwitchConfig[]): Switches {
  return {
    statuses: configs.some((config) => config.status_code_metrics),
    latencies: configs.some((config) => config.latency_metrics),
    bandwidth: configs.some((config) => config.bandwidth_metrics),
    upstreamHealth: configs.some((config) => config.upstream_health_metrics),
  };
}
