import { setOwn } from "../schema/values.js";
import type { AdminRequest } from "./endpoint.js";
import { formValues } from "./form.js";

/**
 * Query, form fields and members of a JSON object as one set, of which later ones win: what endpoints take that are not those of an
 * entity.
 */
export function mergedParameters({ query, body }: Pick<AdminRequest, "query" | "body">): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const source of [query, body.form ? formValues(body.form) : {}, body.json ?? {}]) {
    for (const [name, value] of Object.entries(source)) setOwn(parameters, name, value);
  }
  return parameters;
}
