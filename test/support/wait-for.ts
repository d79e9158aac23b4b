import { setTimeout as delay } from "node:timers/promises";

/** How {@link waitFor} polls. */
export interface WaitForOptions {
  /** Milliseconds until it gives up. Default 5,000. */
  readonly timeout?: number;
  /** Milliseconds between two looks. Default 5. */
  readonly interval?: number;
  /** What is awaited, for the message of the error. */
  readonly what?: string;
}

/**
 * Polls until `look` answers something truthy, and answers that. A throw of `look` counts as "not yet"; the last one is the cause of the
 * error when time is up.
 */
export async function waitFor<T>(look: () => T | Promise<T>, options: WaitForOptions = {}): Promise<NonNullable<T>> {
  const { timeout = 5_000, interval = 5, what = "the condition" } = options;
  const deadline = performance.now() + timeout;
  let cause: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(`${what} did not come about within ${timeout} ms`, { cause });
    await delay(interval);
  }
}
