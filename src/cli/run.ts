import { type Command, UsageError } from "./command.js";
import { config } from "./commands/config.js";
import { migrations } from "./commands/migrations.js";
import { start } from "./commands/start.js";
import { version } from "./commands/version.js";
import { helpText } from "./help.js";
import type { Io } from "./io.js";
import { reportError } from "./report.js";

const commands: readonly Command[] = [start, config, migrations, version];

/**
 * Runs the `postern` command.
 *
 * @param args - without node and the script
 * @returns the exit code: 0, or 1 for any error
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [word = "help", ...rest] = args;
  if (word === "help" || word === "--help" || word === "-h") {
    io.out(helpText(commands, rest[0]));
    return 0;
  }
  const command = commands.find(({ name }) => name === (word === "--version" || word === "-v" ? "version" : word));
  if (rest.includes("--help") || rest.includes("-h")) {
    io.out(helpText(commands, word));
    return 0;
  }
  try {
    if (!command) throw new UsageError(`No such command: ${word}`);
    return await command.run(rest, io);
  } catch (error) {
    reportError(error, io);
    if (error instanceof UsageError) io.err(`\n  Run postern help${command ? ` ${command.name}` : ""} for more details`);
    return 1;
  }
}
