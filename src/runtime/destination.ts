import { isIP } from "node:net";
import { type Balancer, type Peer, singlePeer } from "../balancer/balancer.js";
import type { Certificate } from "../entities/certificates.js";
import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { Target } from "../entities/targets.js";
import type { Upstream } from "../entities/upstreams.js";
import type { UpstreamTlsEdits } from "../pdk/request-context.js";
import { makePlan, type Plan } from "../plugin-runner/plan.js";
import type { PluginIndex } from "../plugin-runner/plugin-index.js";
import type { UpstreamTls } from "../proxy/transport.js";

/** Everything that decides which connections fit. The same object stands for the same settings over all snapshots. */
export interface Origin {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly connectTimeout: number;
  readonly tls: UpstreamTls | null;
}

/** Keeps one object per distinct origin, so that connection pools survive a reload. All snapshots of a gateway share it. */
export class OriginTable {
  readonly #origins = new Map<string, Origin>();

  intern(origin: Origin): Origin {
    const key = keyOf(origin);
    const known = this.#origins.get(key);
    if (known !== undefined) return known;
    this.#origins.set(key, origin);
    return origin;
  }

  /** Whether somebody has asked for such an origin already. */
  has(origin: Origin): boolean {
    return this.#origins.has(keyOf(origin));
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0;
  }

  /** Forgets all others. */
  retain(origins: ReadonlySet<Origin>): void {
    for (const [key, origin] of this.#origins) if (!origins.has(origin)) this.#origins.delete(key);
  }
}

function keyOf({ scheme, host, port, connectTimeout, tls }: Origin): string {
  return `${scheme}|${host}|${port}|${connectTimeout}|${tls === null ? "" : JSON.stringify(tls)}`;
}

/** A peer as one service reaches it. */
export interface PeerTarget {
  readonly origin: Origin;
  /** The `Host` header for it, unless the route preserves the client's. */
  readonly hostHeader: string;
}

/** An upstream entity with its balancer. */
export interface UpstreamTarget {
  readonly upstream: Upstream;
  readonly balancer: Balancer;
  /** In order of age: what the balancer was made from. */
  readonly targets: readonly Target[];
  readonly peers: readonly Peer[];
}

/** A service, ready to be proxied to. */
export class ServiceTarget {
  readonly service: Service;
  readonly retries: number;
  readonly writeTimeout: number;
  readonly readTimeout: number;
  readonly #certificate: Certificate | undefined;
  readonly #upstream: UpstreamTarget | undefined;
  readonly #origins: OriginTable;
  /** Without an upstream: the only one, once somebody has asked for it. */
  #peer: Peer | null = null;
  #balancer: Balancer | null;
  #single: PeerTarget | null = null;
  #targets: Map<Peer, PeerTarget> | null = null;

  constructor(
    service: Service,
    upstream: UpstreamTarget | undefined,
    origins: OriginTable,
    certificate: Certificate | undefined,
  ) {
    this.service = service;
    this.#certificate = certificate;
    this.retries = service.retries ?? 5;
    this.writeTimeout = service.write_timeout ?? 60_000;
    this.readTimeout = service.read_timeout ?? 60_000;
    this.#origins = origins;
    this.#upstream = upstream;
    this.#balancer = upstream?.balancer ?? null;
  }

  get balancer(): Balancer {
    this.#balancer ??= singlePeer(this.#onlyPeer());
    return this.#balancer;
  }

  #onlyPeer(): Peer {
    const { host, port } = this.service;
    this.#peer ??= { target: `${host}:${port}`, host, port, weight: 100 };
    return this.#peer;
  }

  /** Made from the very same records. */
  isOf(service: Service, upstream: UpstreamTarget | undefined, certificate: Certificate | undefined): boolean {
    return this.service === service && this.#upstream === upstream && this.#certificate === certificate;
  }

  /** Goes on with the origins for which there are connections. All others wait until somebody asks for them. */
  adoptOrigins(): void {
    for (const peer of this.#upstream?.peers ?? [this.#onlyPeer()]) {
      if (this.#origins.has(this.#peerOrigin(peer))) this.targetOf(peer);
    }
  }

  /** Adds the origins that requests have gone to. */
  addOrigins(origins: Set<Origin>): void {
    if (this.#single !== null) origins.add(this.#single.origin);
    for (const { origin } of this.#targets?.values() ?? []) origins.add(origin);
  }

  targetOf(peer: Peer): PeerTarget {
    if (this.#upstream === undefined) {
      this.#single ??= this.#makeTarget(peer);
      return this.#single;
    }
    this.#targets ??= new Map();
    let target = this.#targets.get(peer);
    if (target === undefined) {
      target = this.#makeTarget(peer);
      this.#targets.set(peer, target);
    }
    return target;
  }

  #makeTarget(peer: Peer): PeerTarget {
    const scheme = schemeOf(this.service.protocol);
    const name = this.#upstream?.upstream.host_header ?? bracketed(peer.host);
    return {
      hostHeader: isDefaultPort(scheme, peer.port) ? name : `${name}:${peer.port}`,
      origin: this.#origins.intern(this.#peerOrigin(peer)),
    };
  }

  #peerOrigin(peer: Peer): Origin {
    const serverName = this.#upstream?.upstream.host_header ?? peer.host;
    return this.#makeOrigin(peer.host, peer.port, schemeOf(this.service.protocol), serverName, undefined, null);
  }

  /** @param serverName - what the `Host` header says, port or not; the TLS server name unless it is an IP address */
  originFor(
    host: string,
    port: number,
    scheme: "http" | "https",
    serverName: string,
    connectTimeout?: number,
    edits: UpstreamTlsEdits | null = null,
  ): Origin {
    return this.#origins.intern(this.#makeOrigin(host, port, scheme, serverName, connectTimeout, edits));
  }

  #makeOrigin(
    host: string,
    port: number,
    scheme: "http" | "https",
    serverName: string,
    connectTimeout: number | undefined,
    edits: UpstreamTlsEdits | null,
  ): Origin {
    const { service } = this;
    const address = host.startsWith("[") ? host.slice(1, -1) : host;
    return {
      scheme,
      host: address,
      port,
      connectTimeout: connectTimeout ?? service.connect_timeout ?? 60_000,
      tls:
        scheme === "http"
          ? null
          : {
              servername: tlsName(serverName),
              verify: edits?.verify ?? service.tls_verify === true,
              ca: edits?.ca === undefined ? null : [edits.ca],
              cert: edits?.cert ?? this.#certificate?.cert ?? null,
              key: edits?.key ?? this.#certificate?.key ?? null,
            },
    };
  }
}

export function schemeOf(protocol: string): "http" | "https" {
  return protocol === "https" || protocol === "grpcs" || protocol === "tls" ? "https" : "http";
}

export function isDefaultPort(scheme: "http" | "https", port: number): boolean {
  return port === (scheme === "https" ? 443 : 80);
}

/** An IPv6 address in brackets, anything else as it is. */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

export function tlsName(host: string): string | null {
  const name = host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:\d+$/, "");
  return isIP(name) !== 0 || name === "" ? null : name;
}

/** A route with all that its requests need. The plan is made when the first request comes: start-up stays cheap. */
export class Destination {
  readonly route: Route;
  readonly service: ServiceTarget | null;
  /** Plain HTTP is answered with 426 or a redirect. */
  readonly httpsOnly: boolean;
  readonly grpc: boolean;
  readonly grpcsOnly: boolean;
  readonly #index: PluginIndex;
  #plan: Plan | null = null;

  constructor(route: Route, service: ServiceTarget | null, index: PluginIndex) {
    this.route = route;
    this.service = service;
    this.#index = index;
    const protocols: readonly string[] = route.protocols;
    this.httpsOnly = protocols.includes("https") && !protocols.includes("http");
    this.grpc = protocols.includes("grpc") || protocols.includes("grpcs");
    this.grpcsOnly = this.grpc && !protocols.includes("grpc");
  }

  get plan(): Plan {
    this.#plan ??= makePlan(this.#index, this.route.id, this.service?.service.id ?? "");
    return this.#plan;
  }
}
