import type { Peer } from "../balancer/balancer.js";
import type { HealthMarks } from "../balancer/health-marks.js";
import { roundRobin } from "../balancer/round-robin.js";
import type { Certificate } from "../entities/certificates.js";
import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { Sni } from "../entities/snis.js";
import type { Target } from "../entities/targets.js";
import type { Upstream } from "../entities/upstreams.js";
import type { NodeContext } from "../pdk/node-context.js";
import type { EntityReader } from "../pdk/request-context.js";
import type { AnyPlugin } from "../plugin-runner/define-plugin.js";
import { type GlobalPlan, makeGlobalPlan } from "../plugin-runner/plan.js";
import { indexPlugins, type PluginEntity, type PluginIndex } from "../plugin-runner/plugin-index.js";
import { buildRouter, type RouterFlavor } from "../router/build-router.js";
import type { Router } from "../router/router.js";
import { formatAddress, isAddressFault, parseAddress } from "../util/address.js";
import { CertificateIndex } from "./certificate-index.js";
import { Destination, OriginTable, ServiceTarget, type UpstreamTarget } from "./destination.js";
import { certificatesWithSecrets, pluginsWithSecrets, type StoredVault, secretResolver } from "./secrets.js";

/** What a snapshot is made from. */
export interface SnapshotSource {
  readonly entities: EntityReader & { all(entity: string): Iterable<unknown> };
  readonly plugins: ReadonlyMap<string, AnyPlugin>;
  readonly marks: HealthMarks;
  /** Where secrets come from, and where it is said that one is missing. */
  readonly node: Pick<NodeContext, "vaults" | "logger">;
  readonly flavor: RouterFlavor;
  readonly previous?: Snapshot;
  /** The entities that differ from the previous snapshot, whose other parts are used again. Default: all of them. */
  readonly changed?: ReadonlySet<string>;
  /** Told of a route that could not be put into the router. */
  readonly skipped: (routeId: string, reason: string) => void;
}

/** All that requests need of one configuration, compiled. Immutable: a new configuration is a new snapshot. */
export class Snapshot {
  readonly entities: EntityReader;
  /** Finds the position in {@link destinations}: a change of plugins or services leaves it as it is. */
  readonly router: Router<number>;
  readonly destinations: readonly Destination[];
  readonly globals: GlobalPlan;
  readonly plugins: PluginIndex;
  readonly upstreams: ReadonlyMap<string, UpstreamTarget>;
  readonly certificates: CertificateIndex;
  readonly origins: OriginTable;
  readonly #services: ReadonlyMap<string, ServiceTarget>;
  readonly #routes: readonly Route[];
  readonly #overridden = new Map<string, ServiceTarget>();

  constructor(source: SnapshotSource) {
    const { entities, previous, changed } = source;
    const kept = changed === undefined ? undefined : previous;
    /** The previous part, unless one of these entities has changed. */
    const keep = <T>(part: (snapshot: Snapshot) => T, names: readonly string[]): T | undefined =>
      kept === undefined || names.some((name) => changed?.has(name)) ? undefined : part(kept);
    const resolve = secretResolver(source.node, entities.all("vaults") as Iterable<StoredVault>);
    this.entities = entities;
    this.plugins =
      keep(({ plugins }) => plugins, ["plugins", "vaults"]) ??
      indexPlugins(
        source.plugins,
        pluginsWithSecrets(entities.all("plugins") as Iterable<PluginEntity>, source.plugins, resolve),
      );
    this.globals = this.plugins === kept?.plugins ? kept.globals : makeGlobalPlan(this.plugins);
    this.certificates =
      keep(({ certificates }) => certificates, ["certificates", "snis", "vaults"]) ??
      new CertificateIndex(
        certificatesWithSecrets(entities.all("certificates") as Iterable<Certificate>, resolve),
        entities.all("snis") as Iterable<Sni>,
      );
    this.upstreams =
      keep(({ upstreams }) => upstreams, ["upstreams", "targets"]) ??
      compileUpstreams(
        entities.all("upstreams") as Iterable<Upstream>,
        entities.all("targets") as Iterable<Target>,
        source.marks,
      );
    const sameServices =
      this.certificates === kept?.certificates && this.upstreams === kept.upstreams
        ? keep((snapshot) => snapshot, ["services"])
        : undefined;
    this.origins = sameServices?.origins ?? new OriginTable(previous?.origins);
    this.#services = sameServices ? sameServices.#services : this.#compileServices(entities.all("services") as Iterable<Service>);
    this.#routes = this.#reachable(entities.all("routes") as Iterable<Route>);
    const sameRoutes = kept !== undefined && sameItems(this.#routes, kept.#routes) ? kept : undefined;
    this.destinations =
      sameRoutes && sameServices && this.plugins === kept?.plugins
        ? sameRoutes.destinations
        : this.#routes.map((route) => new Destination(route, this.#serviceOf(route) ?? null, this.plugins));
    this.router =
      sameRoutes?.router ??
      buildRouter(
        this.#routes.map((route, value) => ({ route, value })),
        { flavor: source.flavor, onSkipped: source.skipped },
      );
  }

  #compileServices(services: Iterable<Service>): ReadonlyMap<string, ServiceTarget> {
    const compiled = new Map<string, ServiceTarget>();
    for (const service of services) {
      if (service.enabled) compiled.set(service.id, this.#compileService(service, this.upstreams.get(service.host)));
    }
    return compiled;
  }

  #compileService(service: Service, upstream: UpstreamTarget | undefined): ServiceTarget {
    const id = service.client_certificate?.id ?? upstream?.upstream.client_certificate?.id;
    return new ServiceTarget(service, upstream, this.origins, id === undefined ? undefined : this.certificates.get(id));
  }

  /** `undefined` when it is disabled, `null` when the route has none. */
  #serviceOf({ service }: Route): ServiceTarget | null | undefined {
    return service === null ? null : this.#services.get(service.id);
  }

  /** The routes for HTTP. Those of a disabled service are not there at all, so that they do not hide others. */
  #reachable(routes: Iterable<Route>): readonly Route[] {
    return [...routes].filter(
      (route) =>
        route.protocols.some((protocol) => protocol.startsWith("http") || protocol.startsWith("grpc")) &&
        this.#serviceOf(route) !== undefined,
    );
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

function compileUpstreams(
  upstreams: Iterable<Upstream>,
  targets: Iterable<Target>,
  marks: HealthMarks,
): ReadonlyMap<string, UpstreamTarget> {
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
  marks.retain(
    new Map([...compiled].map(([name, { balancer }]) => [name, new Set(balancer.status().map(({ target }) => target))])),
  );
  return compiled;
}

function byAge(a: Target, b: Target): number {
  return a.created_at - b.created_at || (a.id < b.id ? -1 : 1);
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
