/**
 * Waits for some time, no longer than until a signal is aborted. It does not keep the process alive.
 *
 * @param onWaiting - gets what ends the wait early
 */
export function pause(ms: number, signal: AbortSignal, onWaiting?: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    signal.addEventListener("abort", done, { once: true });
    onWaiting?.(done);
  });
}

/**
 * What a promise comes to, but no later than when a signal is aborted.
 *
 * @throws Error (rejects) with the promise's own error, or when the signal was first
 */
export function unlessAborted(running: unknown, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(new Error("aborted"));
    signal.addEventListener("abort", aborted, { once: true });
    const over = (): void => signal.removeEventListener("abort", aborted);
    Promise.resolve(running).finally(over).then(resolve, reject);
  });
}
