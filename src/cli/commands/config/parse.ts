import type { ConfigWarning } from "../../../declarative/finding.js";
import { DeclarativeConfigError } from "../../../errors/dao-errors.js";
import { type Cli, examples, exitCodes, type Register, UsageError } from "../../command.js";
import { paint } from "../../io.js";
import { reportError, reportWarnings } from "../../report.js";
import { type DocumentFlags, DocumentReader, withDocumentFlags } from "../../settings.js";

/** `postern config parse` */
export const parse: Register = (group, cli) => {
  const command = group
    .command("parse")
    .description("Check a file without loading it")
    .argument("[file]", "YAML or JSON, by the end of its name")
    .argument("[more...]")
    .usage("FILE [OPTIONS]")
    .option("--json", "tell what was found as JSON");
  withDocumentFlags(command)
    .addHelpText(
      "after",
      `
Prints "parse successful", or every fault with its place, a hint and the lines; the exit code is 1 then. What loads but
is surely not meant is a warning.
${examples(
  ["postern config parse gateway.yml", "is it all right?"],
  ["postern config parse gateway.yml --strict", "for a pipeline"],
  ["postern config parse gateway.yml --json | jq .issues", "for another program"],
)}`,
    )
    .action(async (file: string | undefined, more: readonly string[], flags: DocumentFlags & { readonly json?: true }) => {
      if (file === undefined) throw new UsageError("expected a declarative configuration file; see `postern help config`");
      if (more.length > 0) throw new UsageError(`one file only, not also '${more.join(" ")}'`);
      cli.code = await check(file, flags, cli);
    });
};

async function check(file: string, flags: DocumentFlags & { readonly json?: true }, cli: Cli): Promise<number> {
  const { io } = cli;
  const reader = new DocumentReader(flags, cli);
  const text = await reader.read(file);
  let warnings: readonly ConfigWarning[] = [];
  try {
    const document = reader.load(file, text);
    warnings = document.warnings;
    if (flags.json) io.out(JSON.stringify({ file, ok: true, issues: [], warnings, counts: document.counts }));
  } catch (error) {
    if (!flags.json || !(error instanceof DeclarativeConfigError)) reportError(error, io, { file, text });
    else io.out(JSON.stringify({ file, ok: false, issues: error.issues, warnings: [], counts: {} }));
    return exitCodes.error;
  }
  if (!flags.json) {
    reportWarnings(warnings, io, file);
    io.out(paint(io, "out", "green", "parse successful"));
  }
  return exitCodes.ok;
}
