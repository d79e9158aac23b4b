import type { PeerHealth } from "./balancer.js";

/** Marks set by hand, per upstream name and target. Kept over changes of configuration for targets that stay. */
export class HealthMarks {
  readonly #unhealthy = new Map<string, Set<string>>();

  /** Grows with every mark. */
  version = 0;

  /** The view of one upstream. */
  of(upstream: string): PeerHealth {
    return { isHealthy: (target) => this.#unhealthy.get(upstream)?.has(target) !== true };
  }

  mark(upstream: string, target: string, healthy: boolean): void {
    this.version += 1;
    const marked = this.#unhealthy.get(upstream);
    if (healthy) marked?.delete(target);
    else if (marked === undefined) this.#unhealthy.set(upstream, new Set([target]));
    else marked.add(target);
  }

  /** Forgets the marks of what is no longer configured. */
  retain(targets: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const [upstream, marked] of this.#unhealthy) {
      const known = targets.get(upstream);
      for (const target of marked) if (known?.has(target) !== true) marked.delete(target);
      if (marked.size === 0) this.#unhealthy.delete(upstream);
    }
  }
}
