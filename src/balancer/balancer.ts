/** An address that requests may go to. */
export interface Peer {
  /** The target as it was written, normalised: `host:port`. */
  readonly target: string;
  /** Address to connect to: a name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

/** Which peers may be used. Outlives a change of configuration, so that a sick peer stays out. */
export interface PeerHealth {
  isHealthy(target: string): boolean;
}

/** The state of one peer, for people and the Admin API. */
export interface PeerStatus {
  readonly target: string;
  readonly weight: number;
  readonly health: "HEALTHY" | "UNHEALTHY";
}

/**
 * Chooses a peer for each try of a request. Algorithms that count or measure learn through `release`.
 *
 * A request that is tried again hands in the peers that have failed it; algorithms may avoid them.
 */
export interface Balancer {
  /**
   * @param failed - peers that already failed this request; `null` at the first try
   * @param hashInput - what consistent hashing works on; other algorithms ignore it
   * @returns `undefined` when no peer may be used
   */
  pick(failed: readonly Peer[] | null, hashInput?: string): Peer | undefined;
  /** A try is over. Called once for every pick. */
  release?(peer: Peer, outcome: PeerOutcome): void;
  /** Health marks have changed. */
  refresh(): void;
  status(): readonly PeerStatus[];
}

/** How a try ended. */
export interface PeerOutcome {
  /** The upstream's status; 0 when there was none. */
  readonly status: number;
  readonly timedOut: boolean;
  /** Milliseconds from the pick to the head of the response. */
  readonly duration: number;
}

/** Always the one peer: a service whose host is not the name of an upstream. */
export function singlePeer(peer: Peer): Balancer {
  return new SinglePeer(peer);
}

/** A class and no closures: there is one for nearly every service. */
class SinglePeer implements Balancer {
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  pick(): Peer {
    return this.#peer;
  }

  refresh(): void {}

  status(): readonly PeerStatus[] {
    return [{ target: this.#peer.target, weight: this.#peer.weight, health: "HEALTHY" }];
  }
}
