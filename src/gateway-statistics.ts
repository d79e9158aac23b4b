import type { GatewayServers } from "./gateway-servers.js";
import type { NodeStatistics, TargetHealth } from "./pdk/node-context.js";
import type { Runtime } from "./runtime/runtime.js";

/** What statistics are read from. The state is asked anew each time. */
export interface StatisticsSources {
  readonly servers: GatewayServers;
  readonly state: { readonly runtime: Runtime; isDatabaseReachable(): Promise<boolean> };
}

/** The numbers of one gateway. */
export class GatewayStatistics implements NodeStatistics {
  readonly #servers: StatisticsSources["servers"];
  readonly #state: StatisticsSources["state"];

  constructor({ servers, state }: StatisticsSources) {
    this.#servers = servers;
    this.#state = state;
  }

  get requests(): number {
    return this.#state.runtime.total;
  }

  get requestsInHand(): number {
    return this.#state.runtime.running;
  }

  get connections(): { readonly accepted: number; readonly active: number } {
    return this.#servers.connections;
  }

  *upstreams(): Iterable<readonly [upstream: string, targets: readonly TargetHealth[]]> {
    for (const [name, { balancer }] of this.#state.runtime.snapshot.upstreams) yield [name, balancer.status()];
  }

  isDatabaseReachable(): Promise<boolean> {
    return this.#state.isDatabaseReachable();
  }
}
