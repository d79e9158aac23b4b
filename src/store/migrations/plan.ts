import type { EntityDefinition } from "../../schema/entity.js";
import { type Column, type ColumnType, inputType, writeSql } from "../strategies/postgres/column.js";
import { quoteName, tableName } from "../strategies/postgres/names.js";
import type { Table } from "../strategies/postgres/table.js";
import type { ExistingTable } from "./catalog.js";
import {
  columnSql,
  createIndex,
  createReference,
  createTable,
  createTriggers,
  dropTriggers,
  triggerNames,
} from "./schema-sql.js";

/** One statement of a migration. */
export interface Step {
  readonly sql: string;
  readonly values?: readonly unknown[];
}

/** What brings one table from what it is to what its definition says. */
export interface TablePlan {
  /** Safe while gateways of the version before still run. */
  readonly up: readonly Step[];
  /** Needs tables of other entities, so it comes after the `up` of all. */
  readonly references: readonly Step[];
  /** Only once no gateway of the version before runs any more. */
  readonly finish: readonly Step[];
  /** What would lose data, and so is left to a person. */
  readonly refused: readonly string[];
}

/** Changes of a column's type that lose nothing. */
const widenings: Readonly<Partial<Record<string, readonly ColumnType[]>>> = {
  uuid: ["text"],
  bigint: ["double precision"],
  integer: ["bigint", "double precision"],
};

/** @param existing - `undefined` when there is no such table yet */
export function planOf(table: Table, existing: ExistingTable | undefined, schema: string | undefined): TablePlan {
  const sql = (text: string): Step => ({ sql: text });
  const missingIndexes = table.indexes
    .filter(({ name }) => !existing?.names.has(name))
    .map((index) => sql(createIndex(table, index, schema)));
  const references = table.references
    .filter(({ name }) => !existing?.names.has(name))
    .map((reference) => sql(createReference(table, reference, schema)));
  if (existing === undefined) {
    const up = [sql(createTable(table, schema)), ...missingIndexes, ...triggersOf(table, undefined, schema).map(sql)];
    return { up, references, finish: [], refused: [] };
  }
  const name = tableName(schema, table.name);
  const up: Step[] = [];
  const finish: Step[] = [];
  const refused: string[] = [];
  for (const column of table.columns) {
    const present = existing.columns.get(column.name);
    if (present === undefined) {
      up.push(...additionOf(table, column, name));
      if (column.notNull && column.sqlDefault === undefined)
        finish.push(sql(`ALTER TABLE ${name} ALTER ${quoteName(column.name)} SET NOT NULL`));
      continue;
    }
    if (present.type !== column.type) {
      if (widenings[present.type]?.includes(column.type)) {
        up.push(sql(`ALTER TABLE ${name} ALTER ${quoteName(column.name)} TYPE ${column.type}`));
      } else {
        refused.push(`column '${column.name}' would change from ${present.type} to ${column.type}`);
      }
    }
    if (present.notNull && !column.notNull) up.push(sql(`ALTER TABLE ${name} ALTER ${quoteName(column.name)} DROP NOT NULL`));
    if (!present.notNull && column.notNull) finish.push(sql(`ALTER TABLE ${name} ALTER ${quoteName(column.name)} SET NOT NULL`));
  }
  const wanted = new Set(table.columns.map((column) => column.name));
  for (const column of existing.columns.keys()) {
    if (!wanted.has(column)) refused.push(`column '${column}' would go, with all that is in it`);
  }
  up.push(...missingIndexes, ...triggersOf(table, existing, schema).map(sql));
  return { up, references, finish, refused };
}

/** Changes of an entity that nobody keeps in memory are not recorded. */
function triggersOf(table: Table, existing: ExistingTable | undefined, schema: string | undefined): string[] {
  const isRecorded = triggerNames.some((name) => existing?.names.has(name));
  if (isRecorded === table.definition.cached) return [];
  return isRecorded ? dropTriggers(table, schema) : createTriggers(table, schema);
}

/** Records that are there already get the field's default, as new ones do. The column may be empty until `finish`. */
function additionOf(table: Table, column: Column, name: string): Step[] {
  const add = {
    sql: `ALTER TABLE ${name} ADD COLUMN ${columnSql({ ...column, notNull: column.notNull && column.sqlDefault !== undefined })}`,
  };
  const value = defaultOf(table.definition, column);
  if (value === undefined || value === null) return [add];
  const input = `json_to_recordset($1::json) AS x(${quoteName(column.name)} ${inputType(column)})`;
  return [
    add,
    {
      sql: `UPDATE ${name} SET ${quoteName(column.name)} = ${writeSql(column)} FROM ${input}`,
      values: [JSON.stringify([{ [column.name]: value }])],
    },
  ];
}

function defaultOf({ fields }: EntityDefinition, { field, toJson }: Column): unknown {
  const value = field === null ? undefined : fields[field]?.attributes.default;
  return value === undefined ? undefined : toJson(value);
}
