import { isObject } from "../schema/values.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { DeclarativeEntity, EntityTree } from "./entity-tree.js";
import { identify } from "./identify.js";
import { migratePaths } from "./migrate-paths.js";
import type { DocumentPath } from "./positions.js";
import type { RecordMatcher } from "./reuse.js";

const unchecked = Object.freeze({}) as Record<string, unknown>;

/** One record of a document. */
export class DocumentRecord {
  readonly entity: DeclarativeEntity;
  /** As written, except for paths of old formats. */
  readonly source: Readonly<Record<string, unknown>>;
  readonly parent: DocumentRecord | undefined;
  /** The foreign field that refers to the parent. */
  readonly parentField: string | undefined;
  /** Position in its own list. */
  readonly index: number;
  /** The primary key, where that is a single UUID. */
  readonly id: string | undefined;
  /** With defaults and references; set by the check. */
  completed: Record<string, unknown> = unchecked;
  /** Nothing about the record itself calls for a warning; set by the search for them. */
  isQuiet = false;
  /** What it takes in memory; 0 until somebody has asked. */
  bytes = 0;

  /** @param before - the same record of the document before this one */
  constructor(
    entity: DeclarativeEntity,
    source: Readonly<Record<string, unknown>>,
    index: number,
    parent?: DocumentRecord,
    parentField?: string,
    before?: DocumentRecord,
  ) {
    this.entity = entity;
    this.source = source;
    this.index = index;
    this.parent = parent;
    this.parentField = parentField;
    if (before) {
      this.id = before.id;
      this.completed = before.completed;
      this.isQuiet = before.isQuiet;
      this.bytes = before.bytes;
    } else this.id = identify(this);
  }

  /** The check has still to be made. */
  get isUnchecked(): boolean {
    return this.completed === unchecked;
  }

  /** Where the record stands in the document. */
  get path(): DocumentPath {
    return [...(this.parent?.path ?? []), this.entity.name, this.index];
  }
}

/** A place that holds something other than what belongs there. */
export interface Misplaced {
  readonly path: DocumentPath;
  readonly message: string;
  /** The record that contains it, when it is one of the record's fields. */
  readonly record?: DocumentRecord;
  readonly field?: string;
}

/** The records of a document, children before their parents, and what could not be read as records. */
export interface CollectedRecords {
  readonly records: readonly DocumentRecord[];
  readonly byEntity: ReadonlyMap<DeclarativeEntity, readonly DocumentRecord[]>;
  readonly misplaced: readonly Misplaced[];
}

/** How {@link collectRecords} reads. */
export interface CollectOptions {
  /** Rewrite route paths of the formats before 3.0. */
  readonly migrate: boolean;
  /** Knows the records of the document before. */
  readonly matcher: RecordMatcher;
}

/** A list that is being read. */
interface OpenList {
  readonly items: readonly unknown[];
  readonly entity: DeclarativeEntity;
  readonly parent: DocumentRecord | undefined;
  readonly parentField: string | undefined;
  next: number;
  /** The record whose children are being read. */
  open: DocumentRecord | undefined;
}

/** Finds all records of a document and gives each its id. */
export function* collectRecords(
  document: Readonly<Record<string, unknown>>,
  tree: EntityTree,
  options: CollectOptions,
): Steps<CollectedRecords> {
  const collector = new Collector(options);
  for (const entity of tree.values()) {
    if (!Object.hasOwn(document, entity.name)) continue;
    collector.open(document[entity.name], entity);
    while (collector.read(stepSize)) {
      yield { phase: "read", done: collector.records.length, total: 0 };
      yield* options.matcher.prepare();
    }
  }
  return collector;
}

class Collector implements CollectedRecords {
  readonly records: DocumentRecord[] = [];
  readonly byEntity = new Map<DeclarativeEntity, DocumentRecord[]>();
  readonly misplaced: Misplaced[] = [];
  readonly #options: CollectOptions;
  readonly #lists: OpenList[] = [];

  constructor(options: CollectOptions) {
    this.#options = options;
  }

  open(list: unknown, entity: DeclarativeEntity, parent?: DocumentRecord, parentField?: string): void {
    if (list === null || list === undefined) return;
    if (Array.isArray(list)) {
      this.#lists.push({ items: list, entity, parent, parentField, next: 0, open: undefined });
      return;
    }
    // An empty Lua table is a list as well as an object.
    if (isObject(list) && Object.keys(list).length === 0) return;
    const path = [...(parent?.path ?? []), entity.name];
    this.misplaced.push({ path, message: "expected an array", ...(parent ? { record: parent, field: entity.name } : {}) });
  }

  /**
   * Reads some items of what is open.
   *
   * @returns `false` when nothing is left
   */
  read(count: number): boolean {
    for (let left = count; left > 0; left--) {
      const list = this.#lists.at(-1);
      if (list === undefined) return false;
      if (list.open) {
        this.#close(list.open);
        list.open = undefined;
      }
      if (list.next === list.items.length) this.#lists.pop();
      else if (this.#item(list, list.next)) list.next++;
      else return true;
    }
    return true;
  }

  /** @returns `false` when it has to be read again, once the matcher is ready for it */
  #item(list: OpenList, index: number): boolean {
    const { items, entity, parent, parentField } = list;
    const item = items[index];
    if (!isObject(item)) {
      this.misplaced.push({ path: [...(parent?.path ?? []), entity.name, index], message: "expected a record" });
      return true;
    }
    const { migrate, matcher } = this.#options;
    const record = matcher.record(entity, item, index, parent, parentField, migrate && isMigrated(entity, parent));
    if (record === undefined) return false;
    list.open = record;
    // Lists are read from the top of the stack, and the first is to come first.
    const before = this.#lists.length;
    for (const [key, child] of entity.children) {
      if (Object.hasOwn(item, key)) this.open(item[key], child.entity, record, child.field);
    }
    if (this.#lists.length > before + 1) this.#lists.push(...this.#lists.splice(before).reverse());
    return true;
  }

  #close(record: DocumentRecord): void {
    this.records.push(record);
    const own = this.byEntity.get(record.entity);
    if (own) own.push(record);
    else this.byEntity.set(record.entity, [record]);
  }
}

/** Kong migrates the routes at the top and those of services at the top, and no others. */
function isMigrated(entity: DeclarativeEntity, parent: DocumentRecord | undefined): boolean {
  return entity.name === "routes" && (!parent || (parent.entity.name === "services" && !parent.parent));
}

/** A route of an old document, in the notation of today. */
export function withMigratedPaths(route: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Array.isArray(route.paths) ? { ...route, paths: migratePaths(route.paths) } : route;
}
