import { changesChannel } from "../strategies/postgres/change-feed.js";
import type { Column } from "../strategies/postgres/column.js";
import { fittingName, quoteName, quoteText, tableName } from "../strategies/postgres/names.js";
import type { Table, TableIndex, TableReference } from "../strategies/postgres/table.js";

/** Changes that one statement makes are told one by one up to this many; above, that the entity has changed. */
export const keysPerEvent = 1000;

const triggerEvents = ["INSERT", "UPDATE", "DELETE"] as const;

/** The triggers of a table whose changes are recorded. */
export const triggerNames: readonly string[] = [...triggerEvents, "TRUNCATE"].map(triggerName);

/** A type as it stands in a definition. Texts compare by bytes, so that pages come in the same order whatever the server's language. */
function typeSql({ type }: Column): string {
  return type === "text" ? 'text COLLATE "C"' : type;
}

/** A column as it stands in `CREATE TABLE`. */
export function columnSql(column: Column): string {
  const { name, notNull, sqlDefault } = column;
  return `${quoteName(name)} ${typeSql(column)}${sqlDefault === undefined ? "" : ` DEFAULT ${sqlDefault}`}${notNull ? " NOT NULL" : ""}`;
}

/** A new table with its primary key, and nothing that needs other tables. */
export function createTable({ name, columns, primaryKey }: Table, schema: string | undefined): string {
  const key = `CONSTRAINT ${quoteName(fittingName(`${name}_pkey`))} PRIMARY KEY (${primaryKey.map((column) => quoteName(column.name)).join(", ")})`;
  return `CREATE TABLE ${tableName(schema, name)} (${[...columns.map(columnSql), key].join(", ")})`;
}

export function createIndex(table: Table, { name, columns, unique, method }: TableIndex, schema: string | undefined): string {
  const list = columns.map(quoteName).join(", ");
  return `CREATE ${unique ? "UNIQUE " : ""}INDEX ${quoteName(name)} ON ${tableName(schema, table.name)} USING ${method} (${list})`;
}

/** Deferrable, so that bulk loads may store what refers to each other in any order. */
export function createReference(
  table: Table,
  { name, column, target, onDelete }: TableReference,
  schema: string | undefined,
): string {
  const action = { cascade: " ON DELETE CASCADE", null: " ON DELETE SET NULL", restrict: "" }[onDelete];
  return (
    `ALTER TABLE ${tableName(schema, table.name)} ADD CONSTRAINT ${quoteName(name)} FOREIGN KEY (${quoteName(column)}) ` +
    `REFERENCES ${tableName(schema, target)} (id)${action} DEFERRABLE INITIALLY IMMEDIATE`
  );
}

/** Has every change of the table recorded, whoever makes it. */
export function createTriggers({ name, primaryKey }: Table, schema: string | undefined): string[] {
  const table = tableName(schema, name);
  const keys = primaryKey
    .flatMap((column) => [column.field as string, column.name])
    .map(quoteText)
    .join(", ");
  const run = `EXECUTE FUNCTION ${tableName(schema, "postern_record_changes")}(${quoteText(name)}, ${keys})`;
  const triggers = triggerEvents.map((event) => {
    const rows = event === "DELETE" ? "OLD" : "NEW";
    return `CREATE TRIGGER ${quoteName(triggerName(event))} AFTER ${event} ON ${table} REFERENCING ${rows} TABLE AS changed FOR EACH STATEMENT ${run}`;
  });
  return [
    ...triggers,
    `CREATE TRIGGER ${quoteName(triggerName("TRUNCATE"))} AFTER TRUNCATE ON ${table} FOR EACH STATEMENT ${run}`,
  ];
}

/** Ends what {@link createTriggers} began. */
export function dropTriggers({ name }: Table, schema: string | undefined): string[] {
  return triggerNames.map((trigger) => `DROP TRIGGER ${quoteName(trigger)} ON ${tableName(schema, name)}`);
}

function triggerName(event: string): string {
  return `postern_after_${event.toLowerCase()}`;
}

/**
 * What is there beside the entities' tables. `schema_meta` says which migrations have run; `cluster_events` what has changed lately.
 *
 * An event carries the number of its transaction: sequences do not tell in which order transactions end, so who reads by `id` alone
 * would miss events of those that took longer.
 */
export function createCore(schema: string | undefined): string[] {
  const events = tableName(schema, "cluster_events");
  return [
    `CREATE TABLE ${tableName(schema, "schema_meta")} (
      subsystem text PRIMARY KEY,
      fingerprint text NOT NULL,
      pending text,
      executed_at timestamptz NOT NULL DEFAULT now()
    )`,
    `CREATE TABLE ${events} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      tx bigint NOT NULL DEFAULT txid_current(),
      node text NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      entity text NOT NULL,
      operation text NOT NULL,
      keys jsonb
    )`,
    `CREATE INDEX cluster_events_tx_idx ON ${events} (tx)`,
    `CREATE INDEX cluster_events_at_idx ON ${events} (at)`,
    recordChanges(schema),
  ];
}

/** The trigger function. Arguments: the entity, then field and column of each part of its primary key. */
function recordChanges(schema: string | undefined): string {
  return `CREATE FUNCTION ${tableName(schema, "postern_record_changes")}() RETURNS trigger LANGUAGE plpgsql AS $function$
    DECLARE
      members text := '';
      found jsonb;
      total bigint;
    BEGIN
      IF TG_OP <> 'TRUNCATE' THEN
        FOR part IN 1 .. TG_NARGS - 1 BY 2 LOOP
          members := members || format('%s%L, %I', CASE WHEN part > 1 THEN ', ' ELSE '' END, TG_ARGV[part], TG_ARGV[part + 1]);
        END LOOP;
        EXECUTE 'SELECT count(*) FROM changed' INTO total;
        IF total = 0 THEN RETURN NULL; END IF;
        IF total <= ${keysPerEvent} THEN
          EXECUTE format('SELECT jsonb_agg(jsonb_build_object(%s)) FROM changed', members) INTO found;
        END IF;
      END IF;
      INSERT INTO ${tableName(schema, "cluster_events")} (node, entity, operation, keys)
        VALUES (current_setting('application_name'), TG_ARGV[0], lower(TG_OP), found);
      -- Who made a change knows of it, but not of all that a deletion sets off.
      PERFORM pg_notify('${changesChannel}', CASE WHEN TG_OP = 'DELETE' THEN '' ELSE current_setting('application_name') END);
      RETURN NULL;
    END
  $function$`;
}
