import { loadPlugins } from "../../gateway-plugins.js";
import { type MigrationState, type Migrations, postgresMigrations, postgresOptionsFrom } from "../../gateway-postgres.js";
import { entityDefinitions } from "../../gateway-store.js";
import { type Command, UsageError } from "../command.js";
import type { Io } from "../io.js";
import { parseArgs } from "../parse-args.js";

const usage = `Usage: postern migrations COMMAND [OPTIONS]

Make and change the tables of a PostgreSQL database.

The available commands are:
  bootstrap  Make all tables in an empty database
  up         Make and change what is new; gateways of the version before may go on running
  finish     Complete what "up" began, once no gateway of the version before runs any more
  list       Show what has run and what has not. Exit code 0: nothing to do; 3: the database is
             to be bootstrapped; 5: there is something new for "up"; 4: for "finish"
  reset      Remove all tables, with everything in them

Options, each also as an environment variable (KONG_PG_HOST ...):
      --pg-host HOST           (default: 127.0.0.1)
      --pg-port PORT           (default: 5432)
      --pg-user USER           (default: kong)
      --pg-password PASSWORD   better given as KONG_PG_PASSWORD: other users of a machine see arguments
      --pg-database DATABASE   (default: kong)
      --pg-schema SCHEMA       (default: the first of the server's search_path)
      --pg-ssl on|off          (default: off)
      --pg-ssl-required on|off (default: off)
      --pg-ssl-verify on|off   (default: off)
      --pg-timeout MS          how long connecting may take (default: 5000)
      --lock-timeout SECONDS   how long to wait while another process migrates (default: 60)
  -y, --yes                    reset without asking back; reset needs it

The tables are those of the core and of the bundled plugins. A gateway with plugins or entities of its own has
their tables made too by its gateway.migrations.`;

const pgFlags = "host port user password database schema ssl ssl-required ssl-verify timeout"
  .split(" ")
  .map((name) => `pg-${name}`);
const options = {
  ...Object.fromEntries(pgFlags.map((name) => [name, { type: "string" } as const])),
  "lock-timeout": { type: "string", default: "60" },
  yes: { type: "boolean", short: "y", default: false },
} as const;

/** Kong's exit codes of `migrations list`. */
const exitCodes = { bootstrap: 3, pending: 4, new: 5 } as const;

/** `postern migrations` */
export const migrations: Command = {
  name: "migrations",
  summary: "Make and change the tables of a PostgreSQL database",
  usage,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [word, ...more] = positionals;
    if (more.length > 0) throw new UsageError(`one command only, not also '${more.join(" ")}'`);
    const flags = values as Readonly<Record<string, unknown>>;
    const connection = postgresOptionsFrom(
      (name) => textOf(flags[name.replaceAll("_", "-")]) ?? process.env[`KONG_${name.toUpperCase()}`],
    );
    const tables = postgresMigrations({ ...connection, database: "postgres" }, () =>
      Object.values(entityDefinitions(loadPlugins().all)),
    );
    return runCommand(tables, word, { lockTimeout: secondsOf(flags["lock-timeout"]) * 1000, isSure: flags.yes === true }, io);
  },
};

async function runCommand(
  tables: Migrations,
  word: string | undefined,
  { lockTimeout, isSure }: { readonly lockTimeout: number; readonly isSure: boolean },
  io: Io,
): Promise<number> {
  switch (word) {
    case "bootstrap":
      return told(await tables.bootstrap({ lockTimeout }), "made", "Database already bootstrapped", io);
    case "up":
      return told(await tables.up({ lockTimeout }), "migrated", "No migrations to run", io);
    case "finish":
      return told(await tables.finish({ lockTimeout }), "finished", "No pending migrations to finish", io);
    case "list":
      return show(await tables.list(), io);
    case "reset":
      if (!isSure) throw new UsageError("reset removes all tables with everything in them; say --yes if that is what you want");
      return told(await tables.reset({ lockTimeout }), "removed", "Database not bootstrapped, nothing to reset", io);
    default:
      throw new UsageError(word === undefined ? "expected a command" : `No such command for migrations: ${word}`);
  }
}

function told(names: readonly string[], verb: string, nothing: string, io: Io): number {
  for (const name of names) io.out(`${verb}: ${name}`);
  io.out(names.length === 0 ? nothing : `${names.length} ${names.length === 1 ? "table" : "tables"} ${verb}`);
  return 0;
}

function show(state: MigrationState, io: Io): number {
  if (state.needsBootstrap) {
    io.out("Database needs bootstrapping: run postern migrations bootstrap");
    return exitCodes.bootstrap;
  }
  const lists = [
    ["Executed migrations", state.executed],
    ["New migrations, for postern migrations up", state.new],
    ["Pending migrations, for postern migrations finish", state.pending],
  ] as const;
  for (const [title, names] of lists) if (names.length > 0) io.out(`${title}: ${names.join(", ")}`);
  if (state.new.length > 0) return exitCodes.new;
  return state.pending.length > 0 ? exitCodes.pending : 0;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function secondsOf(value: unknown): number {
  const seconds = Number(value);
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new UsageError(`--lock-timeout: '${String(value)}' is not a number of seconds`);
  return seconds;
}
