import { type EntityDefinition, foreignFields } from "../../../schema/entity.js";
import { compositeKey, defaultWorkspaceId, hasCompositeKey } from "../../keys.js";
import type { EntityRow } from "../../strategy.js";
import { type Column, columnName, columnOf } from "./column.js";
import { fittingName, quoteText } from "./names.js";

/** An index of a table. */
export interface TableIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly method: "btree" | "gin";
  /** The field whose value two records share when a unique index refuses one; `null` for the composite cache key. */
  readonly field: string | null;
}

/** A foreign key of a table. */
export interface TableReference {
  readonly name: string;
  readonly field: string;
  readonly column: string;
  readonly target: string;
  readonly onDelete: "restrict" | "cascade" | "null";
}

/** The table of one entity: what its definition says, in the database's terms. */
export interface Table {
  readonly name: string;
  readonly definition: EntityDefinition;
  /** Those of the fields first, in their order. */
  readonly columns: readonly Column[];
  /** Columns that a record is read from, in the order of its fields. */
  readonly read: readonly Column[];
  readonly primaryKey: readonly Column[];
  readonly indexes: readonly TableIndex[];
  readonly references: readonly TableReference[];
}

/** Tables of our own beside those of the entities. */
export const reservedTables: ReadonlySet<string> = new Set(["schema_meta", "cluster_events"]);

/** Values of the column `cache_key` of entities that have one. */
export const cacheKeyColumn = "cache_key";

const asItIs = (value: unknown): unknown => value ?? null;
const hidden = { field: null, toJson: asItIs, fromRow: asItIs } as const;

/**
 * The table of an entity.
 *
 * @param targetOf - definitions of other entities by name, for references; those to unknown ones have no constraint
 * @throws `TypeError` when the entity has the name of one of our own tables, or two fields would share a column
 */
export function tableOf(definition: EntityDefinition, targetOf: (entity: string) => EntityDefinition | undefined): Table {
  const { name, fields, primaryKey } = definition;
  if (reservedTables.has(name))
    throw new TypeError(`an entity cannot be named '${name}' in PostgreSQL: a table of postern has that name`);
  const ofFields = Object.entries(fields)
    .filter(([, field]) => !field.attributes.transient)
    .map(([field, value]) => columnOf(definition, field, value, targetOf));
  const ttl: Column = { ...hidden, name: "ttl", field: "ttl", type: "timestamp with time zone", notNull: false };
  const read = definition.ttl ? [...ofFields, ttl] : ofFields;
  const columns = [
    ...read,
    ...(hasCompositeKey(definition) ? [{ ...hidden, name: cacheKeyColumn, type: "text", notNull: false } as const] : []),
    ...(definition.workspaceable
      ? [{ ...hidden, name: "ws_id", type: "uuid", notNull: true, sqlDefault: `${quoteText(defaultWorkspaceId)}::uuid` } as const]
      : []),
  ];
  assertDistinct(name, columns);
  return {
    name,
    definition,
    columns,
    read,
    primaryKey: primaryKey.map((key) => columns.find(({ field }) => field === key) as Column),
    indexes: indexesOf(definition),
    references: referencesOf(definition, targetOf),
  };
}

function assertDistinct(table: string, columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) throw new TypeError(`entity '${table}': two fields would be stored in the column '${name}'`);
    seen.add(name);
  }
}

/** PostgreSQL looks at unique indexes in the order in which they were made, which so is the order of reports too. */
function indexesOf(definition: EntityDefinition): TableIndex[] {
  const { name, fields, endpointKey, primaryKey, workspaceable } = definition;
  const indexes: TableIndex[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (value.attributes.transient || (primaryKey.length === 1 && primaryKey[0] === field)) continue;
    const column = columnName(field, value);
    if (value.attributes.unique) {
      const columns = workspaceable ? [column, "ws_id"] : [column];
      indexes.push({ name: fittingName(`${name}_${column}_key`), columns, unique: true, method: "btree", field });
    } else if (value.kind === "foreign" || field === endpointKey) {
      indexes.push({ name: fittingName(`${name}_${column}_idx`), columns: [column], unique: false, method: "btree", field });
    }
  }
  const plain = { unique: false, field: null } as const;
  if (hasCompositeKey(definition)) {
    indexes.push({
      name: fittingName(`${name}_cache_key_key`),
      columns: [cacheKeyColumn],
      unique: true,
      method: "btree",
      field: null,
    });
  }
  const { tags } = fields;
  if ((tags?.kind === "set" || tags?.kind === "array") && tags.elements?.kind === "string") {
    indexes.push({ ...plain, name: fittingName(`${name}_tags_idx`), columns: ["tags"], method: "gin" });
  }
  if (definition.ttl) indexes.push({ ...plain, name: fittingName(`${name}_ttl_idx`), columns: ["ttl"], method: "btree" });
  return indexes;
}

function referencesOf(
  definition: EntityDefinition,
  targetOf: (entity: string) => EntityDefinition | undefined,
): TableReference[] {
  return foreignFields(definition).flatMap(([field, value]) => {
    const target = targetOf(value.reference ?? "");
    if (target?.primaryKey.length !== 1 || target.primaryKey[0] !== "id") return [];
    const column = columnName(field, value);
    const onDelete = value.attributes.onDelete ?? "restrict";
    return [{ name: fittingName(`${definition.name}_${column}_fkey`), field, column, target: target.name, onDelete }];
  });
}

/** A record as the JSON of a write has it. */
export function toInput({ columns, definition }: Table, row: EntityRow): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { name, field, toJson } of columns) {
    if (field !== null) input[name] = toJson(row[field]);
    else if (name === cacheKeyColumn) input[name] = compositeKey(definition, row) ?? null;
    else input[name] = defaultWorkspaceId;
  }
  return input;
}

/**
 * A record from the values of a query's row.
 *
 * @param start - position of the first of the table's columns
 * @returns `undefined` when the join found no record
 */
export function fromOutput({ read, definition }: Table, values: readonly unknown[], start = 0): EntityRow {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < read.length; index++) {
    const { field, fromRow } = read[index] as Column;
    const value = fromRow(values[start + index]);
    if (field === "ttl" && definition.ttl && value === null) continue;
    row[field as string] = value;
  }
  return row;
}
