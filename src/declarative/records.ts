import { isObject } from "../schema/values.js";
import type { DeclarativeEntity, EntityTree } from "./entity-tree.js";
import { identify } from "./identify.js";
import { migratePaths } from "./migrate-paths.js";
import type { DocumentPath } from "./positions.js";

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

  constructor(
    entity: DeclarativeEntity,
    source: Readonly<Record<string, unknown>>,
    index: number,
    parent?: DocumentRecord,
    parentField?: string,
  ) {
    this.entity = entity;
    this.source = source;
    this.index = index;
    this.parent = parent;
    this.parentField = parentField;
    this.id = identify(this);
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
  readonly misplaced: readonly Misplaced[];
}

/**
 * Finds all records of a document and gives each its id.
 *
 * @param migrate - rewrite route paths of the formats before 3.0
 */
export function collectRecords(
  document: Readonly<Record<string, unknown>>,
  tree: EntityTree,
  migrate: boolean,
): CollectedRecords {
  const records: DocumentRecord[] = [];
  const misplaced: Misplaced[] = [];

  const readList = (list: unknown, entity: DeclarativeEntity, parent?: DocumentRecord, field?: string): void => {
    if (list === null || list === undefined) return;
    if (!Array.isArray(list)) {
      // An empty Lua table is a list as well as an object.
      if (isObject(list) && Object.keys(list).length === 0) return;
      const path = [...(parent?.path ?? []), entity.name];
      misplaced.push({ path, message: "expected an array", ...(parent ? { record: parent, field: entity.name } : {}) });
      return;
    }
    for (let index = 0; index < list.length; index++) {
      const item: unknown = list[index];
      if (!isObject(item)) {
        misplaced.push({ path: [...(parent?.path ?? []), entity.name, index], message: "expected a record" });
        continue;
      }
      const source = migrate && isMigrated(entity, parent) ? withMigratedPaths(item) : item;
      const record = new DocumentRecord(entity, source, index, parent, field);
      for (const [key, child] of entity.children) {
        if (Object.hasOwn(source, key)) readList(source[key], child.entity, record, child.field);
      }
      records.push(record);
    }
  };

  for (const entity of tree.values()) {
    if (Object.hasOwn(document, entity.name)) readList(document[entity.name], entity);
  }
  return { records, misplaced };
}

/** Kong migrates the routes at the top and those of services at the top, and no others. */
function isMigrated(entity: DeclarativeEntity, parent: DocumentRecord | undefined): boolean {
  return entity.name === "routes" && (!parent || (parent.entity.name === "services" && !parent.parent));
}

function withMigratedPaths(route: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Array.isArray(route.paths) ? { ...route, paths: migratePaths(route.paths) } : route;
}
