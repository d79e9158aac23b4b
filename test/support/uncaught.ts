import { afterEach, beforeEach } from "vitest";

/**
 * What nobody has caught while a test of the file runs: it would end a host's process, and vitest would only report it at the end, of some
 * test or other.
 */
export function noteUncaught(): readonly unknown[] {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  beforeEach(() => {
    uncaught.length = 0;
    process.on("unhandledRejection", note);
  });
  afterEach(() => {
    process.off("unhandledRejection", note);
  });
  return uncaught;
}
