import { SchemaViolationError } from "../../../errors/dao-errors.js";
import type { EntityDefinition } from "../../../schema/entity.js";
import { compositeKeyTaken, primaryKeyTaken, referenceMissing, stillReferenced, valueTaken } from "../../integrity.js";
import type { EntityRow } from "../../strategy.js";
import { serverError } from "./failures.js";
import type { Table } from "./table.js";
import type { Tables } from "./tables.js";

const uniqueViolation = "23505";
const foreignKeyViolation = "23503";
const limitExceeded = "54000";

/** Whether a write was refused since a value is taken. */
export function isUniqueViolation(error: unknown): boolean {
  return serverError(error)?.code === uniqueViolation;
}

/**
 * The error that every strategy has for a refused write; other errors come back as they are.
 *
 * @param tables - of all entities
 * @param row - what was to be written, where it was one record
 */
export function violationOf(tables: Tables, error: unknown, row?: EntityRow): unknown {
  const failure = serverError(error);
  const { constraint = "", table: name = "" } = failure ?? {};
  if (failure?.code === uniqueViolation && tables.has(name)) {
    const { table } = tables.of(name);
    return uniqueViolationOf(table, constraint, row ?? rowFromDetail(table, failure.detail));
  }
  if (failure?.code === limitExceeded) return tooLong(tables, failure.message, row) ?? error;
  const found = failure?.code === foreignKeyViolation ? tables.reference(constraint) : undefined;
  if (found === undefined) return error;
  const { table, reference } = found;
  // The same constraint is broken by a record that refers to nothing and by removing what is referred to; the detail tells which.
  if (/still referenced/.test(failure?.detail ?? "")) return stillReferenced(reference.target, table.name);
  return referenceMissing(table.definition, reference.field, row ?? rowFromDetail(table, failure?.detail));
}

/** What is indexed has to fit into a third of a page. Of what is longer than a whole one, PostgreSQL does not tell the index. */
function tooLong({ all }: Tables, message: string, row: EntityRow = {}): Error | undefined {
  const name = /for index "(.*?)"/.exec(message)?.[1];
  const fields = all
    .flatMap(({ table }) => table.indexes)
    .filter((index) => name === undefined || index.name === name)
    .map(({ field, columns: [column = ""] }) => field ?? column);
  const longest = fields.toSorted((a, b) => lengthOf(row[b]) - lengthOf(row[a]))[0];
  if (longest === undefined || (name === undefined && lengthOf(row[longest]) === 0)) return undefined;
  return new SchemaViolationError({ [longest]: "too long for an index of PostgreSQL" });
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return Math.max(0, ...value.map(lengthOf));
  return typeof value === "string" ? value.length : 0;
}

function uniqueViolationOf(table: Table, constraint: string, row: EntityRow): Error {
  const index = table.indexes.find(({ name }) => name === constraint);
  if (index === undefined) return primaryKeyTaken(table.definition, row);
  return index.field === null ? compositeKeyTaken(table.definition, row) : valueTaken(index.field, row);
}

/** `Key (name, ws_id)=(orders, 0dc6…) already exists.` Of many records that were written at once, this tells which one it was. */
function rowFromDetail({ columns, definition }: Table, detail = ""): EntityRow {
  const [, names = "", values = ""] = /^Key \((.*?)\)=\((.*)\) (?:already exists|is not present|conflicts)/s.exec(detail) ?? [];
  const list = names.split(", ").map((name) => name.replace(/^"(.*)"$/, "$1"));
  if (list.length === 1 && list[0] === "cache_key") return rowFromCacheKey(definition, values);
  // The value of interest comes first and may have commas itself; those of the columns behind it do not.
  const parts = values.split(", ");
  const first = parts.slice(0, parts.length - list.length + 1).join(", ");
  const row: Record<string, unknown> = {};
  list.forEach((name, index) => {
    const column = columns.find((one) => one.name === name);
    const text = index === 0 ? first : parts[parts.length - list.length + index];
    if (column?.field == null || text === undefined) return;
    row[column.field] = column.fromRow(column.type === "bigint" || column.type === "double precision" ? Number(text) : text);
  });
  return row;
}

/** `plugins:key-auth::<service id>:::<workspace id>`. No value that is a reference or a name has a colon in it. */
function rowFromCacheKey({ cacheKey = [], fields }: EntityDefinition, key: string): EntityRow {
  const parts = key.split(":").slice(1);
  return Object.fromEntries(
    cacheKey.map((name, index) => {
      const text = parts[index] ?? "";
      return [name, text === "" ? null : fields[name]?.kind === "foreign" ? { id: text } : text];
    }),
  );
}
