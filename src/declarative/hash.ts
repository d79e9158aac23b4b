import { md5 } from "../util/md5.js";
import { maxDepth } from "./yaml.js";

/** The hash of a configuration without entities. */
export const emptyHash = "0".repeat(32);

/**
 * The hash of a document given as an object: equal for equal content, in whatever order its keys stand.
 *
 * @throws `RangeError` for an object that contains itself or is nested more than 1000 levels deep
 */
export function documentHash(document: object): string {
  return md5(stableText(document, 0));
}

function stableText(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new RangeError("nested too deeply");
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map((item) => stableText(item, depth + 1)).join(",")}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${stableText(member, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}
