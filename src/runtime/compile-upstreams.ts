import type { Peer } from "../balancer/balancer.js";
import type { HealthMarks } from "../balancer/health-marks.js";
import { roundRobin } from "../balancer/round-robin.js";
import type { Target } from "../entities/targets.js";
import type { Upstream } from "../entities/upstreams.js";
import { formatAddress, isAddressFault, parseAddress } from "../util/address.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { UpstreamTarget } from "./destination.js";

export type Upstreams = ReadonlyMap<string, UpstreamTarget>;

const noTargets: readonly Target[] = [];

/** Makes the balancers of all upstreams. One whose upstream and targets are the same records goes on where it stands. */
export function* compileUpstreams(
  upstreams: Iterable<Upstream>,
  targets: Iterable<Target>,
  marks: HealthMarks,
  previous: Upstreams | undefined,
): Steps<Upstreams> {
  const byUpstream = new Map<string, Target[]>();
  let count = 0;
  for (const target of targets) {
    if (count++ % stepSize === 0) yield;
    const list = byUpstream.get(target.upstream.id);
    if (list) list.push(target);
    else byUpstream.set(target.upstream.id, [target]);
  }
  const compiled = new Map<string, UpstreamTarget>();
  for (const upstream of upstreams) {
    if (count++ % stepSize === 0) yield;
    const own = (byUpstream.get(upstream.id) ?? noTargets).toSorted(byAge);
    const before = previous?.get(upstream.name);
    compiled.set(upstream.name, isSame(before, upstream, own) ? before : compile(upstream, own, marks));
  }
  return compiled;
}

/** Forgets the marks of targets that are no more. */
export function retainMarks(upstreams: Upstreams, marks: HealthMarks): void {
  marks.retain(new Map([...upstreams].map(([name, { peers }]) => [name, new Set(peers.map(({ target }) => target))])));
}

function isSame(before: UpstreamTarget | undefined, upstream: Upstream, targets: readonly Target[]): before is UpstreamTarget {
  return (
    before?.upstream === upstream &&
    before.targets.length === targets.length &&
    before.targets.every((target, index) => target === targets[index])
  );
}

function compile(upstream: Upstream, targets: readonly Target[], marks: HealthMarks): UpstreamTarget {
  const peers: Peer[] = [];
  for (const { target, weight } of targets) {
    const address = parseAddress(target);
    if (isAddressFault(address)) continue;
    // Documents keep a target as it was written; its address is the same with and without the default port.
    peers.push({
      target: formatAddress(address, 8000),
      host: address.host,
      port: address.port ?? 8000,
      weight: weight ?? 100,
    });
  }
  return { upstream, targets, peers, balancer: roundRobin(peers, marks.of(upstream.name)) };
}

function byAge(a: Target, b: Target): number {
  return a.created_at - b.created_at || (a.id < b.id ? -1 : 1);
}
