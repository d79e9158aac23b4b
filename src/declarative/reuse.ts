import { deepCopy, setOwn } from "../schema/values.js";
import type { StoredRecord } from "../store/field-names.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { DeclarativeEntity } from "./entity-tree.js";
import type { KnownPieces } from "./pieces/piece.js";
import { DocumentRecord, withMigratedPaths } from "./records.js";

type Rows = ReadonlyMap<string, StoredRecord>;

/** The records of one entity in a document that has been loaded. */
export interface KeptRecords {
  /** In the order of the document. */
  readonly records: readonly DocumentRecord[];
  readonly rows: Rows;
  readonly stored: Rows;
}

/** What the next load may use again of the one before. */
export interface KeptDocument {
  /** What else decides about the outcome: the document's version, and whether secrets are hashed. */
  readonly mode: string;
  readonly byEntity: ReadonlyMap<DeclarativeEntity, KeptRecords>;
  /** Of a text that was read piece by piece. */
  readonly pieces?: KnownPieces;
}

/** How records find their counterparts of the load before. */
export interface MatcherOptions {
  readonly before: KeptDocument | undefined;
  readonly mode: string;
  /** The caller may change the document later, so that records must not keep parts of it. */
  readonly copy: boolean;
}

/** Makes records; those that stood in the document before, in the same words, begin with what was made of them then. */
export class RecordMatcher {
  readonly #options: MatcherOptions;
  readonly #entities = new Map<DeclarativeEntity, Counterparts>();
  #wanting: Counterparts | undefined;

  constructor(options: MatcherOptions) {
    this.#options = options;
  }

  /** Makes ready what the last call of {@link record} has not found ready. */
  *prepare(): Steps<void> {
    if (this.#wanting) yield* this.#wanting.prepare();
    this.#wanting = undefined;
  }

  /** @returns `undefined` when it has to be asked again, after {@link prepare} */
  record(
    entity: DeclarativeEntity,
    item: Readonly<Record<string, unknown>>,
    index: number,
    parent: DocumentRecord | undefined,
    parentField: string | undefined,
    migrate: boolean,
  ): DocumentRecord | undefined {
    const { copy } = this.#options;
    const written = migrate ? withMigratedPaths(item) : item;
    const counterparts = this.#of(entity);
    if (counterparts) {
      const found = counterparts.find(written, parent, parentField);
      if (found) return new DocumentRecord(entity, found.source, index, parent, parentField, found);
    }
    const record = new DocumentRecord(entity, copy ? ownCopy(written, entity) : written, index, parent, parentField);
    const same = counterparts?.findById(record);
    if (same === "unprepared") {
      this.#wanting = counterparts;
      return undefined;
    }
    return same ? new DocumentRecord(entity, same.source, index, parent, parentField, same) : record;
  }

  #of(entity: DeclarativeEntity): Counterparts | undefined {
    const { before, mode } = this.#options;
    const kept = before?.mode === mode ? before.byEntity.get(entity) : undefined;
    if (kept === undefined) return undefined;
    let counterparts = this.#entities.get(entity);
    if (counterparts === undefined) {
      counterparts = new Counterparts(kept.records);
      this.#entities.set(entity, counterparts);
    }
    return counterparts;
  }
}

/** The records of one entity before, each to be found once. */
class Counterparts {
  readonly #records: readonly DocumentRecord[];
  readonly #taken: Uint8Array;
  /** By id; made when something is not where it was. */
  #positions: ReadonlyMap<string, number> | undefined;
  /** Where the next one is expected: most documents change in few places. */
  #next = 0;

  constructor(records: readonly DocumentRecord[]) {
    this.#records = records;
    this.#taken = new Uint8Array(records.length);
  }

  find(
    written: Readonly<Record<string, unknown>>,
    parent: DocumentRecord | undefined,
    parentField: string | undefined,
  ): DocumentRecord | undefined {
    const before = this.#records[this.#next];
    if (before === undefined || this.#taken[this.#next] === 1 || !isSame(before, written, parent, parentField)) return undefined;
    this.#taken[this.#next] = 1;
    this.#next += 1;
    return before;
  }

  /** Where something has been added, removed or moved. */
  findById({ id, source, parent, parentField }: DocumentRecord): DocumentRecord | "unprepared" | undefined {
    if (id === undefined) return undefined;
    // Mostly it stands where it stood, in other words.
    const isInPlace = this.#records[this.#next]?.id === id;
    if (!isInPlace && this.#positions === undefined) return "unprepared";
    const position = isInPlace ? this.#next : this.#positions?.get(id);
    if (position === undefined || this.#taken[position] === 1) return undefined;
    this.#next = position + 1;
    const before = this.#records[position] as DocumentRecord;
    if (!isSame(before, source, parent, parentField)) return undefined;
    this.#taken[position] = 1;
    return before;
  }

  *prepare(): Steps<void> {
    const positions = new Map<string, number>();
    for (const [position, { id }] of this.#records.entries()) {
      if (position % stepSize === 0) yield;
      if (id !== undefined) positions.set(id, position);
    }
    this.#positions = positions;
  }
}

function isSame(
  before: DocumentRecord,
  written: Readonly<Record<string, unknown>>,
  parent: DocumentRecord | undefined,
  parentField: string | undefined,
): boolean {
  return (
    before.parentField === parentField && before.parent?.id === parent?.id && isSameSource(before.source, written, before.entity)
  );
}

function isSameSource(
  before: Readonly<Record<string, unknown>>,
  written: Readonly<Record<string, unknown>>,
  { children }: DeclarativeEntity,
): boolean {
  if (before === written) return true;
  let left = 0;
  for (const key in before) if (!children.has(key)) left++;
  for (const key in written) {
    if (children.has(key)) continue;
    if (!Object.hasOwn(before, key) || !isEqual(before[key], written[key])) return false;
    left--;
  }
  return left === 0;
}

/** Whether two values of plain data say the same. Objects of classes are equal to themselves only. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!isEqual(a[index], b[index])) return false;
    return true;
  }
  if (Object.getPrototypeOf(a) !== Object.prototype || Object.getPrototypeOf(b) !== Object.prototype) return false;
  let left = 0;
  for (const _ in a) left++;
  for (const key in b) {
    if (!Object.hasOwn(a, key) || !isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
      return false;
    left--;
  }
  return left === 0;
}

/** Children are records of their own. */
function ownCopy(written: Readonly<Record<string, unknown>>, { children }: DeclarativeEntity): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...written };
  for (const key of Object.keys(written)) if (!children.has(key)) setOwn(copy, key, deepCopy(written[key]));
  return copy;
}
