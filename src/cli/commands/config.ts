import { onlySubcommands, type Register } from "../command.js";
import { convert } from "./config/convert.js";
import { dbExport } from "./config/db-export.js";
import { dbImport } from "./config/db-import.js";
import { diff } from "./config/diff.js";
import { init } from "./config/init.js";
import { parse } from "./config/parse.js";

/** `postern config` */
export const config: Register = (program, cli) => {
  const group = program.command("config").description("Work with declarative configuration files");
  for (const register of [init, parse, diff, convert, dbImport, dbExport]) register(group, cli);
  onlySubcommands(group);
};
