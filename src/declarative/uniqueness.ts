import { foreignId, primaryKeyText } from "../store/keys.js";
import { getOrMake } from "../util/get-or-make.js";
import type { DeadReference } from "./check.js";
import type { DeclarativeEntity } from "./entity-tree.js";
import type { DocumentRecord } from "./records.js";

/** A fault that concerns a record as a whole, and where Kong shows it. */
export interface RecordFault {
  readonly record: DocumentRecord;
  readonly message: string;
  /** In the error tree; the indexes count from zero. */
  readonly place: readonly (string | number)[];
  /** Several of these may share a place. */
  readonly listed: boolean;
  readonly field?: string;
}

function violation(entity: string, what: string, value: string): string {
  return `uniqueness violation: '${entity}' entity with ${what} set to '${value}' already declared`;
}

/**
 * The endpoint keys and ids that are declared twice, and the references that lead nowhere.
 *
 * @param records - children before their parents
 */
export function duplicatesAndDeadReferences(records: readonly DocumentRecord[], dead: readonly DeadReference[]): RecordFault[] {
  const faults: RecordFault[] = [];
  // Sets of texts that exist anyway: with 100,000 records, texts made for looking up cost more than the looking up.
  const seen = new Map<DeclarativeEntity, { readonly keys: Set<string>; readonly ids: Set<string> }>();
  for (const record of records) {
    const { name, uniqueEndpointKey, definition } = record.entity;
    const { keys, ids } = getOrMake(seen, record.entity, () => ({ keys: new Set<string>(), ids: new Set<string>() }));
    const key = uniqueEndpointKey === undefined ? undefined : record.completed[uniqueEndpointKey];
    if (typeof key === "string" && !add(keys, key)) {
      faults.push(whole(record, violation(name, uniqueEndpointKey as string, key)));
      continue;
    }
    const id = primaryKeyText(definition, record.completed);
    if (!add(ids, id)) faults.push(whole(record, violation(name, "primary key", id)));
  }
  for (const { record, field, target, value } of dead) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const message = `invalid reference '${field}: ${text}' (no such entry in '${target}')`;
    faults.push({ record, message, place: keyedPlace(record), listed: true, field });
  }
  return faults;
}

/** The values that are declared twice in the unique fields other than the endpoint key. */
export function duplicateValues(records: readonly DocumentRecord[]): RecordFault[] {
  const faults: RecordFault[] = [];
  const seen = new Map<DeclarativeEntity, Map<string, Set<string>>>();
  for (const record of records) {
    const { name, definition, uniqueFields } = record.entity;
    if (uniqueFields.length === 0) continue;
    const byField = getOrMake(seen, record.entity, () => new Map(uniqueFields.map((field) => [field, new Set<string>()])));
    for (const field of uniqueFields) {
      const written = record.completed[field];
      const value = definition.fields[field]?.kind === "foreign" ? foreignId(written) : written;
      if (value === null || value === undefined || add(byField.get(field) as Set<string>, String(value))) continue;
      faults.push({ record, message: violation(name, field, String(value)), place: keyedPlace(record), listed: false, field });
    }
  }
  return faults;
}

function add(seen: Set<string>, key: string): boolean {
  const before = seen.size;
  return seen.add(key).size > before;
}

/** Kong shows the direct parent of a nested record, and no older ancestors. */
function whole(record: DocumentRecord, message: string): RecordFault {
  const { entity, index, parent } = record;
  const around = parent ? [parent.entity.name, parent.index] : [];
  return { record, message, place: [...around, entity.name, index], listed: false };
}

/** Under the record's own entity, by endpoint key; by id where it has none (the original crashes there). */
function keyedPlace({ entity, completed }: DocumentRecord): string[] {
  const key = entity.uniqueEndpointKey === undefined ? undefined : completed[entity.uniqueEndpointKey];
  return [entity.name, typeof key === "string" ? key : primaryKeyText(entity.definition, completed)];
}
