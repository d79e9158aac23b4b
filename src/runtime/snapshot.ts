import type { HealthMarks } from "../balancer/health-marks.js";
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
import { type RouterFlavor, routerSteps } from "../router/build-router.js";
import type { Router } from "../router/router.js";
import { type Steps, stepSize } from "../util/steps.js";
import { CertificateIndex } from "./certificate-index.js";
import { compileUpstreams, retainMarks, type Upstreams } from "./compile-upstreams.js";
import { Destination, type Origin, OriginTable, ServiceTarget, type UpstreamTarget } from "./destination.js";
import { certificatesWithSecrets, pluginsWithSecrets, type StoredVault, secretResolver } from "./secrets.js";

/** What a snapshot is made from. */
export interface SnapshotSource {
  readonly entities: EntityReader & {
    all(entity: string): Iterable<unknown>;
    /** In no particular order. */
    each?(entity: string): Iterable<unknown>;
  };
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

/** The parts of a snapshot. */
interface SnapshotParts {
  readonly entities: EntityReader;
  readonly router: Router<number>;
  readonly destinations: readonly Destination[];
  readonly globals: GlobalPlan;
  readonly plugins: PluginIndex;
  readonly upstreams: Upstreams;
  readonly certificates: CertificateIndex;
  readonly origins: OriginTable;
  readonly services: ReadonlyMap<string, ServiceTarget>;
  readonly hasSecrets: boolean;
}

/** All that requests need of one configuration, compiled. Immutable: a new configuration is a new snapshot. */
export class Snapshot implements SnapshotParts {
  readonly entities: EntityReader;
  /** Finds the position in {@link destinations}: a change of plugins or services leaves it as it is. */
  readonly router: Router<number>;
  readonly destinations: readonly Destination[];
  readonly globals: GlobalPlan;
  readonly plugins: PluginIndex;
  readonly upstreams: Upstreams;
  readonly certificates: CertificateIndex;
  readonly origins: OriginTable;
  readonly services: ReadonlyMap<string, ServiceTarget>;
  /** References to vaults have been resolved for it: what they lead to may be something else the next time. */
  readonly hasSecrets: boolean;
  readonly #overridden = new Map<string, ServiceTarget>();

  constructor(parts: SnapshotParts) {
    this.entities = parts.entities;
    this.router = parts.router;
    this.destinations = parts.destinations;
    this.globals = parts.globals;
    this.plugins = parts.plugins;
    this.upstreams = parts.upstreams;
    this.certificates = parts.certificates;
    this.origins = parts.origins;
    this.services = parts.services;
    this.hasSecrets = parts.hasSecrets;
  }

  /** A service as it is reached over another upstream, which a plugin chose. `undefined`: there is no upstream of that name. */
  serviceOver(service: ServiceTarget, upstreamName: string): ServiceTarget | undefined {
    const upstream = this.upstreams.get(upstreamName);
    if (upstream === undefined) return undefined;
    const key = `${service.service.id}|${upstreamName}`;
    let target = this.#overridden.get(key);
    if (target === undefined) {
      target = new ServiceTarget(
        service.service,
        upstream,
        this.origins,
        this.certificates.get(certificateOf(service.service, upstream)),
      );
      this.#overridden.set(key, target);
    }
    return target;
  }

  /** The origins that requests have gone to and that are still configured: the connections to all others may be closed. */
  retainOrigins(): ReadonlySet<Origin> {
    const origins = new Set<Origin>();
    for (const service of this.services.values()) service.addOrigins(origins);
    for (const service of this.#overridden.values()) service.addOrigins(origins);
    this.origins.retain(origins);
    return origins;
  }
}

/** Compiles a snapshot, step by step. */
export function* compileSnapshot(source: SnapshotSource): Steps<Snapshot> {
  const { previous, changed, marks } = source;
  const kept = changed === undefined ? undefined : previous;
  const all = <T>(name: string): Iterable<T> => (source.entities.each?.(name) ?? source.entities.all(name)) as Iterable<T>;
  /** The previous part, unless one of these entities has changed. */
  const keep = <T>(part: (snapshot: Snapshot) => T, names: readonly string[]): T | undefined =>
    kept === undefined || names.some((name) => changed?.has(name)) ? undefined : part(kept);
  let hasSecrets = keep((snapshot) => snapshot.hasSecrets, ["plugins", "certificates", "vaults"]) ?? false;
  const resolve = secretResolver(source.node, all<StoredVault>("vaults"));
  const resolveAndTell = (reference: string): string => {
    hasSecrets = true;
    return resolve(reference);
  };

  // No `yield` behind a `??`: what makes CommonJS of it in the build does not understand that.
  const samePlugins = keep((snapshot) => snapshot.plugins, ["plugins", "vaults"]);
  const plugins = samePlugins
    ? samePlugins
    : yield* indexPlugins(
        source.plugins,
        pluginsWithSecrets(all<PluginEntity>("plugins"), source.plugins, resolveAndTell),
        previous?.plugins,
      );
  const certificates =
    keep((snapshot) => snapshot.certificates, ["certificates", "snis", "vaults"]) ??
    new CertificateIndex(certificatesWithSecrets(all<Certificate>("certificates"), resolveAndTell), all<Sni>("snis"));
  const sameUpstreams = keep((snapshot) => snapshot.upstreams, ["upstreams", "targets"]);
  const upstreams = sameUpstreams
    ? sameUpstreams
    : yield* compileUpstreams(all<Upstream>("upstreams"), all<Target>("targets"), marks, previous?.upstreams);
  const origins = previous?.origins ?? new OriginTable();
  const sameServices =
    certificates === kept?.certificates && upstreams === kept.upstreams ? keep((it) => it.services, ["services"]) : undefined;
  const services = sameServices
    ? sameServices
    : yield* compileServices(all<Service>("services"), { upstreams, certificates, origins, previous });

  const routes: Route[] = [];
  for (const route of all<Route>("routes")) {
    if (routes.length % stepSize === 0) yield;
    if (isReachable(route, services)) routes.push(route);
  }
  const sameRoutes =
    kept?.destinations.length === routes.length && routes.every((route, at) => route === kept.destinations[at]?.route);
  const destinations =
    sameRoutes && sameServices && plugins === kept.plugins
      ? kept.destinations
      : yield* compileDestinations(routes, services, plugins, previous);
  const router =
    sameRoutes && kept
      ? kept.router
      : yield* routerSteps(
          routes.map((route, value) => ({ route, value })),
          { flavor: source.flavor, onSkipped: source.skipped },
        );
  if (upstreams !== previous?.upstreams) retainMarks(upstreams, marks);
  return new Snapshot({
    entities: source.entities,
    router,
    destinations,
    plugins,
    globals: plugins === kept?.plugins ? kept.globals : makeGlobalPlan(plugins),
    upstreams,
    certificates,
    origins,
    services,
    hasSecrets,
  });
}

function certificateOf(service: Service, upstream: UpstreamTarget | undefined): string {
  return service.client_certificate?.id ?? upstream?.upstream.client_certificate?.id ?? "";
}

/** What services are compiled with. */
interface ServiceContext {
  readonly upstreams: Upstreams;
  readonly certificates: CertificateIndex;
  readonly origins: OriginTable;
  readonly previous: Snapshot | undefined;
}

function* compileServices(
  services: Iterable<Service>,
  { upstreams, certificates, origins, previous }: ServiceContext,
): Steps<ReadonlyMap<string, ServiceTarget>> {
  const compiled = new Map<string, ServiceTarget>();
  let count = 0;
  for (const service of services) {
    if (count++ % stepSize === 0) yield { phase: "compile", done: count, total: 0 };
    if (!service.enabled) continue;
    const upstream = upstreams.get(service.host);
    const certificate = certificates.get(certificateOf(service, upstream));
    const before = previous?.services.get(service.id);
    if (before?.isOf(service, upstream, certificate)) {
      compiled.set(service.id, before);
      continue;
    }
    const target = new ServiceTarget(service, upstream, origins, certificate);
    if (!origins.isEmpty) target.adoptOrigins();
    compiled.set(service.id, target);
  }
  return compiled;
}

/** Whether a route serves HTTP. That of a disabled service is not there at all, so that it does not hide others. */
function isReachable({ protocols, service }: Route, services: ReadonlyMap<string, ServiceTarget>): boolean {
  return (
    protocols.some((protocol) => protocol.startsWith("http") || protocol.startsWith("grpc")) &&
    (service === null || services.has(service.id))
  );
}

function* byRoute(destinations: readonly Destination[]): Steps<ReadonlyMap<Route, Destination>> {
  const known = new Map<Route, Destination>();
  for (const destination of destinations) {
    if (known.size % stepSize === 0) yield;
    known.set(destination.route, destination);
  }
  return known;
}

function* compileDestinations(
  routes: readonly Route[],
  services: ReadonlyMap<string, ServiceTarget>,
  plugins: PluginIndex,
  previous: Snapshot | undefined,
): Steps<readonly Destination[]> {
  const earlier = previous?.plugins === plugins ? previous.destinations : [];
  let known: ReadonlyMap<Route, Destination> | undefined;
  const destinations: Destination[] = [];
  for (const route of routes) {
    if (destinations.length % stepSize === 0) yield { phase: "compile", done: destinations.length, total: routes.length };
    const service = route.service === null ? null : (services.get(route.service.id) ?? null);
    let before = earlier[destinations.length];
    if (before?.route !== route) {
      // Something before it has come or gone.
      if (known === undefined) known = yield* byRoute(earlier);
      before = known.get(route);
    }
    destinations.push(before?.service === service ? before : new Destination(route, service, plugins));
  }
  return destinations;
}
