import { OptionsError } from "./errors/gateway-error.js";
import type { EntityDefinition } from "./schema/entity.js";
import { Migrations } from "./store/migrations/migrations.js";
import { kongName } from "./store/strategies/postgres/environment.js";
import { type PostgresOptions, postgresOptionKinds, postgresSettings } from "./store/strategies/postgres/settings.js";

export type { MigrationState, Migrations } from "./store/migrations/migrations.js";
export { postgresOptionsFrom } from "./store/strategies/postgres/environment.js";

/**
 * The migrations of a PostgreSQL database.
 *
 * @param definitions - of all entities; asked at every step
 * @throws OptionsError for a value that cannot be
 */
export function postgresMigrations(
  options: PostgresOptions & { readonly database?: string },
  definitions: () => readonly EntityDefinition[],
): Migrations {
  if (options.database !== "postgres") throw new OptionsError("database", "there are migrations for 'postgres' only");
  return new Migrations(postgresSettings(options), () => definitions().filter(({ view }) => !view));
}

const secret: ReadonlySet<string> = new Set(["pgPassword", "pgSslCertKey"]);

/** The settings by Kong's names, for people: defaults filled in, secrets masked. */
export function postgresInfo(options: PostgresOptions): Record<string, unknown> {
  const { host, port, user, database } = postgresSettings(options);
  const shown: Record<string, unknown> = { pg_host: host, pg_port: port, pg_user: user, pg_database: database };
  for (const name of Object.keys(postgresOptionKinds) as (keyof PostgresOptions)[]) {
    if (options[name] !== undefined) shown[kongName(name)] = secret.has(name) ? "******" : options[name];
  }
  return shown;
}
