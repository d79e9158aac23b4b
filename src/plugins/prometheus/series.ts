import type { Consumer } from "../../entities/consumers.js";
import type { Route } from "../../entities/routes.js";
import type { Service } from "../../entities/services.js";
import { getOrMake } from "../../util/get-or-make.js";
import { Buckets, kongBounds, upstreamBounds } from "./buckets.js";

/** Who a request was for, as labels. */
export interface SeriesLabels {
  readonly service: string;
  readonly route: string;
}

/** Answers of one status from one source. */
export interface StatusCount {
  readonly code: number;
  readonly source: "service" | "kong";
  count: number;
}

/** What is counted for each consumer of a route. */
export class ConsumerSeries {
  /** Those of the upstream by their status, those of the gateway by its negative. */
  readonly #statuses = new Map<number, StatusCount>();
  ingress = 0;
  egress = 0;

  get statuses(): Iterable<StatusCount> {
    return this.#statuses.values();
  }

  countStatus(code: number, source: "upstream" | "kong"): void {
    const key = source === "upstream" ? code : -code;
    let status = this.#statuses.get(key);
    if (status === undefined) {
      status = { code, source: source === "upstream" ? "service" : "kong", count: 0 };
      this.#statuses.set(key, status);
    }
    status.count += 1;
  }
}

/** What is measured on one route. */
export class RouteSeries {
  readonly labels: SeriesLabels;
  readonly kongLatency = new Buckets(kongBounds);
  readonly upstreamLatency = new Buckets(upstreamBounds);
  readonly requestLatency = new Buckets(upstreamBounds);
  /** By username; the empty name stands for nobody, or for all. */
  readonly consumers = new Map<string, ConsumerSeries>();

  constructor(labels: SeriesLabels) {
    this.labels = labels;
  }

  consumer(name: string): ConsumerSeries {
    let series = this.consumers.get(name);
    if (series === undefined) {
      series = new ConsumerSeries();
      this.consumers.set(name, series);
    }
    return series;
  }
}

/** All that one gateway has measured. Routes of the same names go on where those of the last configuration ended. */
export class SeriesSet {
  readonly #byLabels = new Map<string, RouteSeries>();
  /** A record of the configuration keeps its labels, so they are worked out once. */
  readonly #byRoute = new WeakMap<Route, RouteSeries>();

  get all(): Iterable<RouteSeries> {
    return this.#byLabels.values();
  }

  of(route: Route, service: Service | null): RouteSeries {
    let series = this.#byRoute.get(route);
    if (series === undefined) {
      const labels = { service: service === null ? "" : (service.name ?? service.host), route: route.name ?? route.id };
      series = getOrMake(this.#byLabels, JSON.stringify([labels.service, labels.route]), () => new RouteSeries(labels));
      this.#byRoute.set(route, series);
    }
    return series;
  }
}

/** The label of a consumer. */
export function consumerLabel(consumer: Consumer | null): string {
  return consumer?.username ?? "";
}
