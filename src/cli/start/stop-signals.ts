/**
 * Waits for SIGTERM or SIGINT and lets everything end; a second one ends the process at once.
 *
 * @param end - lets everything end, and answers the exit code
 * @param kill - called before the process is ended at once
 */
export function untilStopped(end: () => Promise<number>, kill: () => void = () => undefined): Promise<number> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (): void => {
      if (isStopping) {
        kill();
        process.exit(1);
      }
      isStopping = true;
      resolve(end());
    };
    process.on("SIGTERM", stop).on("SIGINT", stop);
  });
}
