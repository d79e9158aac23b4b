import { foreignId, primaryKeyText } from "../store/keys.js";
import type { DeadReference } from "./check.js";
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
  const seen = new Set<string>();
  for (const record of records) {
    const { name, uniqueEndpointKey, definition } = record.entity;
    const key = uniqueEndpointKey === undefined ? undefined : record.completed[uniqueEndpointKey];
    if (typeof key === "string" && !add(seen, `${name}\0key\0${key}`)) {
      faults.push(whole(record, violation(name, uniqueEndpointKey as string, key)));
      continue;
    }
    const id = primaryKeyText(definition, record.completed);
    if (!add(seen, `${name}\0id\0${id}`)) faults.push(whole(record, violation(name, "primary key", id)));
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
  const seen = new Set<string>();
  for (const record of records) {
    const { name, definition, uniqueFields } = record.entity;
    for (const field of uniqueFields) {
      const written = record.completed[field];
      const value = definition.fields[field]?.kind === "foreign" ? foreignId(written) : written;
      if (value === null || value === undefined || add(seen, `${name}\0${field}\0${String(value)}`)) continue;
      faults.push({ record, message: violation(name, field, String(value)), place: keyedPlace(record), listed: false, field });
    }
  }
  return faults;
}

function add(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
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
