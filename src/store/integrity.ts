import {
  type EntityKey,
  ForeignKeyViolationError,
  PrimaryKeyViolationError,
  UniqueViolationError,
} from "../errors/dao-errors.js";
import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import { foreignId } from "./keys.js";
import type { EntityRow } from "./strategy.js";

/** A field of an entity that refers to another one. */
export interface Reference {
  readonly child: EntityDefinition;
  readonly field: string;
  readonly onDelete: "restrict" | "cascade" | "null";
}

/** The fields that must differ between all records of an entity, in the order in which violations are reported. */
export function uniqueFields({ fields }: EntityDefinition): readonly string[] {
  return Object.keys(fields).filter((name) => fields[name]?.attributes.unique === true);
}

/**
 * The fields that refer to each entity, by the name of the entity: what a deletion has to look at.
 *
 * @param definitions - all entities; references to others are left out
 */
export function referencesTo(definitions: readonly EntityDefinition[]): ReadonlyMap<string, readonly Reference[]> {
  const references = new Map<string, Reference[]>(definitions.map(({ name }) => [name, []]));
  for (const child of definitions) {
    for (const [field, { reference = "", attributes }] of foreignFields(child)) {
      references.get(reference)?.push({ child, field, onDelete: attributes.onDelete ?? "restrict" });
    }
  }
  return references;
}

/** Code 3: the primary key is taken. */
export function primaryKeyTaken({ primaryKey }: EntityDefinition, row: EntityRow): PrimaryKeyViolationError {
  return new PrimaryKeyViolationError(keyOf(primaryKey, row));
}

/** Code 5: another record has this value in a unique field. */
export function valueTaken(field: string, row: EntityRow): UniqueViolationError {
  return new UniqueViolationError(keyOf([field], row));
}

/** Code 5: another record has the same composite cache key. */
export function compositeKeyTaken({ cacheKey = [] }: EntityDefinition, row: EntityRow): UniqueViolationError {
  return new UniqueViolationError(keyOf(cacheKey, row));
}

/** Code 4: a foreign field leads nowhere. */
export function referenceMissing(definition: EntityDefinition, field: string, row: EntityRow): ForeignKeyViolationError {
  return ForeignKeyViolationError.missing(
    field,
    { id: foreignId(row[field]) ?? null },
    definition.fields[field]?.reference ?? "",
  );
}

/** Code 4: a record of `child` refers to the record of `parent` that was to be deleted. */
export function stillReferenced(parent: string, child: string): ForeignKeyViolationError {
  return ForeignKeyViolationError.referenced(parent, child);
}

function keyOf(names: readonly string[], row: EntityRow): EntityKey {
  return Object.fromEntries(names.map((name) => [name, (row[name] ?? null) as EntityKey[string]]));
}
