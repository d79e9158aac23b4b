import type { EntityDefinition } from "../schema/entity.js";
import { selectShape } from "../schema/subschemas.js";
import { setOwn } from "../schema/values.js";
import type { StoredRecord } from "../store/field-names.js";
import { defaultWorkspaceId, primaryKeyText } from "../store/keys.js";
import { getOrMake } from "../util/get-or-make.js";
import { md5 } from "../util/md5.js";
import { type CheckResult, checkRecords, noteFault, type RecordErrors } from "./check.js";
import { type EntityTree, entityTree } from "./entity-tree.js";
import { type Fault, faultsOf } from "./faults.js";
import { documentHash, emptyHash } from "./hash.js";
import { topLevelKeys } from "./hints.js";
import { parseDocument } from "./parse.js";
import type { Locate } from "./positions.js";
import { type CollectedRecords, collectRecords, type DocumentRecord } from "./records.js";
import { ReferenceIndex } from "./references.js";
import { refusal } from "./refusal.js";
import { duplicatesAndDeadReferences, duplicateValues, type RecordFault } from "./uniqueness.js";
import { type ConfigWarning, deprecations } from "./warnings.js";

/** What a document is read with. */
export interface DeclarativeContext {
  /** All entities that may occur. Keep the same array between loads: what is worked out from it is kept with it. */
  readonly entities: readonly EntityDefinition[];
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Shown in issues; its end decides whether a text is JSON or YAML. */
  readonly filename?: string;
  /** The document becomes the whole configuration, so the default workspace is added. Default `true`. */
  readonly dbless?: boolean;
}

/** The values at the top of a document. */
export interface DeclarativeMeta {
  /** Always `3.0`: older documents are rewritten. */
  readonly _format_version: string;
  readonly _transform: boolean;
  readonly _comment?: string;
  readonly _ignore?: readonly unknown[];
}

/** Complete records by entity and primary key, in order of dependency: what is referred to comes first. */
export type FlattenedEntities = ReadonlyMap<string, ReadonlyMap<string, StoredRecord>>;

/** A document that has passed all checks. */
export interface LoadedDocument {
  /** The records as they are stored, secrets hashed: what an `EntityState` is made of. */
  readonly state: FlattenedEntities;
  /** The records before hashing: what `POST /config` answers with. */
  readonly entities: FlattenedEntities;
  readonly meta: DeclarativeMeta;
  /** MD5 of the text, or of the object's content; 32 zeros when there are no entities. */
  readonly hash: string;
  /** Records by entity. */
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly ConfigWarning[];
}

const formatVersions = ["1.1", "2.1", "3.0"];

/**
 * Reads, checks and flattens a declarative document. All or nothing: every fault is found before it throws, and the input is never
 * changed.
 *
 * @param input - the document, or its JSON or YAML text
 * @throws `DeclarativeConfigError` with the faults as Kong's tree (`fields`), per entity (`flattened`), and with places and hints
 *   (`issues`)
 */
export function loadDeclarative(input: string | object, context: DeclarativeContext): LoadedDocument {
  const { entities, now = Date.now, filename } = context;
  const tree = entityTree(entities);
  const parsed: { readonly document: object; readonly locate?: Locate } =
    typeof input === "string" ? parseDocument(input, filename === undefined ? {} : { filename }) : { document: input };
  const { document, locate } = parsed;
  const refuse = (faults: readonly Fault[], identified: boolean): void => {
    if (faults.length === 0) return;
    const place = { ...(locate ? { locate } : {}), ...(filename === undefined ? {} : { filename }) };
    throw refusal(faults, { document, tree, identified, ...place });
  };
  const hash = typeof input === "string" ? md5(input) : hashOrRefuse(input, refuse);
  const top: Readonly<Record<string, unknown>> = Array.isArray(document) ? {} : (document as Record<string, unknown>);

  const collected = collectRecords(top, tree, top._format_version === "1.1" || top._format_version === "2.1");
  const { records } = collected;
  const checked = checkRecords(records, new ReferenceIndex(records), now);
  refuse(validationFaults(topFaults(top, tree), collected, checked), false);
  refuse(duplicatesAndDeadReferences(records, checked.dead).map(asFault), true);
  refuse(duplicateValues(records).map(asFault), true);

  const flattened = flatten(records, tree, top._transform !== false);
  if (context.dbless !== false) addDefaultWorkspace(flattened.entities, flattened.state, tree, now);
  const counts = Object.fromEntries([...flattened.state].map(([name, rows]) => [name, rows.size]));
  const isEmpty = Object.keys(counts).every((name) => name === "workspaces");
  return {
    ...flattened,
    meta: metaOf(top),
    hash: isEmpty ? emptyHash : hash,
    counts,
    warnings: deprecations(records, locate),
  };
}

function hashOrRefuse(document: object, refuse: (faults: readonly Fault[], identified: boolean) => void): string {
  try {
    return documentHash(document);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    refuse([{ path: ["error"], message: `failed parsing declarative configuration: ${cause.message}` }], false);
    throw cause;
  }
}

function topFaults(top: Readonly<Record<string, unknown>>, tree: EntityTree): RecordErrors {
  const faults: RecordErrors = {};
  const version = top._format_version;
  if (version === undefined || version === null) faults._format_version = "required field missing";
  else if (typeof version !== "string") faults._format_version = "expected a string";
  else if (!formatVersions.includes(version)) faults._format_version = `expected one of: ${formatVersions.join(", ")}`;
  const transform = top._transform;
  if (transform !== undefined && transform !== null && typeof transform !== "boolean") faults._transform = "expected a boolean";
  noteFault("_comment", top._comment, faults);
  noteFault("_ignore", top._ignore, faults);
  for (const key of Object.keys(top)) {
    const isKnown = tree.has(key) || (topLevelKeys as readonly string[]).includes(key);
    if (!isKnown && top[key] !== undefined) setOwn(faults, key, "unknown field");
  }
  return faults;
}

function validationFaults(
  top: RecordErrors,
  { misplaced }: CollectedRecords,
  { errors, dead, checkedTwice }: CheckResult,
): Fault[] {
  const faults: Fault[] = [];
  for (const [key, error] of Object.entries(top)) faults.push(...faultsOf(error, [key]));
  for (const { path, message, record, field } of misplaced) {
    faults.push(record && field !== undefined ? { record, path: [field], message } : { path, message });
  }
  for (const [record, fields] of errors) {
    for (const [field, error] of Object.entries(fields)) faults.push(...faultsOf(error, [field], record));
  }
  const refused = checkedTwice || faults.length > 0;
  for (const { record, field, isKey } of dead) {
    // Nothing more is said about a record whose plugin is not known.
    if (!refused || isKey || "error" in selectShape(record.entity.definition, record.completed)) continue;
    if (record.parent) faults.push({ record, path: [field], message: "value must be null" });
    else faults.push({ record, path: [field, "id"], message: "missing primary key" });
  }
  return faults;
}

function asFault({ record, message, place, listed, field }: RecordFault): Fault {
  return { record, message, place, listed, path: field === undefined ? [] : [field] };
}

type Rows = Map<string, Map<string, StoredRecord>>;

function flatten(records: readonly DocumentRecord[], tree: EntityTree, transform: boolean): { state: Rows; entities: Rows } {
  const unordered: Rows = new Map();
  for (const { entity, completed } of records) {
    const rows = getOrMake(unordered, entity.name, () => new Map<string, StoredRecord>());
    rows.set(primaryKeyText(entity.definition, completed), completed);
  }
  const entities: Rows = new Map();
  const state: Rows = new Map();
  for (const { name, definition, schema } of tree.values()) {
    const rows = unordered.get(name);
    if (!rows) continue;
    entities.set(name, rows);
    const transforms = transform && definition.transformations.length > 0;
    state.set(name, transforms ? new Map([...rows].map(([key, row]) => [key, schema.transform({ ...row })])) : rows);
  }
  return { state, entities };
}

function addDefaultWorkspace(entities: Rows, state: Rows, tree: EntityTree, now: () => number): void {
  const workspaces = tree.get("workspaces");
  if (!workspaces) return;
  const rows = entities.get("workspaces") ?? new Map<string, StoredRecord>();
  if ([...rows.values()].some(({ name }) => name === "default")) return;
  const { record } = workspaces.schema.complete({ id: defaultWorkspaceId, name: "default" }, "insert", { now });
  rows.set(defaultWorkspaceId, record);
  entities.set("workspaces", rows);
  state.set("workspaces", rows);
}

function metaOf({ _transform, _comment, _ignore }: Readonly<Record<string, unknown>>): DeclarativeMeta {
  return {
    _format_version: "3.0",
    _transform: _transform !== false,
    ...(typeof _comment === "string" ? { _comment } : {}),
    ...(Array.isArray(_ignore) ? { _ignore } : {}),
  };
}
