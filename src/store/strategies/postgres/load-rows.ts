import type { EntityRow, RowsByEntity } from "../../strategy.js";
import type { Database, Queries } from "./database.js";
import type { Statements } from "./statements.js";
import { toInput } from "./table.js";
import type { Tables } from "./tables.js";
import { assertStorable } from "./text-faults.js";
import { isUniqueViolation } from "./violations.js";

/** Records per statement. */
const batchSize = 1000;
/** Characters per statement: PostgreSQL takes up to 1 GB, and both sides hold all of it in memory. */
const batchLength = 16 * 1024 * 1024;

interface Batch {
  readonly statements: Statements;
  readonly json: string;
}

/**
 * Stores many records in one transaction, with one round trip per batch; those that are there are replaced. References are looked at when
 * it ends, so their order does not matter.
 */
export async function mergeRows(database: Database, tables: Tables, rows: RowsByEntity): Promise<void> {
  await database.longTransaction(async (queries) => {
    await queries.query("SET CONSTRAINTS ALL DEFERRED");
    for (const [entity, records] of rows) {
      for (const { statements, json } of batchesOf(tables.of(entity), [...records.values()]))
        await merge(queries, statements, json);
    }
  });
}

/** Records that swap the values of unique fields are in each other's way until the last one is stored. */
async function merge(queries: Queries, statements: Statements, json: string): Promise<void> {
  const emptyUnique = statements.emptyUnique();
  if (emptyUnique === undefined) {
    await queries.query(statements.insertOrReplace(), [json]);
    return;
  }
  await queries.query("SAVEPOINT batch");
  try {
    await queries.query(statements.insertOrReplace(), [json]);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await queries.query("ROLLBACK TO SAVEPOINT batch");
    await queries.query(emptyUnique, [json]);
    await queries.query(statements.insertOrReplace(), [json]);
  }
  await queries.query("RELEASE SAVEPOINT batch");
}

/** Records as the JSON of statements, each made when it is asked for: what is not sent yet takes neither memory nor time. */
export function* batchesOf(statements: Statements, records: readonly EntityRow[]): Generator<Batch, void, undefined> {
  for (let start = 0; start < records.length; start += batchSize) {
    yield* fitting(statements, records.slice(start, start + batchSize));
  }
}

function* fitting(statements: Statements, part: readonly EntityRow[]): Generator<Batch, void, undefined> {
  const inputs = part.map((row) => toInput(statements.table, row));
  const json = JSON.stringify(inputs);
  assertStorable(inputs, json);
  if (json.length <= batchLength || part.length === 1) {
    yield { statements, json };
    return;
  }
  const half = part.length >> 1;
  yield* fitting(statements, part.slice(0, half));
  yield* fitting(statements, part.slice(half));
}
