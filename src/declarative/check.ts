import type { FieldError } from "../errors/field-errors.js";
import { setOwn } from "../schema/values.js";
import type { DeclarativeEntity, ForeignReference } from "./entity-tree.js";
import type { DocumentRecord } from "./records.js";
import type { ReferenceIndex } from "./references.js";

/** The faults of a record while they are gathered. */
export type RecordErrors = Record<string, FieldError>;

/** A reference that leads to no record of the document. */
export interface DeadReference {
  readonly record: DocumentRecord;
  readonly field: string;
  readonly target: string;
  readonly value: unknown;
  /** The value has the shape of a primary key, so that only its absence from the document is wrong. */
  readonly isKey: boolean;
}

/** What checking all records of a document has shown. */
export interface CheckResult {
  readonly errors: ReadonlyMap<DocumentRecord, RecordErrors>;
  readonly dead: readonly DeadReference[];
  /**
   * Kong checks a document twice when its first check, in which references are mere texts, finds anything; unresolved references
   * then look different in its answer.
   */
  readonly checkedTwice: boolean;
}

/** Completes and checks every record. Where Kong needs two passes, references are known here beforehand, so one is enough. */
export function checkRecords(records: readonly DocumentRecord[], index: ReferenceIndex, now: () => number): CheckResult {
  const errors = new Map<DocumentRecord, RecordErrors>();
  const dead: DeadReference[] = [];
  let checkedTwice = false;
  for (const record of records) {
    const { input, faults } = ownFields(record);
    let skip: Set<string> | undefined;
    for (const reference of record.entity.foreign) {
      const written = input[reference.field];
      const link = linkOf(record, reference, written, index);
      if (link.value !== undefined) input[reference.field] = link.value;
      if (link.dead) {
        dead.push(link.dead);
        if (!link.dead.isKey) {
          skip ??= new Set();
          skip.add(reference.field);
        }
      }
      if (written !== undefined && written !== null && (record.parent || typeof written !== "string")) checkedTwice = true;
    }
    complete(record, input, skip, faults, now);
    if (Object.keys(faults).length > 0) errors.set(record, faults);
    if (!checkedTwice && needsParent(record)) checkedTwice = true;
  }
  return { errors, dead, checkedTwice: checkedTwice || errors.size > 0 };
}

interface Link {
  readonly value?: unknown;
  readonly dead?: DeadReference;
}

function linkOf(record: DocumentRecord, reference: ForeignReference, written: unknown, index: ReferenceIndex): Link {
  const { field, target } = reference;
  const nestedHere = field === record.parentField;
  const toParent = { id: record.parent?.id ?? null };
  if (written === undefined || written === null) return nestedHere ? { value: toParent } : {};
  const resolution = index.resolve(reference, written);
  if (resolution.kind === "found") return { value: nestedHere ? toParent : { id: resolution.id } };
  const isKey = resolution.kind === "absent";
  const dead = { record, field, target, value: written, isKey };
  return isKey ? { value: { id: resolution.id }, dead } : { value: null, dead };
}

/** What the author wrote, without children and notes. Never the author's own object. */
function ownFields({ entity, source, id }: DocumentRecord): { input: Record<string, unknown>; faults: RecordErrors } {
  const input: Record<string, unknown> = {};
  const faults: RecordErrors = {};
  for (const key of Object.keys(source)) {
    const value = source[key];
    if (value === undefined || entity.children.has(key)) continue;
    if (key === "__proto__") setOwn(faults, key, "unknown field");
    else if (key === "_comment" || key === "_ignore") noteFault(key, value, faults);
    else if (key !== "ttl" || !entity.definition.ttl) input[key] = value;
  }
  if (entity.idField !== undefined && id !== undefined) input[entity.idField] = id;
  return { input, faults };
}

/** `_comment` and `_ignore` may stand in every record and at the top. */
export function noteFault(key: "_comment" | "_ignore", value: unknown, faults: RecordErrors): void {
  if (value === null || value === undefined) return;
  if (key === "_comment" && typeof value !== "string") faults[key] = "expected a string";
  if (key === "_ignore" && !Array.isArray(value)) faults[key] = "expected an array";
}

function complete(
  record: DocumentRecord,
  input: Record<string, unknown>,
  skip: ReadonlySet<string> | undefined,
  faults: RecordErrors,
  now: () => number,
): void {
  const { schema, definition } = record.entity;
  const { record: completed, errors: shorthandFaults } = schema.complete(input, "insert", { now });
  const fieldFaults = schema.validate(completed, skip ? { skip } : {});
  for (const [field, error] of Object.entries(fieldFaults ?? {})) {
    // A shorthand that could not be expanded leaves its fields empty; saying so would only hide what is wrong.
    if (shorthandFaults && error === "required field missing") continue;
    setOwn(faults, field, error);
  }
  for (const [field, error] of Object.entries(shorthandFaults ?? {})) setOwn(faults, field, error);
  if (definition.ttl && typeof record.source.ttl === "number") completed.ttl = record.source.ttl;
  record.completed = completed;
}

/** Hashing needs the parent's id, which Kong knows in its second pass only. */
function needsParent({ entity, source, parentField }: DocumentRecord): boolean {
  return parentField !== undefined && entity.definition.transformations.some((transformation) => wantsParent(transformation));

  function wantsParent({ input, needs = [] }: DeclarativeEntity["definition"]["transformations"][number]): boolean {
    return needs.some((name) => name.split(".")[0] === parentField) && input.some((name) => typeof source[name] === "string");
  }
}
