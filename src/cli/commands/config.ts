import { readFile } from "node:fs/promises";
import { loadDeclarative } from "../../declarative/load.js";
import { loadPlugins } from "../../gateway-plugins.js";
import { entityDefinitions } from "../../gateway-store.js";
import { type Command, UsageError } from "../command.js";
import type { Io } from "../io.js";
import { parseArgs } from "../parse-args.js";
import { reportError } from "../report.js";

const usage = `Usage: postern config parse FILE

Work with declarative configuration files.

  parse FILE  Check a YAML or JSON file without loading it. Prints "parse successful", or each fault with its
              line and column in the file; the exit code is 1 then.`;

/** `postern config` */
export const config: Command = {
  name: "config",
  summary: "Work with declarative configuration files",
  usage,
  run: async (args, io) => {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const [word, file, ...more] = positionals;
    if (word !== "parse") throw new UsageError(word === undefined ? "expected a command" : `No such command for config: ${word}`);
    if (file === undefined) throw new UsageError("expected a declarative configuration file; see `postern help config`");
    if (more.length > 0) throw new UsageError(`one file only, not also '${more.join(" ")}'`);
    return parse(file, io);
  },
};

async function parse(file: string, io: Io): Promise<number> {
  try {
    const text = await readFile(file, "utf8");
    const entities = Object.values(entityDefinitions(loadPlugins().all));
    const { warnings } = loadDeclarative(text, { entities, filename: file, dbless: false });
    for (const { line, column, path, message } of warnings) {
      io.err(`${[file, line, column].filter((part) => part !== undefined).join(":")}: warning: ${path}: ${message}`);
    }
  } catch (error) {
    reportError(error, io, file);
    return 1;
  }
  io.out("parse successful");
  return 0;
}
