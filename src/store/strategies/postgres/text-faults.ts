import { SchemaViolationError } from "../../../errors/dao-errors.js";

const unstorable = /\\u0000|\\ud[89a-f]/i;

/**
 * Refuses text that PostgreSQL has no form for: a null character, or half of a surrogate pair.
 *
 * @param rows - what is to be stored
 * @param json - its JSON
 * @throws `SchemaViolationError` naming the field
 */
export function assertStorable(rows: readonly Readonly<Record<string, unknown>>[], json: string): void {
  if (!unstorable.test(json)) return;
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (hasUnstorable(value))
        throw new SchemaViolationError({ [name]: "must not contain null characters or unpaired surrogates" });
    }
  }
}

function hasUnstorable(value: unknown): boolean {
  if (typeof value === "string")
    return value.includes("\0") || /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, member]) => hasUnstorable(key) || hasUnstorable(member));
}
