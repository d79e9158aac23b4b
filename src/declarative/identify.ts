import { uuidV4, uuidV5 } from "../util/uuid.js";
import type { DocumentRecord } from "./records.js";

/** Kong's place for the workspace in the text that an id is derived from; there is only one. */
const anyWorkspace = "*";

/**
 * The primary key of a record: as given, otherwise derived from what identifies the record (the same at every load), otherwise
 * random. Parents must have theirs already.
 */
export function identify(record: DocumentRecord): string | undefined {
  const { entity, source } = record;
  if (entity.idField === undefined) return undefined;
  const given = source[entity.idField];
  // A null id is as good as none; Kong stores the record under null.
  if (given !== undefined && given !== null) return typeof given === "string" ? given : undefined;
  const text = identity(record);
  return text === undefined ? uuidV4() : uuidV5(entity.idNamespace, text);
}

function identity(record: DocumentRecord): string | undefined {
  const { definition } = record.entity;
  if (definition.cacheKey) return cacheKeyIdentity(record, definition.cacheKey);
  const name = definition.endpointKey;
  if (name === undefined) return undefined;
  const value = record.source[name];
  if (typeof value !== "string") return undefined;
  return record.entity.uniqueEndpointKey === undefined ? scopedIdentity(record, value) : value;
}

/** The values as written: a reference by name and one by id lead to different ids. */
function cacheKeyIdentity(
  { entity, source, parent, parentField }: DocumentRecord,
  fields: readonly string[],
): string | undefined {
  let text = `${entity.name}:${anyWorkspace}`;
  for (const name of fields) {
    const field = entity.definition.fields[name];
    if (field?.attributes.auto) return undefined;
    const value = source[name];
    if (typeof value === "string") text += `:${value}`;
    else if (value === undefined) {
      if (name === parentField) {
        if (parent?.id === undefined) return undefined;
        text += `:${parent.id}`;
      } else if (field?.required) return undefined;
      else text += ":";
    }
  }
  return text;
}

function scopedIdentity({ entity, source, parent, parentField }: DocumentRecord, value: string): string {
  let text = value;
  for (const { field, cascade } of entity.foreign) {
    if (!cascade) continue;
    const reference = field === parentField ? parent?.id : source[field];
    if (typeof reference === "string") text += `:${reference}`;
  }
  return `${text}:${anyWorkspace}`;
}
