import { changeMembers, isJsonThere, isPresent, type MemberChange, type MemberChanges, membersOf } from "../../util/members.js";
import { splitNameValue } from "../../util/name-value.js";
import type { Config } from "./config.js";

type JsonType = "boolean" | "number" | "string";

/** @returns `undefined` when there is nothing to do */
export function jsonChanges({ remove, rename, replace, add, append }: Config): MemberChanges | undefined {
  const changes = {
    remove: remove.json.map((entry) => splitNameValue(entry).name),
    rename: typed({ json: rename.json, json_types: [] }) as readonly (readonly [string, string])[],
    replace: typed(replace),
    add: typed(add),
    append: typed(append),
  };
  const isSet = [remove, rename, replace, add, append].some(({ json }) => json.length > 0);
  return isSet ? changes : undefined;
}

/** The values that are configured, as JSON's. Those that their type does not fit, and empty ones, are left out. */
function typed({
  json,
  json_types,
}: {
  readonly json: readonly string[];
  readonly json_types: readonly JsonType[];
}): MemberChange[] {
  return json.flatMap((entry, i) => {
    const { name, value } = splitNameValue(entry);
    const converted = value === "" ? undefined : convert(value, json_types[i]);
    return converted === undefined ? [] : [[name, converted] as const];
  });
}

function convert(value: string, type: JsonType | undefined): string | number | boolean | undefined {
  if (type === "boolean") return value === "true";
  if (type !== "number") return value;
  const number = Number(value);
  return value.trim() === "" || !Number.isFinite(number) ? undefined : number;
}

/** Some element of the type is `application/json` or ends in `+json`. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  return contentType.split(",").some((element) => /^\s*(?:application\/json|[^\s;/]+\/[^\s;/]+\+json)\s*(?:;|$)/i.test(element));
}

/**
 * Changes the members of a JSON object.
 *
 * @returns the new text; `undefined` when there is nothing to change, since the JSON is no object
 * @throws SyntaxError when it is not JSON
 */
export function changeJson(text: string, changes: MemberChanges): string | undefined {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const members = membersOf(value);
  changeMembers(members, changes, isJsonThere, isPresent);
  return JSON.stringify(members);
}
