import { type DiffChange, type DiffRecord, diffStates, type StateDiff } from "../../../declarative/diff.js";
import type { FlattenedEntities } from "../../../declarative/load.js";
import { DeclarativeConfigError } from "../../../errors/dao-errors.js";
import { AdminClient } from "../../admin-client.js";
import { type Cli, examples, exitCodes, type Register, UsageError } from "../../command.js";
import { type Io, paint } from "../../io.js";
import { reportError } from "../../report.js";
import { runningState } from "../../running-state.js";
import { type DocumentFlags, DocumentReader, withDocumentFlags } from "../../settings.js";

interface Flags extends DocumentFlags {
  readonly adminUrl?: string;
  readonly json?: true;
}

/** `postern config diff` */
export const diff: Register = (group, cli) => {
  const command = group
    .command("diff")
    .description("Show what differs between two files, or between a running gateway and a file")
    .argument("<files...>", "the state before and the one after; with --admin-url the one after only")
    .usage("BEFORE AFTER | --admin-url URL AFTER")
    .option("--admin-url <url>", "the Admin API of a gateway, whose state is the one before")
    .option("--json", "tell what was found as JSON");
  withDocumentFlags(command)
    .addHelpText(
      "after",
      `
Entities are compared, and not texts: order, comments, nesting, defaults that are written out, ids and time stamps make no
difference. The exit code is 0 when nothing differs, 2 when something does, 1 after an error.
${examples(
  ["postern config diff old.yml new.yml", "+ added, - removed, ~ changed"],
  ["postern config diff --admin-url http://10.0.0.5:8001 gateway.yml", "what would loading it change?"],
)}`,
    )
    .action(async (files: readonly string[], flags: Flags) => {
      cli.code = await run(files, flags, cli);
    });
};

async function run(files: readonly string[], flags: Flags, cli: Cli): Promise<number> {
  const { adminUrl, json } = flags;
  const expected = adminUrl === undefined ? 2 : 1;
  if (files.length !== expected) {
    throw new UsageError(`expected ${expected === 2 ? "two files" : "one file, since --admin-url is the state before"}`);
  }
  const reader = new DocumentReader(flags, cli);
  const { entities } = reader;
  try {
    const [last, before] = [files.at(-1) as string, files[0] as string];
    const from =
      adminUrl === undefined ? await stateOf(before, reader) : await runningState(new AdminClient(adminUrl, cli.env), entities);
    const found = diffStates(entities, from, await stateOf(last, reader));
    if (json) cli.io.out(JSON.stringify(found));
    else show(found, cli.io);
    const isSame = found.added.length + found.removed.length + found.changed.length === 0;
    return isSame ? exitCodes.ok : exitCodes.different;
  } catch (error) {
    if (!(error instanceof DeclarativeConfigError)) throw error;
    reportError(error, cli.io);
    return exitCodes.error;
  }
}

async function stateOf(file: string, reader: DocumentReader): Promise<FlattenedEntities> {
  return reader.load(file, await reader.read(file)).state;
}

function show({ added, removed, changed }: StateDiff, io: Io): void {
  const line = (sign: string, color: "green" | "red" | "yellow", { entity, label }: DiffRecord): void =>
    io.out(`${paint(io, "out", color, sign)} ${entity} ${paint(io, "out", "bold", label)}`);
  for (const record of removed) line("-", "red", record);
  for (const record of added) line("+", "green", record);
  for (const record of changed) {
    line("~", "yellow", record);
    showFields(record, io);
  }
  const counts = [`${added.length} added`, `${changed.length} changed`, `${removed.length} removed`];
  io.out(added.length + removed.length + changed.length === 0 ? "no difference" : counts.join(", "));
}

function showFields({ fields }: DiffChange, io: Io): void {
  for (const [path, { from, to }] of Object.entries(fields)) {
    io.out(`    ${path}: ${paint(io, "out", "red", JSON.stringify(from))} -> ${paint(io, "out", "green", JSON.stringify(to))}`);
  }
}
