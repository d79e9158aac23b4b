import type { DeclarativeConfigError } from "../errors/dao-errors.js";
import type { EntityDefinition } from "../schema/entity.js";
import { selectShape } from "../schema/subschemas.js";
import { setOwn } from "../schema/values.js";
import type { StoredRecord } from "../store/field-names.js";
import { md5 } from "../util/md5.js";
import { runAtOnce, type Steps, stepSize } from "../util/steps.js";
import { type CheckResult, noteFault, RecordChecker, type RecordErrors } from "./check.js";
import { type DeclarativeEntity, type EntityTree, entityTree } from "./entity-tree.js";
import { type Fault, faultsOf } from "./faults.js";
import type { ConfigWarning, Finding } from "./finding.js";
import { byName, defaultWorkspace, flatten, transformed, valuesTwice } from "./flatten.js";
import { documentHash, emptyHash } from "./hash.js";
import { topLevelKeys } from "./hints.js";
import { type ParsedDocument, parseDocument } from "./parse.js";
import type { KnownPieces } from "./pieces/piece.js";
import type { DocumentPath, Locate } from "./positions.js";
import { type DocumentDialect, prepareDocument, withPrepared } from "./prepare.js";
import { type CollectedRecords, collectRecords, type DocumentRecord } from "./records.js";
import { ReferenceIndex } from "./references.js";
import { type RefusalContext, refusal } from "./refusal.js";
import { type KeptDocument, RecordMatcher } from "./reuse.js";
import { deadReferences, type RecordFault } from "./uniqueness.js";
import { findWarnings, shownWarning } from "./warnings.js";

/** What a document is read with. */
export interface DeclarativeContext extends DocumentDialect {
  /** All entities that may occur. Keep the same array between loads: what is worked out from it is kept with it. */
  readonly entities: readonly EntityDefinition[];
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
  /** Shown in issues; its end decides whether a text is JSON or YAML. */
  readonly filename?: string;
  /** The document becomes the whole configuration, so the default workspace is added. Default `true`. */
  readonly dbless?: boolean;
  /** Warnings are faults. Default `false`. */
  readonly strict?: boolean;
  /** Records may be added to what the document says. Default `false`. */
  readonly writable?: boolean;
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
  const source: DocumentSource = typeof input === "string" ? parsedText(input, context) : { document: input };
  try {
    const checked = runAtOnce(checkDocument(source, context));
    return withWarnings(checked, context, source.locate);
  } catch (error) {
    throw error instanceof Refused ? error.shown(source.locate) : error;
  }
}

/** A document that has been read, and what is known about its text. */
export interface DocumentSource extends Partial<Omit<ParsedDocument, "document">> {
  readonly document: object;
  /** MD5 of the text. Default: that of the document's content. */
  readonly hash?: string;
  /** The text, or as much of it as tells what need not be looked for ({@link textMarks}). */
  readonly marks?: string;
  /** What the lists were put together from. */
  readonly pieces?: KnownPieces;
}

/** Reads the text of a document. @throws `DeclarativeConfigError` */
export function parsedText(text: string, { filename, deck = false }: DeclarativeContext): DocumentSource & ParsedDocument {
  const parsed = parseDocument(text, { ...(filename === undefined ? {} : { filename }), deck });
  return { ...parsed, hash: md5(text), marks: text };
}

/** A document that is right, before anybody has looked where its warnings stand. */
export interface CheckedDocument extends Omit<LoadedDocument, "warnings"> {
  /** Also of a document without entities. */
  readonly inputHash: string;
  readonly findings: readonly Finding[];
  /** For the next load. */
  readonly kept: KeptDocument;
}

/** What a document is checked with, beside its context. */
export interface CheckOptions {
  /** The load before: records that stand here in the same words are used again. */
  readonly before?: KeptDocument;
  /** The caller may change the document later. Default `false`. */
  readonly copy?: boolean;
  /** Told of each record that has passed. What it throws ends the check. */
  readonly onRecord?: (record: DocumentRecord) => void;
}

/** A document is refused. Where its faults stand in the text, whoever has that knows. */
export class Refused extends Error {
  readonly faults: readonly Fault[];
  readonly #context: RefusalContext;

  constructor(faults: readonly Fault[], context: RefusalContext) {
    super("the document is refused");
    this.faults = faults;
    this.#context = context;
  }

  /** The error for the caller. */
  shown(locate: Locate | undefined): DeclarativeConfigError {
    return refusal(this.faults, { ...this.#context, ...(locate ? { locate } : {}) });
  }
}

/**
 * Checks and flattens a document, step by step.
 *
 * @throws Refused
 */
export function* checkDocument(
  source: DocumentSource,
  context: DeclarativeContext,
  { before, copy = false, onRecord }: CheckOptions = {},
): Steps<CheckedDocument> {
  const { entities, now = Date.now, filename, strict = false } = context;
  const { document, duplicates = [] } = source;
  const tree = entityTree(entities);
  const refuse = (faults: readonly Fault[], identified: boolean, further: readonly Fault[] = []): void => {
    if (faults.length > 0)
      throw new Refused(faults, { document, tree, identified, further, ...(filename === undefined ? {} : { filename }) });
  };
  const hash = source.hash === undefined ? yield* hashOrRefuse(document, refuse) : source.hash;
  const written: Readonly<Record<string, unknown>> = Array.isArray(document) ? {} : (document as Record<string, unknown>);
  const prepared = yield* prepareDocument(written, tree, context);
  const top = prepared.document;

  const migrate = top._format_version === "1.1" || top._format_version === "2.1";
  const transform = top._transform !== false;
  const mode = `${migrate} ${transform}`;
  const collected = yield* collectRecords(top, tree, { migrate, matcher: new RecordMatcher({ before, mode, copy }) });
  const { records, byEntity } = collected;
  const { checked, unchanged } = yield* checkRecords(collected, now, onRecord);
  const warningContext = { ...context, tree, ...(source.marks === undefined ? {} : { text: source.marks }) };
  const findings = function* (): Steps<Finding[]> {
    return [...duplicateKeys(duplicates), ...prepared.findings, ...(yield* findWarnings(records, warningContext))];
  };
  const strictFaults = strict ? yield* findings() : [];
  const validation = validationFaults(topFaults(top, tree), collected, checked);

  const flattening = { byEntity, unchanged, before: before?.mode === mode ? before : undefined };
  const { rows, duplicates: twice } = yield* flatten(flattening);
  const between = [...twice, ...deadReferences(checked.dead)].map(asFault);
  const values = (yield* valuesTwice(flattening)).map(asFault);
  // Kong stops after each of these; people are told of all of them at once.
  const alone = [...withPrepared(prepared, validation), ...strictFaults];
  refuse(alone, false, validation.length > 0 ? [...twice.map(asFault), ...values] : [...between, ...values]);
  refuse(between, true, values);
  refuse(values, true);
  const stored = yield* transformed(flattening, rows, transform);

  const workspace = context.dbless === false ? undefined : defaultWorkspace(rows, tree, now);
  const state = byName(stored, tree, workspace);
  const counts = Object.fromEntries([...state].map(([name, own]) => [name, own.size]));
  const isEmpty = Object.keys(counts).every((name) => name === "workspaces");
  return {
    state,
    entities: byName(rows, tree, workspace),
    meta: metaOf(top),
    hash: isEmpty ? emptyHash : hash,
    inputHash: hash,
    counts,
    findings: strict ? [] : yield* findings(),
    kept: { mode, byEntity: keptRecords(byEntity, rows, stored), ...(source.pieces ? { pieces: source.pieces } : {}) },
  };
}

function duplicateKeys(paths: readonly DocumentPath[]): Finding[] {
  return paths.map((path) => ({ code: "duplicate_key", path, message: "the key stands there twice; the last one counts" }));
}

/** The document with its warnings in their places. */
export function withWarnings(
  { findings, kept: _, inputHash: __, ...document }: CheckedDocument,
  { filename }: DeclarativeContext,
  locate: Locate | undefined,
): LoadedDocument {
  return { ...document, warnings: findings.map((finding) => shownWarning(finding, locate, filename)) };
}

function* checkRecords(
  { records, byEntity }: CollectedRecords,
  now: () => number,
  onRecord: ((record: DocumentRecord) => void) | undefined,
): Steps<{ readonly checked: CheckResult; readonly unchanged: ReadonlyMap<DeclarativeEntity, number> }> {
  const checker = new RecordChecker(new ReferenceIndex(byEntity), now);
  const unchanged = new Map<DeclarativeEntity, number>();
  for (let index = 0; index < records.length; index++) {
    if (index % stepSize === 0) yield { phase: "check", done: index, total: records.length };
    const record = records[index] as DocumentRecord;
    if (checker.check(record)) unchanged.set(record.entity, (unchanged.get(record.entity) ?? 0) + 1);
    onRecord?.(record);
  }
  return { checked: checker.result(records), unchanged };
}

function keptRecords(
  byEntity: CollectedRecords["byEntity"],
  rows: ReadonlyMap<DeclarativeEntity, ReadonlyMap<string, StoredRecord>>,
  stored: ReadonlyMap<DeclarativeEntity, ReadonlyMap<string, StoredRecord>>,
): KeptDocument["byEntity"] {
  const none = new Map<string, StoredRecord>();
  return new Map(
    [...byEntity].map(([entity, records]) => [
      entity,
      { records, rows: rows.get(entity) ?? none, stored: stored.get(entity) ?? none },
    ]),
  );
}

function* hashOrRefuse(document: object, refuse: (faults: readonly Fault[], identified: boolean) => void): Steps<string> {
  try {
    return yield* documentHash(document);
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

function metaOf({ _transform, _comment, _ignore }: Readonly<Record<string, unknown>>): DeclarativeMeta {
  return {
    _format_version: "3.0",
    _transform: _transform !== false,
    ...(typeof _comment === "string" ? { _comment } : {}),
    ...(Array.isArray(_ignore) ? { _ignore } : {}),
  };
}
