import { compileSchema } from "../schema/compile.js";
import type { EntityDefinition } from "../schema/entity.js";
import type { StoredRecord } from "../store/field-names.js";
import { primaryKeyText } from "../store/keys.js";
import type { FlattenedEntities } from "./load.js";

/**
 * Records as an Admin API shows them, in the form in which documents are flattened: without the old names that are shown beside the new
 * ones, and without what is not stored.
 *
 * @param shown - by entity
 */
export function shownState(
  entities: readonly EntityDefinition[],
  shown: ReadonlyMap<string, readonly StoredRecord[]>,
): FlattenedEntities {
  const state = new Map<string, ReadonlyMap<string, StoredRecord>>();
  for (const definition of entities) {
    const records = shown.get(definition.name);
    if (!records || records.length === 0) continue;
    const schema = compileSchema(definition);
    const hidden = Object.keys(definition.fields).filter((name) => definition.fields[name]?.attributes.transient);
    const rows = records.map((record) => {
      const { record: row } = schema.complete(record, "insert", { skipAuto: true });
      // Of an expiring record, the time that is left is shown, which is never the same.
      for (const name of [...hidden, "ttl"]) delete row[name];
      return [primaryKeyText(definition, row), row] as const;
    });
    state.set(definition.name, new Map(rows));
  }
  return state;
}
