import type { Io } from "./io.js";

/** One word that follows `postern`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help text. */
  readonly usage: string;
  /**
   * @param args - what follows the command's name
   * @returns the exit code
   * @throws UsageError when the arguments make no sense
   */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** The command line can not be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
