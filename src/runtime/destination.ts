import { isIP } from "node:net";
import { type Balancer, type Peer, singlePeer } from "../balancer/balancer.js";
import type { Certificate } from "../entities/certificates.js";
import type { Route } from "../entities/routes.js";
import type { Service } from "../entities/services.js";
import type { Upstream } from "../entities/upstreams.js";
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

/** Keeps one object per distinct origin, so that connection pools survive a reload. */
export class OriginTable {
  readonly #origins = new Map<string, Origin>();
  readonly #previous: ReadonlyMap<string, Origin> | null;

  constructor(previous?: OriginTable) {
    this.#previous = previous === undefined ? null : previous.#origins;
  }

  intern(origin: Origin): Origin {
    const { scheme, host, port, connectTimeout, tls } = origin;
    const key = `${scheme}|${host}|${port}|${connectTimeout}|${tls === null ? "" : JSON.stringify(tls)}`;
    let known = this.#origins.get(key);
    if (known === undefined) {
      known = this.#previous?.get(key) ?? origin;
      this.#origins.set(key, known);
    }
    return known;
  }

  all(): ReadonlySet<Origin> {
    return new Set(this.#origins.values());
  }
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
}

/** A service, ready to be proxied to. */
export class ServiceTarget {
  readonly service: Service;
  readonly balancer: Balancer;
  readonly retries: number;
  readonly writeTimeout: number;
  readonly readTimeout: number;
  readonly #certificate: Certificate | undefined;
  readonly #upstream: Upstream | null;
  readonly #origins: OriginTable;
  readonly #single: PeerTarget | null;
  readonly #targets = new Map<Peer, PeerTarget>();

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
    if (upstream === undefined) {
      const peer: Peer = { target: `${service.host}:${service.port}`, host: service.host, port: service.port, weight: 100 };
      this.#upstream = null;
      this.balancer = singlePeer(peer);
      this.#single = this.#makeTarget(peer);
    } else {
      this.#upstream = upstream.upstream;
      this.balancer = upstream.balancer;
      this.#single = null;
    }
  }

  targetOf(peer: Peer): PeerTarget {
    if (this.#single !== null) return this.#single;
    let target = this.#targets.get(peer);
    if (target === undefined) {
      target = this.#makeTarget(peer);
      this.#targets.set(peer, target);
    }
    return target;
  }

  #makeTarget(peer: Peer): PeerTarget {
    const scheme = schemeOf(this.service.protocol);
    const name = this.#upstream?.host_header ?? bracketed(peer.host);
    return {
      hostHeader: isDefaultPort(scheme, peer.port) ? name : `${name}:${peer.port}`,
      origin: this.originFor(peer.host, peer.port, scheme, this.#upstream?.host_header ?? peer.host),
    };
  }

  /** @param serverName - what the `Host` header says, port or not; the TLS server name unless it is an IP address */
  originFor(host: string, port: number, scheme: "http" | "https", serverName: string, connectTimeout?: number): Origin {
    const { service } = this;
    const address = host.startsWith("[") ? host.slice(1, -1) : host;
    return this.#origins.intern({
      scheme,
      host: address,
      port,
      connectTimeout: connectTimeout ?? service.connect_timeout ?? 60_000,
      tls:
        scheme === "http"
          ? null
          : {
              servername: tlsName(serverName),
              verify: service.tls_verify === true,
              ca: null,
              cert: this.#certificate?.cert ?? null,
              key: this.#certificate?.key ?? null,
            },
    });
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
