import { createHash } from "node:crypto";
import type { Table } from "../strategies/postgres/table.js";

/** Changes when, and only when, the table of an entity would be another one. */
export function fingerprintOf({ columns, primaryKey, indexes, references, definition }: Table): string {
  const shape = {
    columns: columns.map(({ name, type, notNull, sqlDefault }) => [name, type, notNull, sqlDefault ?? null]),
    primaryKey: primaryKey.map(({ name }) => name),
    indexes: indexes.map(({ name, columns: list, unique, method }) => [name, list, unique, method]),
    references: references.map(({ name, column, target, onDelete }) => [name, column, target, onDelete]),
    ...(definition.cached ? {} : { unrecorded: true }),
  };
  return createHash("sha256").update(JSON.stringify(shape)).digest("hex").slice(0, 32);
}
