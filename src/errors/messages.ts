import type { FieldError, FieldErrors } from "./field-errors.js";
import { luaBlock } from "./lua-notation.js";

/** `schema violation (<item>)`, or `<n> schema violations (<item>; <item>)`: the message of code 2. */
export function schemaViolationMessage(errors: FieldErrors): string {
  const items = violationItems(errors);
  const [first = ""] = items;
  return items.length === 1 ? `schema violation (${first})` : `${items.length} schema violations (${items.join("; ")})`;
}

function violationItems(errors: FieldErrors): string[] {
  const items: string[] = [...entityTexts(errors["@entity"])];
  for (const field of Object.keys(errors).sort()) {
    if (field === "@entity") continue;
    const error = errors[field] as FieldError;
    if (typeof error === "string") {
      items.push(`${field}: ${error}`);
      continue;
    }
    for (const [key, member] of members(error)) {
      items.push(`${field}.${key}: ${typeof member === "string" ? member : luaBlock(member)}`);
    }
  }
  return items;
}

function entityTexts(error: FieldError | undefined): string[] {
  if (error === undefined) return [];
  if (Array.isArray(error)) return error.filter((text): text is string => typeof text === "string");
  return typeof error === "string" ? [error] : [];
}

/** The members of a nested error, named ones by name, positions counted from 1. */
function members(error: FieldErrors | readonly (FieldError | null)[]): [string, FieldError][] {
  if (Array.isArray(error)) {
    return (error as readonly (FieldError | null)[]).flatMap((item, index): [string, FieldError][] =>
      item === null ? [] : [[String(index + 1), item]],
    );
  }
  return Object.entries(error as FieldErrors).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `<one> (<item>)` or `<n> <many> (<item>; <item>)`, as codes 11 and 13 word their lists. */
export function listMessage(one: string, many: string, items: readonly string[]): string {
  return items.length === 1 ? `${one} (${items[0]})` : `${items.length} ${many} (${items.join("; ")})`;
}
