import type { DeclarativeConfigError } from "../errors/dao-errors.js";
import type { FieldErrors, FlattenedEntityFault, FlattenedError } from "../errors/field-errors.js";
import { luaText } from "../errors/lua-notation.js";
import { isObject, setOwn } from "../schema/values.js";
import { isUuid } from "../util/uuid.js";
import type { ForeignReference } from "./entity-tree.js";
import type { Fault } from "./faults.js";
import type { DocumentRecord } from "./records.js";

/** What is left of each error's tree when the faults of single entities are taken out. */
const remainders = new WeakMap<DeclarativeConfigError, FieldErrors>();

/** Remembers what {@link flattenedForm} shows as `fields`. */
export function setRemainder(error: DeclarativeConfigError, fields: FieldErrors): void {
  remainders.set(error, fields);
}

/**
 * The body of an answer to `flatten_errors=1`: faults of entities are in `flattened_errors`, and only what belongs to no entity is
 * left in `fields` and in the message. Documents that could not be parsed keep the plain form.
 */
export function flattenedForm(error: DeclarativeConfigError): Record<string, unknown> {
  const fields = remainders.get(error);
  if (!fields) return error.toJSON();
  return {
    ...error.toJSON(),
    message: `declarative config is invalid: ${luaText(fields)}`,
    fields,
    flattened_errors: error.flattened,
  };
}

/**
 * Lifts the faults of entities out of the document's nesting, in Kong's order: entity types and positions descending, children
 * before their parents.
 *
 * @param identified - show the ids that the document leaves out (they exist once the document has passed its first checks)
 */
export function flattenFaults(faults: Iterable<Fault>, identified: boolean): FlattenedError[] {
  const byRecord = new Map<DocumentRecord | undefined, Fault[]>();
  const members = new Map<DocumentRecord | undefined, Set<DocumentRecord>>();
  for (const fault of faults) {
    if (!fault.record) continue;
    const known = byRecord.get(fault.record);
    if (known) known.push(fault);
    else byRecord.set(fault.record, [fault]);
    for (let child: DocumentRecord | undefined = fault.record; child; child = child.parent) {
      const siblings = members.get(child.parent);
      if (!siblings) members.set(child.parent, new Set([child]));
      else if (siblings.has(child)) break;
      else siblings.add(child);
    }
  }
  const flattened: FlattenedError[] = [];
  const visit = (parent: DocumentRecord | undefined): void => {
    for (const record of [...(members.get(parent) ?? [])].sort(descending)) {
      visit(record);
      const own = byRecord.get(record);
      if (own) flattened.push(...entries(record, own, identified));
    }
  };
  visit(undefined);
  return flattened;
}

function descending(a: DocumentRecord, b: DocumentRecord): number {
  if (a.entity.name !== b.entity.name) return a.entity.name < b.entity.name ? 1 : -1;
  return b.index - a.index;
}

function* entries(record: DocumentRecord, faults: readonly Fault[], identified: boolean): Generator<FlattenedError> {
  const own: Fault[] = [];
  const inline = new Map<ForeignReference, Fault[]>();
  for (const fault of faults) {
    const reference = inlineReference(record, fault);
    if (!reference) own.push(fault);
    else inline.set(reference, [...(inline.get(reference) ?? []), { ...fault, path: fault.path.slice(1) }]);
  }
  for (const [{ field, target }, itsFaults] of inline) {
    yield entry(target, record.source[field] as Readonly<Record<string, unknown>>, itsFaults);
  }
  if (own.length > 0) yield entry(record.entity.name, shownEntity(record, identified), own);
}

/** A foreign field that holds a record of its own is reported as that record. */
function inlineReference(record: DocumentRecord, { path }: Fault): ForeignReference | undefined {
  if (path.length < 2 || !isObject(record.source[path[0] as string])) return undefined;
  return record.entity.foreign.find(({ field }) => field === path[0]);
}

function entry(entityName: string, entity: Readonly<Record<string, unknown>>, faults: readonly Fault[]): FlattenedError {
  const { id, name, tags } = entity;
  const isTagList = Array.isArray(tags) && tags.every((tag) => typeof tag === "string");
  return {
    entity_type: entityName.replace(/s$/, ""),
    ...(typeof name === "string" && name !== "" ? { entity_name: name } : {}),
    ...(isUuid(id) ? { entity_id: id } : {}),
    ...(isTagList ? { entity_tags: tags as string[] } : {}),
    entity,
    errors: faults.map(shownFault).sort((a, b) => (sortKey(a) < sortKey(b) ? 1 : sortKey(a) > sortKey(b) ? -1 : 0)),
  };
}

function shownFault({ path, message, place }: Fault): FlattenedEntityFault {
  if (place || path.length === 0 || path.at(-1) === "@entity") return { type: "entity", message };
  return { type: "field", field: path.map((part) => (typeof part === "number" ? part + 1 : part)).join("."), message };
}

function sortKey(fault: FlattenedEntityFault): string {
  return fault.type === "field" ? fault.field : "@entity";
}

function shownEntity({ entity, source, id, parent, parentField }: DocumentRecord, identified: boolean): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const key of Object.keys(source)) {
    if (source[key] !== undefined && !entity.children.has(key)) setOwn(shown, key, source[key]);
  }
  for (const { field } of entity.foreign) {
    const value = shown[field];
    if (!isObject(value)) continue;
    if (typeof value.id === "string") shown[field] = { id: value.id };
    else delete shown[field];
  }
  if (identified && entity.idField !== undefined && id !== undefined) shown[entity.idField] = id;
  const parentId = identified ? parent?.id : parent?.source[parent.entity.idField ?? "id"];
  if (parentField !== undefined && isUuid(parentId)) shown[parentField] = { id: parentId };
  return shown;
}
