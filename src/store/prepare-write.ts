import { SchemaViolationError } from "../errors/dao-errors.js";
import type { CompiledSchema, WriteOperation } from "../schema/compiled.js";
import type { EntityDefinition } from "../schema/entity.js";
import { immutableFaults } from "./immutable.js";
import { hasCompositeKey } from "./keys.js";
import { type ReferenceContext, resolveReferences } from "./resolve-references.js";

type Values = Readonly<Record<string, unknown>>;

/** What is needed to check a write. */
export interface WriteContext extends ReferenceContext {
  readonly now: () => number;
}

/** A write that has passed all checks. */
export interface PreparedWrite {
  /** The whole record. Of an update without a stored record, only what was given. */
  readonly record: Record<string, unknown>;
  /** The fields that the caller gave, as they are after shorthands. */
  readonly given: readonly string[];
}

/**
 * Does everything that comes before storing, but for transformations: shorthands, automatic values, defaults, references by name,
 * all checks of the schema.
 *
 * @param stored - the record that an update starts from; without it only the input of an update is checked
 * @throws `SchemaViolationError`, `ForeignKeysUnresolvedError`
 */
export async function prepareWrite(
  context: WriteContext,
  schema: CompiledSchema,
  input: Values,
  operation: WriteOperation,
  stored?: Values,
): Promise<PreparedWrite> {
  const { definition } = schema;
  const { record: completed, errors } = schema.complete(input, operation, { now: context.now });
  if (errors) throw new SchemaViolationError(errors);
  const isUpdate = operation === "update";
  const whole = isUpdate && stored ? schema.merge(stored, completed) : completed;
  const changed = isUpdate && stored ? immutableFaults(definition, stored, whole) : {};
  if (Object.keys(changed).length > 0) throw new SchemaViolationError(changed);
  const record = await resolveReferences(context, definition, whole);
  const faults = schema.validate(record, {
    partial: isUpdate && !stored,
    operation,
    input: isUpdate ? input : record,
    ...(isUpdate && stored ? { stored } : {}),
  });
  if (faults) throw new SchemaViolationError(faults);
  if (!isUpdate || stored) checkKey(definition, record);
  return { record, given: Object.keys(completed) };
}

/** A null that is given for an id is not replaced by a random one, and a record without a key is none. */
function checkKey({ primaryKey }: EntityDefinition, record: Values): void {
  const missing = primaryKey.filter((name) => record[name] === null || record[name] === undefined);
  if (missing.length === 0) return;
  throw new SchemaViolationError(Object.fromEntries(missing.map((name) => [name, "required field missing"])));
}

/**
 * The columns that an update writes: what was given, and what that has changed besides. The fields of a composite cache key go
 * together, because one column is made of them.
 */
export function changedColumns(
  { definition }: CompiledSchema,
  given: readonly string[],
  stored: Values,
  row: Values,
): readonly string[] {
  const names = new Set(given.filter((name) => Object.hasOwn(row, name)));
  for (const name of Object.keys(row)) if (row[name] !== stored[name]) names.add(name);
  for (const name of definition.primaryKey) names.delete(name);
  const { cacheKey = [] } = definition;
  if (hasCompositeKey(definition) && cacheKey.some((name) => names.has(name))) for (const name of cacheKey) names.add(name);
  return [...names];
}
