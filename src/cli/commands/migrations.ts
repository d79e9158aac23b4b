import { type MigrationState, type Migrations, postgresMigrations, postgresOptionsFrom } from "../../gateway-postgres.js";
import { type Cli, examples, exitCodes, type Register, UsageError } from "../command.js";
import type { Io } from "../io.js";
import { entitiesOf, readSettings } from "../settings.js";

const connection: readonly (readonly [flags: string, description: string])[] = [
  ["--pg-host <host>", "(default: 127.0.0.1)"],
  ["--pg-port <port>", "(default: 5432)"],
  ["--pg-user <user>", "(default: kong)"],
  ["--pg-password <password>", "better given as KONG_PG_PASSWORD: other users of a machine see arguments"],
  ["--pg-database <database>", "(default: kong)"],
  ["--pg-schema <schema>", "(default: the first of the server's search_path)"],
  ["--pg-ssl <on|off>", "(default: off)"],
  ["--pg-ssl-required <on|off>", "(default: off)"],
  ["--pg-ssl-verify <on|off>", "(default: off)"],
  ["--pg-timeout <ms>", "how long connecting may take (default: 5000)"],
];

const commandList = `
Commands:
  bootstrap  Make all tables in an empty database
  up         Make and change what is new; gateways of the version before may go on running
  finish     Complete what "up" began, once no gateway of the version before runs any more
  list       Show what has run and what has not. Exit code 0: nothing to do; 3: the database is
             to be bootstrapped; 5: there is something new for "up"; 4: for "finish"
  reset      Remove all tables, with everything in them`;

const notes = `
Options for the connection may also be given as environment variables (KONG_PG_HOST ...) or in a kong.conf. The tables
are those of the core and of the bundled plugins. A gateway with plugins or entities of its own has their tables made
too by its gateway.migrations.`;

/** `postern migrations` */
export const migrations: Register = (program, cli) => {
  const command = program
    .command("migrations")
    .description("Make and change the tables of a PostgreSQL database")
    .usage("COMMAND [OPTIONS]")
    .argument("[command...]")
    .option("-c, --conf <file>", "a kong.conf with the settings of the connection")
    .option("--lock-timeout <seconds>", "how long to wait while another process migrates", "60")
    .option("-y, --yes", "reset without asking back; reset needs it")
    .option("--json", "list as JSON");
  for (const [flags, description] of connection) command.option(flags, description);
  command
    .addHelpText(
      "after",
      `${commandList}\n${notes}\n${examples(
        ["postern migrations bootstrap --pg-host db.internal", "the first time"],
        ["postern migrations list", "is there anything to do?"],
        ["postern migrations up && postern migrations finish", "after an update"],
      )}`,
    )
    .action(async (words: readonly string[], flags: Flags) => {
      cli.code = await runMigrations(words, flags, cli);
    });
};

type Flags = Readonly<Record<string, unknown>> & {
  readonly conf?: string;
  readonly lockTimeout: string;
  readonly yes?: true;
  readonly json?: true;
};

async function runMigrations([word, ...more]: readonly string[], flags: Flags, cli: Cli): Promise<number> {
  if (more.length > 0) throw new UsageError(`one command only, not also '${more.join(" ")}'`);
  const { options } = readSettings(cli, flags.conf);
  const given = postgresOptionsFrom((name) => {
    const value = flags[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    return typeof value === "string" ? value : undefined;
  });
  const tables = postgresMigrations({ ...options, ...given, database: "postgres" }, () => entitiesOf(options));
  return runCommand(tables, word, flags, cli.io);
}

async function runCommand(tables: Migrations, word: string | undefined, flags: Flags, io: Io): Promise<number> {
  const lockTimeout = secondsOf(flags.lockTimeout) * 1000;
  switch (word) {
    case "bootstrap":
      return told(await tables.bootstrap({ lockTimeout }), "made", "Database already bootstrapped", io);
    case "up":
      return told(await tables.up({ lockTimeout }), "migrated", "No migrations to run", io);
    case "finish":
      return told(await tables.finish({ lockTimeout }), "finished", "No pending migrations to finish", io);
    case "list":
      return show(await tables.list(), flags.json === true, io);
    case "reset":
      if (!flags.yes)
        throw new UsageError("reset removes all tables with everything in them; say --yes if that is what you want");
      return told(await tables.reset({ lockTimeout }), "removed", "Database not bootstrapped, nothing to reset", io);
    default:
      throw new UsageError(word === undefined ? "expected a command" : `No such command for migrations: ${word}`);
  }
}

function told(names: readonly string[], verb: string, nothing: string, io: Io): number {
  for (const name of names) io.out(`${verb}: ${name}`);
  io.out(names.length === 0 ? nothing : `${names.length} ${names.length === 1 ? "table" : "tables"} ${verb}`);
  return exitCodes.ok;
}

function show(state: MigrationState, json: boolean, io: Io): number {
  if (json) io.out(JSON.stringify(state));
  else if (state.needsBootstrap) io.out("Database needs bootstrapping: run postern migrations bootstrap");
  else {
    const lists = [
      ["Executed migrations", state.executed],
      ["New migrations, for postern migrations up", state.new],
      ["Pending migrations, for postern migrations finish", state.pending],
    ] as const;
    for (const [title, names] of lists) if (names.length > 0) io.out(`${title}: ${names.join(", ")}`);
  }
  if (state.needsBootstrap) return exitCodes.needsBootstrap;
  if (state.new.length > 0) return exitCodes.new;
  return state.pending.length > 0 ? exitCodes.pending : exitCodes.ok;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1) throw new UsageError(`--lock-timeout: '${text}' is not a number of seconds`);
  return seconds;
}
