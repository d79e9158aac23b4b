import { ForeignKeysUnresolvedError } from "../errors/dao-errors.js";
import { unresolvedText } from "../errors/unresolved-text.js";
import { type EntityDefinition, foreignFields } from "../schema/entity.js";
import { isObject } from "../schema/values.js";
import type { Strategy } from "./strategy.js";

/** What is needed to find a record by what a reference says. */
export interface ReferenceContext {
  readonly strategy: Strategy;
  /** All entities by name. */
  readonly definitions: Readonly<Record<string, EntityDefinition>>;
}

/**
 * Turns `service: { name: "orders" }` into `service: { id }`. Whatever is no such reference is left for the validation.
 *
 * @throws `ForeignKeysUnresolvedError` when nothing has the name
 */
export async function resolveReferences(
  { strategy, definitions }: ReferenceContext,
  definition: EntityDefinition,
  record: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  let resolved = record;
  const unresolved: Record<string, Record<string, string>> = {};
  for (const [field, { reference = "" }] of foreignFields(definition)) {
    const value = record[field];
    const target = Object.hasOwn(definitions, reference) ? definitions[reference] : undefined;
    if (!isObject(value) || Object.hasOwn(value, "id") || !target) continue;
    const unique = Object.entries(value).find(
      ([name, one]) => isUnique(target, name) && (typeof one === "string" || typeof one === "number"),
    );
    if (!unique) continue;
    const [name, key] = unique as [string, string | number];
    const found = await strategy.selectBy(reference, name, key, { fresh: true });
    if (found) resolved = { ...resolved, [field]: { id: found.id } };
    else unresolved[field] = { [name]: unresolvedText({ [name]: key }, reference) };
  }
  if (Object.keys(unresolved).length > 0) throw new ForeignKeysUnresolvedError(unresolved);
  return resolved;
}

function isUnique({ fields }: EntityDefinition, name: string): boolean {
  return Object.hasOwn(fields, name) && fields[name]?.attributes.unique === true;
}
