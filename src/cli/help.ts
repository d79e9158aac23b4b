import type { Command } from "./command.js";

/**
 * The help text of one command, or the list of all.
 *
 * @param word - a command's name; the list for any other word
 */
export function helpText(commands: readonly Command[], word?: string): string {
  const command = commands.find(({ name }) => name === word);
  if (command) return command.usage;
  const width = Math.max(...commands.map(({ name }) => name.length), "help".length) + 2;
  const list = [...commands, { name: "help", summary: "Show this, or the help of a command" }];
  return [
    "Usage: postern COMMAND [OPTIONS]",
    "",
    "The available commands are:",
    ...list.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    "Run postern help COMMAND for the options of a command.",
  ].join("\n");
}
