import type { Command } from "commander";
import type { Io } from "./io.js";

/** What the commands of one run share. */
export interface Cli {
  readonly io: Io;
  /** Of the process: nothing but the settings of Kong's names and `NO_COLOR` is read from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The exit code of the run. */
  code: number;
}

/** Adds one word that follows `postern` (or a group of such) to the program. */
export type Register = (program: Command, cli: Cli) => void;

/** The command line can not be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the numbers that commands exit with mean. */
export const exitCodes = {
  ok: 0,
  error: 1,
  /** `config diff`: the two are not the same. */
  different: 2,
  /** `migrations list`, as Kong has it. */
  needsBootstrap: 3,
  pending: 4,
  new: 5,
} as const;

/** The text of a command's help that shows how it is used. */
export function examples(...lines: readonly (readonly [command: string, meaning: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const list = lines.map(([command, meaning]) => `  $ ${command.padEnd(width)}  ${meaning}`);
  return ["", "Examples:", ...list].join("\n");
}

/** Gives a command that has only sub-commands an answer for when none of them is called. */
export function onlySubcommands(group: Command): void {
  const of = group.parent ? ` for ${group.name()}` : "";
  group
    .argument("[command]")
    .usage("COMMAND [OPTIONS]")
    .helpCommand("help [command]", "Show this, or the help of a command")
    .allowExcessArguments()
    .action((word?: string) => {
      throw new UsageError(word === undefined ? "expected a command" : `No such command${of}: ${word}`);
    });
}

/**
 * Reads a port.
 *
 * @param option - for the message
 * @throws UsageError unless it is a whole number between 0 and 65535
 */
export function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`${option}: '${text}' is not a port`);
  return port;
}
