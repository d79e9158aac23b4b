import type { StoredRecord } from "../store/field-names.js";
import { foreignId, primaryKeyText } from "../store/keys.js";
import { type Steps, stepSize } from "../util/steps.js";
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

/** The records of one entity, by primary key. */
export type RecordRows = Map<string, StoredRecord>;

/**
 * Puts the records of one entity into a map, and finds the endpoint keys and ids that are declared twice.
 *
 * @param records - children before their parents
 */
export function* uniqueRows(records: readonly DocumentRecord[], faults: RecordFault[]): Steps<RecordRows> {
  const rows: RecordRows = new Map();
  const keys = new Set<string>();
  for (let index = 0; index < records.length; index++) {
    if (index % stepSize === 0) yield;
    const record = records[index] as DocumentRecord;
    const { name, uniqueEndpointKey, definition } = record.entity;
    const key = uniqueEndpointKey === undefined ? undefined : record.completed[uniqueEndpointKey];
    if (typeof key === "string" && !add(keys, key)) {
      faults.push(whole(record, violation(name, uniqueEndpointKey as string, key)));
      continue;
    }
    const id = primaryKeyText(definition, record.completed);
    const before = rows.size;
    rows.set(id, record.completed);
    if (rows.size === before) faults.push(whole(record, violation(name, "primary key", id)));
  }
  return rows;
}

/** The references that lead nowhere. */
export function deadReferences(dead: readonly DeadReference[]): RecordFault[] {
  return dead.map(({ record, field, target, value }) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const message = `invalid reference '${field}: ${text}' (no such entry in '${target}')`;
    return { record, message, place: keyedPlace(record), listed: true, field };
  });
}

/** The values that are declared twice in the unique fields, other than the endpoint key, of one entity. */
export function* duplicateValues(records: readonly DocumentRecord[], faults: RecordFault[]): Steps<void> {
  const [first] = records;
  if (first === undefined || first.entity.uniqueFields.length === 0) return;
  const { name, definition, uniqueFields } = first.entity;
  const byField = uniqueFields.map((field) => [field, new Set<string>()] as const);
  for (let index = 0; index < records.length; index++) {
    if (index % stepSize === 0) yield;
    const record = records[index] as DocumentRecord;
    for (const [field, seen] of byField) {
      const written = record.completed[field];
      const value = definition.fields[field]?.kind === "foreign" ? foreignId(written) : written;
      // What has another form than a value can have has been refused already.
      if (value === null || value === undefined || typeof value === "object" || add(seen, String(value))) continue;
      faults.push({ record, message: violation(name, field, String(value)), place: keyedPlace(record), listed: false, field });
    }
  }
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
