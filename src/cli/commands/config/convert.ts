import { readFile, writeFile } from "node:fs/promises";
import { convertDocument } from "../../../declarative/convert.js";
import { DeclarativeConfigError } from "../../../errors/dao-errors.js";
import { type Cli, examples, exitCodes, type Register } from "../../command.js";
import { reportError } from "../../report.js";

/** `postern config convert` */
export const convert: Register = (group, cli) => {
  group
    .command("convert")
    .description("Rewrite a file of format 1.1 or 2.1 to 3.0")
    .argument("<file>", "YAML or JSON, by the end of its name")
    .option("-o, --output <file>", "write it to a file, which may be the same one (default: standard output)")
    .addHelpText(
      "after",
      `
Paths that look like regular expressions get the ~ that they need since 3.0. Comments, anchors and all the rest stay as
they are written. (Older files load as they are, too.)
${examples(
  ["postern config convert kong.yml > gateway.yml", "into another file"],
  ["postern config convert kong.yml -o kong.yml", "in place"],
)}`,
    )
    .action(async (file: string, { output }: { readonly output?: string }) => {
      cli.code = await run(file, output, cli);
    });
};

async function run(file: string, output: string | undefined, { io }: Cli): Promise<number> {
  const text = await readFile(file, "utf8");
  try {
    const { text: converted, from, paths } = convertDocument(text, file);
    if (output === undefined) io.out(converted.replace(/\n$/, ""));
    else await writeFile(output, converted);
    io.err(
      from === "3.0"
        ? `${file} is of format 3.0 already`
        : `${from} -> 3.0, ${paths} ${paths === 1 ? "path" : "paths"} rewritten`,
    );
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof DeclarativeConfigError)) throw error;
    reportError(error, io, { file, text });
    return exitCodes.error;
  }
}
