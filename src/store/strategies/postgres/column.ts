import { SchemaViolationError } from "../../../errors/dao-errors.js";
import type { EntityDefinition } from "../../../schema/entity.js";
import type { Field } from "../../../schema/field.js";
import { fittingName, quoteName } from "./names.js";

/** The types that our columns have, as PostgreSQL's catalogue spells them. */
export type ColumnType =
  | "uuid"
  | "text"
  | "bigint"
  | "double precision"
  | "boolean"
  | "timestamp with time zone"
  | "text[]"
  | "jsonb";

/** One column of an entity's table. */
export interface Column {
  readonly name: string;
  /** The field of the record that it keeps; `null` for those that no record shows. */
  readonly field: string | null;
  readonly type: ColumnType;
  readonly notNull: boolean;
  /** SQL of a default, for columns that no record fills. */
  readonly sqlDefault?: string;
  /** The value of a field in the JSON that writes take. */
  readonly toJson: (value: unknown) => unknown;
  /** The value of a field from what a query returns. */
  readonly fromRow: (value: unknown) => unknown;
}

const same = (value: unknown): unknown => value ?? null;

/**
 * The column of a field.
 *
 * @param targetOf - the definition of another entity, for the type of a reference
 */
export function columnOf(
  definition: EntityDefinition,
  name: string,
  field: Field,
  targetOf: (entity: string) => EntityDefinition | undefined,
): Column {
  const shared = { name: columnName(name, field), field: name, notNull: isNeverNull(definition, name, field) };
  if (field.kind === "foreign") {
    const id = targetOf(field.reference ?? "")?.fields.id;
    return { ...shared, type: id === undefined ? "uuid" : typeOf(id), toJson: idOf, fromRow: referenceTo };
  }
  const type = typeOf(field);
  if (type === "uuid") return { ...shared, type, toJson: lowerCase, fromRow: same };
  const range = ranges[type];
  if (range) return { ...shared, type, toJson: within(name, range), fromRow: same };
  if (type === "jsonb" && field.fields && !field.attributes.abstract)
    return { ...shared, type, toJson: same, fromRow: inOrder(field) };
  return { ...shared, type, toJson: same, fromRow: same };
}

/** What PostgreSQL has a form for: its calendar goes from 4714 BC to 294276, its whole numbers have 64 bits. */
const ranges: Readonly<Partial<Record<ColumnType, readonly [least: number, most: number]>>> = {
  "timestamp with time zone": [-210_000_000_000, 9_200_000_000_000],
  bigint: [-9e18, 9e18],
};

function within(name: string, [least, most]: readonly [number, number]): (value: unknown) => unknown {
  return (value) => {
    if (typeof value === "number" && (value < least || value > most)) {
      throw new SchemaViolationError({ [name]: `must be between ${least} and ${most}` });
    }
    return value ?? null;
  };
}

/** References keep the id in a column of their own name. */
export function columnName(name: string, field: Field): string {
  return fittingName(field.kind === "foreign" ? `${name}_id` : name);
}

function typeOf({ kind, attributes, elements }: Field): ColumnType {
  switch (kind) {
    case "string":
      return attributes.uuid ? "uuid" : "text";
    case "integer":
      return attributes.timestamp ? "timestamp with time zone" : "bigint";
    case "number":
      return attributes.timestamp ? "timestamp with time zone" : "double precision";
    case "boolean":
      return "boolean";
    case "array":
    case "set":
      return elements?.kind === "string" ? "text[]" : "jsonb";
    default:
      return "jsonb";
  }
}

/**
 * Variants of an entity may unset what is required otherwise; and which there are (plugins, say) differs between gateways that share a
 * database. Unique columns are emptied for a moment by bulk loads.
 */
function isNeverNull({ primaryKey, subschemaKey }: EntityDefinition, name: string, { required, attributes }: Field): boolean {
  return primaryKey.includes(name) || (required && !attributes.unique && subschemaKey === undefined);
}

/** PostgreSQL keeps UUIDs as numbers and shows them in lower case. */
function lowerCase(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : null;
}

function idOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? lowerCase((value as { readonly id?: unknown }).id) : null;
}

function referenceTo(value: unknown): unknown {
  return value === null ? null : { id: value };
}

/** `jsonb` forgets the order of members; and a record that is older than one of its fields lacks that one. */
function inOrder({ fields = {} }: Field): (value: unknown) => unknown {
  const members = Object.entries(fields)
    .filter(([, field]) => !field.attributes.transient)
    .map(([name, field]): [string, (value: unknown) => unknown] => [
      name,
      field.kind === "record" && field.fields && !field.attributes.abstract ? inOrder(field) : same,
    ]);
  return (value) => {
    if (typeof value !== "object" || value === null) return null;
    const stored = value as Readonly<Record<string, unknown>>;
    const record: Record<string, unknown> = {};
    for (const [name, read] of members) record[name] = read(stored[name]);
    return record;
  };
}

/** How a query reads a column: time stamps become seconds since the epoch. */
export function readSql({ name, type }: Column, of = ""): string {
  const column = `${of}${quoteName(name)}`;
  return type === "timestamp with time zone" ? `extract(epoch from ${column})::float8` : column;
}

/** The type that the JSON of a write has for a column. */
export function inputType({ type }: Column): string {
  return type === "timestamp with time zone" ? "float8" : type;
}

/** How a write takes a column from its JSON. */
export function writeSql({ name, type }: Column): string {
  const value = `x.${quoteName(name)}`;
  return type === "timestamp with time zone" ? `to_timestamp(${value})` : value;
}

/** How a statement takes a column from its parameter of this number. */
export function parameterSql({ type }: Pick<Column, "type">, parameter: number): string {
  return type === "timestamp with time zone" ? `to_timestamp($${parameter}::float8)` : `$${parameter}::${type}`;
}
