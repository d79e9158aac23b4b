import type { CounterPolicy } from "./policy.js";

/** Stands for a store that cannot be reached because what would talk to it is missing: every use fails and says so. */
export class MissingClientPolicy implements CounterPolicy {
  readonly #message: string;

  /**
   * @param policy - as in the configuration
   * @param missing - what would have to be there
   */
  constructor(policy: string, missing: string) {
    this.#message = `policy '${policy}' cannot count requests: ${missing} is missing; use policy 'local'`;
  }

  usage(): never {
    throw new Error(this.#message);
  }

  increment(): never {
    throw new Error(this.#message);
  }
}
