import { DatabaseError } from "../../../errors/dao-errors.js";

/** Lets so many at a time, and the others wait in order. */
export class Turns {
  readonly #limit: number;
  readonly #timeout: number;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  /** @param timeout - milliseconds that one waits at most */
  constructor(limit: number, timeout: number) {
    this.#limit = limit;
    this.#timeout = timeout;
  }

  /** @throws `DatabaseError` (rejects) when there was no turn in time */
  async take(): Promise<void> {
    if (this.#taken < this.#limit) {
      this.#taken += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(next);
        reject(new DatabaseError(`no connection to PostgreSQL was free within ${this.#timeout} ms`));
      }, this.#timeout);
      const next = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(next);
    });
  }

  /** Gives the turn to the next one. */
  pass(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
