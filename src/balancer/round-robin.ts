import type { Balancer, Peer, PeerHealth } from "./balancer.js";

export interface RoundRobinOptions {
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Weighted round-robin as Kong does it: every peer stands on a wheel as often as its weight says (reduced by the greatest
 * common divisor), the wheel is shuffled once, and a pointer goes round. A retry takes the next place, whoever stands there.
 */
export function roundRobin(peers: readonly Peer[], health: PeerHealth, options: RoundRobinOptions = {}): Balancer {
  return new RoundRobin(peers, health, options.random ?? Math.random);
}

class RoundRobin implements Balancer {
  readonly #peers: readonly Peer[];
  readonly #health: PeerHealth;
  readonly #random: () => number;
  #wheel: Uint32Array;
  #next = 0;

  constructor(peers: readonly Peer[], health: PeerHealth, random: () => number) {
    this.#peers = peers;
    this.#health = health;
    this.#random = random;
    this.#wheel = this.#build();
  }

  pick(): Peer | undefined {
    const wheel = this.#wheel;
    if (wheel.length === 0) return undefined;
    if (this.#next >= wheel.length) this.#next = 0;
    const place = wheel[this.#next] as number;
    this.#next += 1;
    return this.#peers[place];
  }

  refresh(): void {
    this.#wheel = this.#build();
    this.#next = 0;
  }

  status(): ReturnType<Balancer["status"]> {
    return this.#peers.map(({ target, weight }) => ({
      target,
      weight,
      health: this.#health.isHealthy(target) ? "HEALTHY" : "UNHEALTHY",
    }));
  }

  /** Only healthy peers stand on the wheel, so that a pick never searches. */
  #build(): Uint32Array {
    const usable = this.#peers.map((peer, index) => ({ index, weight: this.#health.isHealthy(peer.target) ? peer.weight : 0 }));
    const divisor = usable.reduce((result, { weight }) => greatestCommonDivisor(result, weight), 0) || 1;
    const size = usable.reduce((sum, { weight }) => sum + weight / divisor, 0);
    const wheel = new Uint32Array(size);
    let place = 0;
    for (const { index, weight } of usable) {
      wheel.fill(index, place, place + weight / divisor);
      place += weight / divisor;
    }
    return shuffle(wheel, this.#random);
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Fisher–Yates. */
function shuffle(wheel: Uint32Array, random: () => number): Uint32Array {
  for (let i = wheel.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const value = wheel[i] as number;
    wheel[i] = wheel[j] as number;
    wheel[j] = value;
  }
  return wheel;
}
