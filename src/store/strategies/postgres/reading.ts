import type { EntityRow, RowKey } from "../../strategy.js";
import type { Queries } from "./database.js";
import type { Statements } from "./statements.js";
import { fromOutput } from "./table.js";

const rowsPerStatement = 5000;
const keysPerStatement = 1000;

/** All records of a table, expired ones included. */
export async function readTable(queries: Queries, statements: Statements): Promise<readonly EntityRow[]> {
  const { table } = statements;
  const rows: EntityRow[] = [];
  for (let last: EntityRow | undefined; ; last = rows.at(-1)) {
    const text = statements.page({ after: last !== undefined, expiredToo: true });
    const after = last === undefined ? [] : table.primaryKey.map(({ field, toJson }) => toJson(last?.[field as string]));
    const found = await queries.query(text, [rowsPerStatement, ...after]);
    for (const values of found) rows.push(fromOutput(table, values));
    if (found.length < rowsPerStatement) return rows;
  }
}

/** Those of some records that are there, expired ones included. */
export async function readKeys(queries: Queries, statements: Statements, keys: readonly RowKey[]): Promise<readonly EntityRow[]> {
  const { table } = statements;
  const rows: EntityRow[] = [];
  for (let start = 0; start < keys.length; start += keysPerStatement) {
    const part = keys.slice(start, start + keysPerStatement);
    const input = part.map((key) =>
      Object.fromEntries(table.primaryKey.map(({ name, field, toJson }) => [name, toJson(key[field as string])])),
    );
    for (const values of await queries.query(statements.selectMany(), [JSON.stringify(input)]))
      rows.push(fromOutput(table, values));
  }
  return rows;
}
