import { stillReferenced } from "../../integrity.js";
import { primaryKeyText } from "../../keys.js";
import type { EntityRow, RowChange } from "../../strategy.js";
import type { Queries } from "./database.js";
import { quoteName } from "./names.js";
import type { Statements } from "./statements.js";
import { fromOutput, type Table } from "./table.js";
import type { Referring, Tables } from "./tables.js";

/**
 * Finds and locks all that goes with some records, which have been locked already. The database itself then deletes it, by its own
 * foreign keys; here is only found out what that will be.
 *
 * @returns the records' own deletion first
 * @throws code 4 when something that must stay refers to them
 */
export async function deletionOf(
  queries: Queries,
  tables: Tables,
  entity: string,
  rows: readonly EntityRow[],
): Promise<RowChange[]> {
  const changes = new Map<string, RowChange>();
  const add = (table: Table, change: RowChange): boolean => {
    const key = `${table.name}:${primaryKeyText(table.definition, change.row)}`;
    const known = changes.get(key);
    if (known?.operation === "delete" || (known !== undefined && change.operation === "update")) return false;
    changes.set(key, change);
    return true;
  };
  let level: { readonly statements: Statements; readonly rows: readonly EntityRow[] }[] = [
    { statements: tables.of(entity), rows },
  ];
  for (const row of rows) add(tables.of(entity).table, { entity, operation: "delete", row });
  while (level.length > 0) {
    const next: typeof level = [];
    for (const parents of level) {
      for (const { statements, reference } of await referringTo(queries, tables, parents.statements, parents.rows)) {
        const children = await childrenOf(queries, statements, reference.column, parents.rows);
        const { table } = statements;
        if (reference.onDelete === "restrict" && children.length > 0) throw stillReferenced(reference.target, table.name);
        if (reference.onDelete === "null") {
          for (const old of children)
            add(table, { entity: table.name, operation: "update", row: { ...old, [reference.field]: null }, old });
        } else {
          const fresh = children.filter((row) => add(table, { entity: table.name, operation: "delete", row }));
          if (fresh.length > 0) next.push({ statements, rows: fresh });
        }
      }
    }
    level = next;
  }
  return [...changes.values()];
}

/** Most entities that could refer to a record do not: one question tells which ones do. */
async function referringTo(
  queries: Queries,
  tables: Tables,
  parents: Statements,
  rows: readonly EntityRow[],
): Promise<readonly Referring[]> {
  const all = tables.referringTo(parents.table.name);
  if (all.length === 0) return [];
  const tests = all.map(({ statements, reference }) => {
    const type = typeOf(statements, reference.column);
    return `EXISTS (SELECT 1 FROM ${statements.name} WHERE ${quoteName(reference.column)} = ANY($1::${type}[]))`;
  });
  const [found = []] = await queries.query(`SELECT ${tests.join(", ")}`, [rows.map(({ id }) => id)]);
  return all.filter((_, index) => found[index] === true);
}

async function childrenOf(
  queries: Queries,
  statements: Statements,
  column: string,
  rows: readonly EntityRow[],
): Promise<EntityRow[]> {
  const text = statements.selectReferring(column, typeOf(statements, column));
  const found = await queries.query(text, [rows.map(({ id }) => id)]);
  return found.map((values) => fromOutput(statements.table, values));
}

function typeOf({ table }: Statements, column: string): string {
  return table.columns.find(({ name }) => name === column)?.type ?? "uuid";
}
