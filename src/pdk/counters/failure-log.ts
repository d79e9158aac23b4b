import { thrownText } from "../../util/thrown.js";

/** Logs the failures of a store of counters: one that lasts is worth one line, not one with each request. */
export class FailureLog {
  #last: string | undefined;

  /** @param what - what could not be done */
  tell(log: { error(message: string): void }, what: string, error: unknown): void {
    const failure = `${what}: ${thrownText(error)}`;
    if (this.#last === failure) return;
    this.#last = failure;
    log.error(failure);
  }
}
