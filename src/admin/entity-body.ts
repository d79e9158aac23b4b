import type { EntityDefinition } from "../schema/entity.js";
import { setOwn } from "../schema/values.js";
import type { WriteOptions } from "../store/dao.js";
import type { RequestBody } from "./body.js";
import { formValues } from "./form.js";
import { typedForm } from "./form-types.js";

/** What a write takes from a request. */
export interface EntityInput {
  readonly values: Record<string, unknown>;
  readonly options: WriteOptions;
}

/**
 * The fields of a write, from a body of any type. `ttl` is no field but an option of the write.
 *
 * @param kind - see {@link typedForm}
 */
export function entityInput(definition: EntityDefinition, body: RequestBody, kind?: unknown): EntityInput {
  const given = body.form ? typedForm(definition, formValues(body.form), kind) : { ...body.json };
  if (!definition.ttl || !Object.hasOwn(given, "ttl")) return { values: given, options: {} };
  const values = {};
  for (const [name, value] of Object.entries(given)) if (name !== "ttl") setOwn(values, name, value);
  // A value of another type is for the store to refuse.
  return { values, options: { ttl: given.ttl as number } };
}
