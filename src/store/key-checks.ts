import { InvalidForeignKeyError, InvalidPrimaryKeyError, InvalidUniqueError } from "../errors/dao-errors.js";
import type { CompiledSchema } from "../schema/compiled.js";
import { isUuid } from "../util/uuid.js";
import { foreignId, isUniqueField } from "./keys.js";

/**
 * A primary key in the form of a record: `{ id }`.
 *
 * @param key - the id, or an object with all parts of the key
 * @throws `InvalidPrimaryKeyError`
 */
export function primaryKeyOf(schema: CompiledSchema, key: unknown): Record<string, string | number> {
  const { primaryKey } = schema.definition;
  const given: Readonly<Record<string, unknown>> =
    typeof key === "object" && key !== null ? (key as Record<string, unknown>) : { [primaryKey[0] as string]: key };
  const parts: Record<string, string | number> = {};
  const faults: Record<string, string> = {};
  for (const name of primaryKey) {
    const part = given[name];
    const fault = part === undefined || part === null ? "missing primary key" : schema.validateField(name, part);
    if (fault !== undefined) faults[name] = typeof fault === "string" ? fault : "missing primary key";
    else parts[name] = part as string | number;
  }
  if (Object.keys(faults).length > 0) throw new InvalidPrimaryKeyError(faults);
  return parts;
}

/**
 * The id of a parent, as `pageFor` and `eachFor` take it.
 *
 * @throws `TypeError` when the entity has no such foreign field, `InvalidPrimaryKeyError`
 */
export function parentIdOf({ definition }: CompiledSchema, field: string, key: unknown): string {
  if (definition.fields[field]?.kind !== "foreign") {
    throw new TypeError(`'${field}' is not a foreign field of '${definition.name}'`);
  }
  const id = foreignId(key);
  if (id === undefined) throw new InvalidPrimaryKeyError({ id: "missing primary key" });
  if (!isUuid(id)) throw new InvalidPrimaryKeyError({ id: "expected a valid UUID" });
  return id;
}

/**
 * Checks what a record is to be looked up by.
 *
 * @throws `TypeError` when the field is not unique, `InvalidUniqueError`, `InvalidForeignKeyError`
 */
export function checkUnique(schema: CompiledSchema, field: string, value: unknown): void {
  const { definition } = schema;
  if (!isUniqueField(definition, field)) throw new TypeError(`'${field}' is not a unique field of '${definition.name}'`);
  if (definition.fields[field]?.kind === "foreign") {
    const id = foreignId(value);
    if (!isUuid(id)) throw new InvalidForeignKeyError({ id: id === undefined ? "missing primary key" : "expected a valid UUID" });
    return;
  }
  const fault = value === null || value === undefined ? "required field missing" : schema.validateField(field, value);
  if (fault !== undefined) throw new InvalidUniqueError(field, typeof fault === "string" ? fault : JSON.stringify(fault));
}
