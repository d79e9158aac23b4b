import { coreEntities } from "../../../src/entities/core.js";
import { keyauthCredentials } from "../../../src/plugins/key-auth/entities.js";
import type { EntityDefinition } from "../../../src/schema/entity.js";
import { Migrations } from "../../../src/store/migrations/migrations.js";
import { storedDefinitions } from "../../../src/store/open-store.js";
import { Database } from "../../../src/store/strategies/postgres/database.js";
import { PostgresStrategy } from "../../../src/store/strategies/postgres/postgres-strategy.js";
import { type PostgresOptions, postgresSettings } from "../../../src/store/strategies/postgres/settings.js";

/** What tests of the strategy keep: the core's entities, and one that expires. */
export const definitions: readonly EntityDefinition[] = [
  ...storedDefinitions(coreEntities as unknown as Record<string, EntityDefinition>),
  keyauthCredentials as unknown as EntityDefinition,
];

/** A strategy over a database whose tables have been made. */
export async function openStrategy(
  options: PostgresOptions,
  entities: readonly EntityDefinition[] = definitions,
  now: () => number = Date.now,
): Promise<{ readonly strategy: PostgresStrategy; readonly database: Database }> {
  const settings = postgresSettings(options);
  await new Migrations(settings, () => entities).bootstrap();
  const database = new Database(settings, { application: "postern test" });
  const strategy = new PostgresStrategy({ database, now });
  strategy.define(entities);
  await strategy.connect();
  return { strategy, database };
}
