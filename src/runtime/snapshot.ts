import type { Peer } from "../balancer/balancer.js";
import type { HealthMarks } from "../balancer/health-marks.js";
import { roundRobin } from "../balancer/round-robin.js";
import type { Certificate } from "../entities/certificates.js";
import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { Sni } from "../entities/snis.js";
import type { Target } from "../entities/targets.js";
import type { Upstream } from "../entities/upstreams.js";
import type { EntityReader } from "../pdk/request-context.js";
import type { AnyPlugin } from "../plugin-runner/define-plugin.js";
import { type GlobalPlan, makeGlobalPlan } from "../plugin-runner/plan.js";
import { indexPlugins, type PluginEntity, type PluginIndex } from "../plugin-runner/plugin-index.js";
import { buildRouter, type RouterFlavor } from "../router/build-router.js";
import type { Router } from "../router/router.js";
import { formatAddress, isAddressFault, parseAddress } from "../util/address.js";
import { CertificateIndex } from "./certificate-index.js";
import { Destination, OriginTable, ServiceTarget, type UpstreamTarget } from "./destination.js";

/** What a snapshot is made from. */
export interface SnapshotSource {
  readonly entities: EntityReader & { all(entity: string): Iterable<unknown> };
  readonly plugins: ReadonlyMap<string, AnyPlugin>;
  readonly marks: HealthMarks;
  readonly flavor: RouterFlavor;
  readonly previous?: Snapshot;
  /** Told of a route that could not be put into the router. */
  readonly skipped: (routeId: string, reason: string) => void;
}

/** All that requests need of one configuration, compiled. Immutable: a new configuration is a new snapshot. */
export class Snapshot {
  readonly entities: EntityReader;
  readonly router: Router<Destination>;
  readonly globals: GlobalPlan;
  readonly plugins: PluginIndex;
  readonly upstreams: ReadonlyMap<string, UpstreamTarget>;
  readonly certificates: CertificateIndex;
  readonly origins: OriginTable;
  readonly #overridden = new Map<string, ServiceTarget>();

  constructor(source: SnapshotSource) {
    const { entities } = source;
    this.entities = entities;
    this.origins = new OriginTable(source.previous?.origins);
    this.plugins = indexPlugins(source.plugins, entities.all("plugins") as Iterable<PluginEntity>);
    this.globals = makeGlobalPlan(this.plugins);
    this.certificates = new CertificateIndex(entities.all("certificates") as Iterable<Certificate>, entities.all("snis") as Iterable<Sni>);
    this.upstreams = compileUpstreams(
      entities.all("upstreams") as Iterable<Upstream>,
      entities.all("targets") as Iterable<Target>,
      source.marks,
    );
    const services = new Map<string, ServiceTarget>();
    for (const service of entities.all("services") as Iterable<Service>) {
      if (service.enabled) services.set(service.id, this.#compileService(service, this.upstreams.get(service.host)));
    }
    this.router = buildRouter(this.#destinations(entities.all("routes") as Iterable<Route>, services), {
      flavor: source.flavor,
      onSkipped: source.skipped,
    });
  }

  #compileService(service: Service, upstream: UpstreamTarget | undefined): ServiceTarget {
    const id = service.client_certificate?.id ?? upstream?.upstream.client_certificate?.id;
    return new ServiceTarget(service, upstream, this.origins, id === undefined ? undefined : this.certificates.get(id));
  }

  *#destinations(routes: Iterable<Route>, services: ReadonlyMap<string, ServiceTarget>): Iterable<{ route: Route; value: Destination }> {
    for (const route of routes) {
      if (!route.protocols.some((protocol) => protocol.startsWith("http") || protocol.startsWith("grpc"))) continue;
      const service = route.service === null ? null : services.get(route.service.id);
      // The service is disabled: its routes are not there at all, so that they do not hide others.
      if (service === undefined) continue;
      yield { route, value: new Destination(route, service, this.plugins) };
    }
  }

  /** A service as it is reached over another upstream, which a plugin chose. `undefined`: there is no upstream of that name. */
  serviceOver(service: ServiceTarget, upstreamName: string): ServiceTarget | undefined {
    const upstream = this.upstreams.get(upstreamName);
    if (upstream === undefined) return undefined;
    const key = `${service.service.id}|${upstreamName}`;
    let target = this.#overridden.get(key);
    if (target === undefined) {
      target = this.#compileService(service.service, upstream);
      this.#overridden.set(key, target);
    }
    return target;
  }
}

function compileUpstreams(upstreams: Iterable<Upstream>, targets: Iterable<Target>, marks: HealthMarks): ReadonlyMap<string, UpstreamTarget> {
  const peers = new Map<string, Peer[]>();
  for (const { upstream, target, weight } of [...targets].sort(byAge)) {
    const address = parseAddress(target);
    if (isAddressFault(address)) continue;
    const list = peers.get(upstream.id) ?? [];
    peers.set(upstream.id, list);
    // Documents keep a target as it was written; its address is the same with and without the default port.
    list.push({ target: formatAddress(address, 8000), host: address.host, port: address.port ?? 8000, weight: weight ?? 100 });
  }
  const compiled = new Map<string, UpstreamTarget>();
  for (const upstream of upstreams) {
    compiled.set(upstream.name, { upstream, balancer: roundRobin(peers.get(upstream.id) ?? [], marks.of(upstream.name)) });
  }
  marks.retain(new Map([...compiled].map(([name, { balancer }]) => [name, new Set(balancer.status().map(({ target }) => target))])));
  return compiled;
}

function byAge(a: Target, b: Target): number {
  return a.created_at - b.created_at || (a.id < b.id ? -1 : 1);
}
