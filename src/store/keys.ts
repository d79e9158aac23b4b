import type { EntityDefinition } from "../schema/entity.js";

/** The one workspace of Kong's open-source edition. The id is Kong's for documents without a database. */
export const defaultWorkspaceId = "0dc6f45b-8f8d-40d2-a504-473544ee190b";

/** How many slots a cache key has for values. */
const cacheKeySlots = 5;

/** A key's part as text: the id of a foreign key, nothing for an unset value. */
function partText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return partText((value as { readonly id?: unknown }).id);
  return String(value);
}

/** The text that identifies a record within its entity: the primary key, with `:` between the parts of a composite one. */
export function primaryKeyText(definition: EntityDefinition, record: Readonly<Record<string, unknown>>): string {
  const { primaryKey } = definition;
  if (primaryKey.length === 1) return partText(record[primaryKey[0] as string]);
  return primaryKey.map((name) => partText(record[name])).join(":");
}

/** A foreign key, however it is given, as the id of its target. */
export function foreignId(value: unknown): string | undefined {
  const id = typeof value === "object" && value !== null ? (value as { readonly id?: unknown }).id : value;
  return typeof id === "string" ? id : undefined;
}

/**
 * Kong's cache key: `<entity>:<v1>:<v2>:<v3>:<v4>:<v5>:<workspace id>`, from the fields of the definition's `cacheKey`, or the
 * primary key when there are none or all of them are unset.
 */
export function cacheKeyText(
  definition: EntityDefinition,
  record: Readonly<Record<string, unknown>>,
  workspaceId: string = defaultWorkspaceId,
): string {
  const values = (definition.cacheKey ?? []).map((name) => partText(record[name]));
  const slots = values.some((value) => value !== "") ? values : definition.primaryKey.map((name) => partText(record[name]));
  while (slots.length < cacheKeySlots) slots.push("");
  return `${definition.name}:${slots.join(":")}:${definition.workspaceable ? workspaceId : ""}`;
}

/**
 * What makes a record unique beyond its own unique fields: its cache key, where that is made of several fields. `undefined` for other
 * entities.
 */
export function compositeKey(definition: EntityDefinition, record: Readonly<Record<string, unknown>>): string | undefined {
  return hasCompositeKey(definition) ? cacheKeyText(definition, record) : undefined;
}

/** Whether the cache key is made of several fields. */
export function hasCompositeKey({ cacheKey = [] }: EntityDefinition): boolean {
  return cacheKey.length > 1;
}

/** The fields by which a single record may be asked for. */
export function isUniqueField(definition: EntityDefinition, name: string): boolean {
  return definition.endpointKey === name || definition.fields[name]?.attributes.unique === true;
}
