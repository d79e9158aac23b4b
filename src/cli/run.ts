import type { Argument, Command, CommanderError } from "commander";
import { version as ownVersion } from "../version.js";
import { type Cli, exitCodes, onlySubcommands, type Register, UsageError } from "./command.js";
import { config } from "./commands/config.js";
import { health } from "./commands/health.js";
import { migrations } from "./commands/migrations.js";
import { plugin } from "./commands/plugin.js";
import { reload } from "./commands/reload.js";
import { schema } from "./commands/schema.js";
import { start } from "./commands/start.js";
import { version } from "./commands/version.js";
import { type Io, paint } from "./io.js";
import { reportError } from "./report.js";

const commands: readonly Register[] = [start, reload, health, config, schema, plugin, migrations, version];

/** Columns of help texts, at most. */
const HELP_WIDTH = 120;

/**
 * Runs the `postern` command.
 *
 * @param args - without node and the script
 * @param env - where settings by Kong's names are looked up; default: the environment of the process
 * @returns the exit code; see {@link exitCodes}
 */
export async function run(args: readonly string[], io: Io, env: Cli["env"] = process.env): Promise<number> {
  const { Command: Program, CommanderError: Failure } = await import("commander");
  const cli: Cli = { io, env, code: exitCodes.ok };
  const program = new Program("postern")
    .description("A Kong-compatible API gateway for Node.js.")
    .version(ownVersion, "-v, --version", "Print the version")
    .helpOption("-h, --help", "Show this")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text.replace(/\n$/, "")),
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(process.stdout.columns ?? HELP_WIDTH, HELP_WIDTH),
      getOutHasColors: () => io.colors?.out === true,
    })
    .configureHelp({
      // The terms of POSIX manuals: what is to be replaced is in capitals.
      optionTerm: ({ flags }) => flags.replace(/[<[]([\w-]+)[>\]]/g, (_, name: string) => name.toUpperCase()),
      argumentTerm: (argument) => argument.name().toUpperCase(),
      subcommandTerm: (command) => [command.name(), ...shownArguments(command).map((one) => one.name().toUpperCase())].join(" "),
      visibleArguments: shownArguments,
      styleTitle: (title) => paint(io, "out", "bold", title),
    });
  for (const register of commands) register(program, cli);
  onlySubcommands(program);
  try {
    await program.parseAsync(args.length === 0 ? ["--help"] : [...args], { from: "user" });
    return cli.code;
  } catch (error) {
    if (error instanceof Failure && error.exitCode === 0) return exitCodes.ok;
    const shown = error instanceof Failure ? new UsageError(messageFor(error, args)) : error;
    reportError(shown, io);
    if (shown instanceof UsageError) {
      const known = program.commands.some((command) => command.name() === args[0]);
      io.err(`\n  Run postern help${known ? ` ${args[0]}` : ""} for more details`);
    }
    return exitCodes.error;
  }
}

/** Those that are described: the others are there to be refused with a better message. */
function shownArguments(command: Command): Argument[] {
  return command.registeredArguments.filter(({ description }) => description !== "");
}

/** commander begins its messages with "error: ", and so do we; of help for a command that there is not, it says nothing. */
function messageFor({ code, message }: CommanderError, args: readonly string[]): string {
  if (code === "commander.help") return `No such command: ${args.at(-1)}`;
  const text = message.replace(/^error: /, "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
