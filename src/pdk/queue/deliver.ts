import { thrownText } from "../../util/thrown.js";
import type { QueueLimits } from "./parameters.js";
import { pause, unlessAborted } from "./pause.js";

/** Where a queue writes, and what ends it. */
export interface QueueEnvironment {
  readonly log: { info(message: string): void; warn(message: string): void; error(message: string): void };
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Aborted when the gateway closes and its grace is over. */
  readonly signal: AbortSignal;
}

/**
 * Sends a batch, again and again until its time is up. Never rejects.
 *
 * @param count - entries in the batch
 * @returns whether it was sent
 */
export async function deliver(
  count: number,
  limits: QueueLimits,
  { log, now, signal }: QueueEnvironment,
  send: (signal: AbortSignal) => unknown,
): Promise<boolean> {
  const started = now();
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      await unlessAborted(send(signal), signal);
      return true;
    } catch (error) {
      if (signal.aborted) break;
      log.warn(`handler could not process entries: ${thrownText(error)}`);
    }
    if (now() - started > limits.retryTime) {
      log.error(`could not send entries due to max_retry_time exceeded. ${count} queue entries were lost`);
      return false;
    }
    await pause(Math.min(limits.longestRetryDelay, limits.firstRetryDelay * 2 ** tries), signal);
  }
  log.error(`could not send entries before the gateway closed. ${count} queue entries were lost`);
  return false;
}
