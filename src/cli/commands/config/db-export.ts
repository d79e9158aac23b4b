import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Gateway } from "../../../gateway.js";
import { type Cli, examples, type Register, UsageError } from "../../command.js";
import { withDatabase } from "../../with-database.js";

interface Flags {
  readonly conf?: string;
  readonly format: string;
  readonly nested?: true;
  readonly ids: boolean;
  readonly defaults: boolean;
}

/** `postern config db_export` */
export const dbExport: Register = (group, cli) => {
  group
    .command("db_export")
    .alias("db-export")
    .description("Write the entities of the database into a file")
    .argument("[file]", "where to; - is standard output", "./kong.yml")
    .option("-c, --conf <file>", "a kong.conf with the settings of the database")
    .option("--format <format>", "yaml or json", "yaml")
    .option("--nested", "write what belongs to one other entity inside of it")
    .option("--no-ids", "leave out ids and time stamps, and refer by name")
    .option("--no-defaults", "leave out what is as it is without being written")
    .addHelpText(
      "after",
      `
Secrets that are stored as hashes are written as such, and the file says so (_transform: false). A file that is there
already stays as it is.
${examples(
  ["KONG_DATABASE=postgres postern config db_export backup.yml", "all of it"],
  ["postern config db_export -c kong.conf --nested --no-ids --no-defaults -", "to read it"],
)}`,
    )
    .action(async (file: string, flags: Flags) => {
      if (flags.format !== "yaml" && flags.format !== "json")
        throw new UsageError(`--format: '${flags.format}' is neither 'yaml' nor 'json'`);
      await withDatabase({ conf: flags.conf, cli, word: "db_export" }, (gateway) => write(file, flags, gateway, cli));
    });
};

async function write(file: string, { format, nested, ids, defaults }: Flags, gateway: Gateway, { io }: Cli): Promise<void> {
  const text = await gateway.exportConfig({ format: format as "yaml" | "json", nested: nested === true, ids, defaults });
  if (file === "-") {
    io.out(text.replace(/\n$/, ""));
    return;
  }
  try {
    // It holds secrets.
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`${resolve(file)} already exists. Will not overwrite it.`);
  }
}
