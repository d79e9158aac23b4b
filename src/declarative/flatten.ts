import type { StoredRecord } from "../store/field-names.js";
import { defaultWorkspaceId } from "../store/keys.js";
import { type Steps, stepSize } from "../util/steps.js";
import type { DeclarativeEntity, EntityTree } from "./entity-tree.js";
import type { DocumentRecord } from "./records.js";
import type { KeptDocument, KeptRecords } from "./reuse.js";
import { duplicateValues, type RecordFault, uniqueRows } from "./uniqueness.js";

type Rows = ReadonlyMap<string, StoredRecord>;

/** What flattening works on. */
export interface FlattenContext {
  readonly byEntity: ReadonlyMap<DeclarativeEntity, readonly DocumentRecord[]>;
  /** How many records of each entity are as they were in the load before. */
  readonly unchanged: ReadonlyMap<DeclarativeEntity, number>;
  readonly before: KeptDocument | undefined;
}

/** Records by entity and primary key, and what is wrong between them. */
export interface Flattened {
  readonly rows: ReadonlyMap<DeclarativeEntity, Rows>;
  /** Endpoint keys and ids that are declared twice. */
  readonly duplicates: readonly RecordFault[];
}

/** Puts the records of each entity into a map. Where nothing of an entity has changed, it is the map of the load before. */
export function* flatten(context: FlattenContext): Steps<Flattened> {
  const rows = new Map<DeclarativeEntity, Rows>();
  const duplicates: RecordFault[] = [];
  for (const [entity, records] of context.byEntity) {
    const kept = unchangedRecords(context, entity);
    rows.set(entity, kept ? kept.rows : yield* uniqueRows(records, duplicates));
  }
  return { rows, duplicates };
}

/** The other values that are declared twice. */
export function* valuesTwice(context: FlattenContext): Steps<readonly RecordFault[]> {
  const faults: RecordFault[] = [];
  for (const [entity, records] of context.byEntity) {
    if (!unchangedRecords(context, entity)) yield* duplicateValues(records, faults);
  }
  return faults;
}

/** The records as they are stored: those with transformations, transformed. */
export function* transformed(
  context: FlattenContext,
  rows: ReadonlyMap<DeclarativeEntity, Rows>,
  transform: boolean,
): Steps<ReadonlyMap<DeclarativeEntity, Rows>> {
  const stored = new Map(rows);
  for (const [entity, own] of rows) {
    if (!transform || entity.definition.transformations.length === 0) continue;
    const kept = unchangedRecords(context, entity);
    stored.set(entity, kept ? kept.stored : yield* transformedRows(entity, own, context.before?.byEntity.get(entity)));
  }
  return stored;
}

function* transformedRows({ schema }: DeclarativeEntity, rows: Rows, before: KeptRecords | undefined): Steps<Rows> {
  const stored = new Map<string, StoredRecord>();
  for (const [key, row] of rows) {
    if (stored.size % stepSize === 0) yield;
    const known = before?.rows.get(key) === row ? before.stored.get(key) : undefined;
    stored.set(key, known ?? schema.transform({ ...row }));
  }
  return stored;
}

function unchangedRecords({ byEntity, unchanged, before }: FlattenContext, entity: DeclarativeEntity): KeptRecords | undefined {
  const kept = before?.byEntity.get(entity);
  const count = byEntity.get(entity)?.length;
  return kept && kept.records.length === count && unchanged.get(entity) === count ? kept : undefined;
}

/** The maps by name, in order of dependency, with the workspace that there must be. */
export function byName(
  rows: ReadonlyMap<DeclarativeEntity, Rows>,
  tree: EntityTree,
  workspace: StoredRecord | undefined,
): Map<string, Rows> {
  const named = new Map<string, Rows>();
  for (const entity of tree.values()) {
    const own = rows.get(entity);
    if (own) named.set(entity.name, own);
  }
  if (workspace) named.set("workspaces", new Map([...(named.get("workspaces") ?? []), [defaultWorkspaceId, workspace]]));
  return named;
}

/** The one workspace, where the document does not name it. */
export function defaultWorkspace(
  rows: ReadonlyMap<DeclarativeEntity, Rows>,
  tree: EntityTree,
  now: () => number,
): StoredRecord | undefined {
  const entity = tree.get("workspaces");
  if (!entity) return undefined;
  for (const { name } of rows.get(entity)?.values() ?? []) if (name === "default") return undefined;
  return entity.schema.complete({ id: defaultWorkspaceId, name: "default" }, "insert", { now }).record;
}
