import type { FieldError } from "../errors/field-errors.js";
import type { QuickClock, QuickLink } from "../schema/quick.js";
import { isNonEmpty, setOwn } from "../schema/values.js";
import { foreignId } from "../store/keys.js";
import { isUuid } from "../util/uuid.js";
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

/** Completes and checks records. Where Kong needs two passes, references are known here beforehand, so one is enough. */
export class RecordChecker {
  readonly errors = new Map<DocumentRecord, RecordErrors>();
  readonly dead: DeadReference[] = [];
  readonly #index: ReferenceIndex;
  readonly #now: () => number;
  readonly #clock: QuickClock;

  constructor(index: ReferenceIndex, now: () => number) {
    this.#index = index;
    this.#now = now;
    const time = now();
    this.#clock = { seconds: Math.floor(time / 1000), precise: Math.round(time) / 1000 };
  }

  /** @returns whether what was made of the record in the load before is still right */
  check(record: DocumentRecord): boolean {
    if (!record.isUnchecked && this.#leadsWhereItDid(record)) return true;
    record.isQuiet = false;
    record.bytes = 0;
    record.completed = record.entity.quick(record.source, record.id, this.#clock, record, this.#link) ?? this.#thorough(record);
    return false;
  }

  /** What a reference leads to may have changed even where its text has not. */
  #leadsWhereItDid({ entity, source, completed, parent, parentField }: DocumentRecord): boolean {
    for (const reference of entity.foreign) {
      const { field } = reference;
      const before = foreignId(completed[field]);
      const written = source[field];
      if (written === undefined || written === null) {
        if (before !== (field === parentField ? parent?.id : undefined)) return false;
        continue;
      }
      const resolution = this.#index.resolve(reference, written);
      if (resolution.kind !== "found" || before !== (field === parentField ? parent?.id : resolution.id)) return false;
    }
    return true;
  }

  result(records: readonly DocumentRecord[]): CheckResult {
    const { errors, dead } = this;
    // Only what is refused is worth the question.
    const checkedTwice = errors.size > 0 || (dead.length > 0 && records.some(isCheckedTwice));
    return { errors, dead, checkedTwice };
  }

  readonly #link: QuickLink<DocumentRecord> = (record, position, written) => {
    const reference = record.entity.foreign[position] as ForeignReference;
    const isParent = reference.field === record.parentField;
    const { parent } = record;
    if (written === undefined || written === null) return isParent ? soundKey(parent, parent?.id) : null;
    const resolution = this.#index.resolve(reference, written);
    if (resolution.kind !== "found") return undefined;
    return isParent ? soundKey(parent, parent?.id) : soundKey(resolution.record, resolution.id);
  };

  #thorough(record: DocumentRecord): Record<string, unknown> {
    const { input, faults } = ownFields(record);
    let skip: Set<string> | undefined;
    for (const reference of record.entity.foreign) {
      const link = linkOf(record, reference, input[reference.field], this.#index);
      if (link.value !== undefined) input[reference.field] = link.value;
      if (link.dead) {
        this.dead.push(link.dead);
        if (!link.dead.isKey) {
          skip ??= new Set();
          skip.add(reference.field);
        }
      }
    }
    const completed = complete(record, input, skip, faults, this.#now);
    if (isNonEmpty(faults)) this.errors.set(record, faults);
    return completed;
  }
}

/** The key of a record; `undefined` when it is none. What the author has written himself may be anything, what is derived may not. */
function soundKey(target: DocumentRecord | undefined, id: string | undefined): { readonly id: string } | undefined {
  if (target === undefined || id === undefined) return undefined;
  const { idField } = target.entity;
  const isGiven = idField === undefined || typeof target.source[idField] === "string";
  return !isGiven || isUuid(id) ? { id } : undefined;
}

function isCheckedTwice(record: DocumentRecord): boolean {
  return record.entity.foreign.some(({ field }) => isLink(record, record.source[field])) || needsParent(record);
}

/** Something that Kong's first pass does not take for a reference. */
function isLink(record: DocumentRecord, written: unknown): boolean {
  return written !== undefined && written !== null && (record.parent !== undefined || typeof written !== "string");
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
): Record<string, unknown> {
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
  return completed;
}

/** Hashing needs the parent's id, which Kong knows in its second pass only. */
function needsParent({ entity, source, parentField }: DocumentRecord): boolean {
  return parentField !== undefined && entity.definition.transformations.some((transformation) => wantsParent(transformation));

  function wantsParent({ input, needs = [] }: DeclarativeEntity["definition"]["transformations"][number]): boolean {
    return needs.some((name) => name.split(".")[0] === parentField) && input.some((name) => typeof source[name] === "string");
  }
}
