import type { LoadedDocument } from "../../../declarative/load.js";
import { DeclarativeConfigError } from "../../../errors/dao-errors.js";
import type { Gateway } from "../../../gateway.js";
import { type EntityDefinition, foreignFields } from "../../../schema/entity.js";
import type { Dao } from "../../../store/dao.js";
import { type Cli, examples, exitCodes, type Register } from "../../command.js";
import { paint } from "../../io.js";
import { Progress } from "../../progress.js";
import { reportError, reportWarnings } from "../../report.js";
import { type DocumentFlags, DocumentReader, withDocumentFlags } from "../../settings.js";
import { withDatabase } from "../../with-database.js";

const hint = "\nWhen using database=off, reload your declarative configuration\nusing the /config endpoint.";

/** `postern config db_import` */
export const dbImport: Register = (group, cli) => {
  const command = group
    .command("db_import")
    .alias("db-import")
    .description("Write the entities of a file into the database")
    .argument("<file>", "YAML or JSON, by the end of its name");
  withDocumentFlags(command, "a kong.conf with the settings of the database")
    .addHelpText(
      "after",
      `
Every entity of the file is created, or replaces the one with its id; all others stay. The database is that of KONG_DATABASE
and KONG_PG_..., or of the kong.conf. The first failure ends it, and what was written before stays.
${examples(["KONG_DATABASE=postgres postern config db_import gateway.yml", "the other settings being the defaults"])}`,
    )
    .action(async (file: string, flags: DocumentFlags) => {
      cli.code = await withDatabase({ conf: flags.conf, cli, word: "db_import", hint }, (gateway) =>
        run(file, flags, gateway, cli),
      );
    });
};

async function run(file: string, flags: DocumentFlags, gateway: Gateway, cli: Cli): Promise<number> {
  const { io } = cli;
  const reader = new DocumentReader(flags, cli);
  const text = await reader.read(file);
  let document: LoadedDocument;
  try {
    document = reader.load(file, text);
  } catch (error) {
    if (!(error instanceof DeclarativeConfigError)) throw error;
    reportError(error, io, { file, text });
    return exitCodes.error;
  }
  reportWarnings(document.warnings, io, file);
  io.out("parse successful, beginning import");
  try {
    await write(gateway, document, reader.entities, new Progress(io, "importing"));
  } catch (error) {
    throw new Error(`Failed importing:\n${(error as Error).message}`);
  }
  io.out(paint(io, "out", "green", "import successful"));
  return exitCodes.ok;
}

async function write(
  gateway: Gateway,
  { state, counts }: LoadedDocument,
  entities: readonly EntityDefinition[],
  progress: Progress,
): Promise<void> {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const now = Date.now() / 1000;
  const ids = new Map<string, string>();
  let done = 0;
  try {
    // What is referred to comes before what refers to it.
    for (const [name, rows] of state) {
      const definition = entities.find((entity) => entity.name === name);
      const dao = (gateway.db as unknown as Readonly<Record<string, Dao>>)[name];
      for (const row of rows.values()) {
        progress.show(done++, total);
        // The workspace of the database has an id of its own.
        if (!definition || !dao || name === "workspaces") continue;
        const { ttl, ...values } = row;
        const seconds = typeof ttl === "number" ? Math.ceil(ttl - now) : undefined;
        if (seconds !== undefined && seconds < 1) continue;
        const record = await adopted(values, definition, dao, ids);
        const key = Object.fromEntries(definition.primaryKey.map((field) => [field, record[field]]));
        await dao.upsert(key as never, record, { transform: false, ...(seconds === undefined ? {} : { ttl: seconds }) });
      }
    }
  } finally {
    progress.end();
  }
}

/**
 * Credentials whose key may be made up have no id that follows from their content. Those that are in the database already are known by
 * their key and keep their id, so that importing a file again does no harm.
 *
 * @param ids - ids of the document, and those in the database; added to
 */
async function adopted(
  record: Readonly<Record<string, unknown>>,
  definition: EntityDefinition,
  dao: Dao,
  ids: Map<string, string>,
): Promise<Record<string, unknown>> {
  const own = { ...record };
  for (const [field] of foreignFields(definition)) {
    const id = (own[field] as { readonly id?: string } | null)?.id;
    if (id !== undefined && ids.has(id)) own[field] = { id: ids.get(id) };
  }
  const { endpointKey } = definition;
  if (endpointKey === undefined || !definition.fields[endpointKey]?.attributes.auto) return own;
  const stored = await dao.selectBy(endpointKey, own[endpointKey] as string, { fresh: true });
  if (!stored || typeof stored.id !== "string" || typeof own.id !== "string") return own;
  ids.set(own.id, stored.id);
  return { ...own, id: stored.id };
}
