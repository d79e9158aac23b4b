import { ForeignKeysUnresolvedError, SchemaViolationError, unresolvedText } from "../../../errors/dao-errors.js";
import type { CompiledSchema, WriteOperation } from "../../../schema/compiled.js";
import { foreignFields } from "../../../schema/entity.js";
import { immutableFaults } from "../../immutable.js";
import type { EntityState } from "./entity-state.js";

type Values = Readonly<Record<string, unknown>>;

/** What is needed to check a write. */
export interface WriteContext {
  readonly schema: CompiledSchema;
  readonly state: EntityState;
  readonly now: () => number;
}

/**
 * Does everything that comes before storing: shorthands, defaults, references by name, all checks.
 *
 * @param stored - the record that an update starts from; without it only the input of an update is checked
 * @returns the record as it would be stored
 * @throws `SchemaViolationError`, `ForeignKeysUnresolvedError`
 */
export function prepareWrite(
  context: WriteContext,
  input: Values,
  operation: WriteOperation,
  stored?: Values,
): Record<string, unknown> {
  const { schema, now } = context;
  const { record: completed, errors } = schema.complete(input, operation, { now });
  if (errors) throw new SchemaViolationError(errors);
  const isUpdate = operation === "update";
  const whole = isUpdate && stored ? schema.merge(stored, completed) : completed;
  const changed = isUpdate && stored ? immutableFaults(schema.definition, stored, whole) : {};
  if (Object.keys(changed).length > 0) throw new SchemaViolationError(changed);
  const record = resolveReferences(context, whole);
  const faults = schema.validate(record, { partial: isUpdate && !stored, operation, input: isUpdate ? input : record });
  if (faults) throw new SchemaViolationError(faults);
  return record;
}

/** Turns `service: { name: "orders" }` into `service: { id }`. */
function resolveReferences({ schema, state }: WriteContext, record: Record<string, unknown>): Record<string, unknown> {
  const resolved = { ...record };
  const unresolved: Record<string, Record<string, string>> = {};
  for (const [field, { reference = "" }] of foreignFields(schema.definition)) {
    const value = record[field];
    if (typeof value !== "object" || value === null || "id" in value || !state.entityNames.includes(reference)) continue;
    const target = state.table(reference);
    const unique = Object.entries(value).find(([name]) => target.definition.fields[name]?.attributes.unique === true);
    if (!unique || typeof unique[1] !== "string") continue;
    const [name, text] = unique as [string, string];
    const found = target.selectBy(name, text);
    if (found) resolved[field] = { id: found.id };
    else unresolved[field] = { [name]: unresolvedText({ [name]: text }, reference) };
  }
  if (Object.keys(unresolved).length > 0) throw new ForeignKeysUnresolvedError(unresolved);
  return resolved;
}
