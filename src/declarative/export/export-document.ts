import { setOwn } from "../../schema/values.js";
import type { StoredRecord } from "../../store/field-names.js";
import { defaultWorkspaceId, foreignId, primaryKeyText } from "../../store/keys.js";
import { type DeclarativeEntity, type EntityTree, entityTree, type ForeignReference } from "../entity-tree.js";
import type { ExportedDocument, ExportOptions, ExportSource } from "./export.js";
import { writeRecord } from "./write-record.js";

/** A record on its way into a document. */
interface Exported {
  readonly entity: DeclarativeEntity;
  readonly row: StoredRecord;
  /** The records that are written inside of it. */
  readonly children: Exported[];
  parentField?: string;
  /** Somebody refers to it by id. */
  needsId: boolean;
}

/** The records of a store as a document; entities in order of dependency, records in order of their keys. */
export function exportDocument(source: ExportSource, options: ExportOptions): ExportedDocument {
  const tree = entityTree(source.entities);
  const records = collect(source, tree);
  const { ids = true, nested = false } = options;
  if (nested) nest(records);
  if (!ids) markReferences(records);
  const document: Record<string, unknown> = { _format_version: "3.0", _transform: false };
  const write = (exported: Exported): Record<string, unknown> => writeExported(exported, records, options, write);
  for (const [name, rows] of records) {
    const atTop = [...rows.values()].filter(({ parentField }) => parentField === undefined);
    if (atTop.length > 0) document[name] = atTop.map(write);
  }
  return document as ExportedDocument;
}

type Records = ReadonlyMap<string, ReadonlyMap<string, Exported>>;

function collect(source: ExportSource, tree: EntityTree): Records {
  const records = new Map<string, Map<string, Exported>>();
  for (const entity of tree.values()) {
    const { name, definition } = entity;
    if (!definition.dbExport) continue;
    const rows = new Map<string, Exported>();
    for (const row of source.rows(name)) {
      if (name === "workspaces" && isMadeByLoading(row)) continue;
      rows.set(primaryKeyText(definition, row), { entity, row, children: [], needsId: false });
    }
    if (rows.size > 0) records.set(name, rows);
  }
  return records;
}

/** The workspace that every load adds. */
function isMadeByLoading({ id, name, comment }: StoredRecord): boolean {
  return id === defaultWorkspaceId && name === "default" && (comment === null || comment === undefined);
}

/** Puts records that belong to one other into it. Those that belong to several stay at the top and name them all. */
function nest(records: Records): void {
  for (const rows of records.values()) {
    for (const exported of rows.values()) {
      const links = exported.entity.foreign.filter(({ field }) => foreignId(exported.row[field]) !== undefined);
      const [link] = links;
      if (links.length !== 1 || !link || !isBelonging(link, exported.entity)) continue;
      const parent = records.get(link.target)?.get(foreignId(exported.row[link.field]) as string);
      if (parent?.entity.children.get(exported.entity.name)?.field !== link.field) continue;
      parent.children.push(exported);
      exported.parentField = link.field;
    }
  }
}

/** A service only uses its `client_certificate`; it belongs to it as little as the other way round. */
function isBelonging({ field, target, cascade }: ForeignReference, { definition }: DeclarativeEntity): boolean {
  return cascade || definition.fields[field]?.required === true || `${field}s` === target;
}

/** Finds the records that must be written with their ids, since there is no name for them. */
function markReferences(records: Records): void {
  for (const rows of records.values()) {
    for (const { entity, row, parentField } of rows.values()) {
      for (const { field, target } of entity.foreign) {
        const referred = records.get(target)?.get(foreignId(row[field]) ?? "");
        if (referred && field !== parentField && nameOf(referred) === undefined) referred.needsId = true;
      }
    }
  }
}

function nameOf({ entity, row }: Exported): string | undefined {
  const name = entity.uniqueEndpointKey === undefined ? undefined : row[entity.uniqueEndpointKey];
  return typeof name === "string" ? name : undefined;
}

function writeExported(
  exported: Exported,
  records: Records,
  { ids = true, defaults = true }: ExportOptions,
  write: (exported: Exported) => Record<string, unknown>,
): Record<string, unknown> {
  const { entity, row, children, parentField } = exported;
  const record = writeRecord(entity, row, {
    defaults,
    keys: ids || exported.needsId || isOnlyKnownById(entity),
    times: ids,
    leaveOut: parentField,
    reference: (target, id) => (ids ? id : (nameOfId(records, target, id) ?? id)),
  });
  for (const child of children) {
    const { name } = child.entity;
    const list = record[name];
    if (Array.isArray(list)) list.push(write(child));
    else setOwn(record, name, [write(child)]);
  }
  return record;
}

function nameOfId(records: Records, target: string, id: string): string | undefined {
  const referred = records.get(target)?.get(id);
  return referred && nameOf(referred);
}

/** Nothing but their ids tells such records apart, and lists of ids (`ca_certificates` of a service) may name them. */
function isOnlyKnownById({ definition, foreign }: DeclarativeEntity): boolean {
  return definition.endpointKey === undefined && definition.cacheKey === undefined && foreign.length === 0;
}
