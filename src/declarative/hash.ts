import { createHash } from "node:crypto";
import { type Steps, stepSize } from "../util/steps.js";
import { maxDepth } from "./yaml.js";

/** The hash of a configuration without entities. */
export const emptyHash = "0".repeat(32);

/**
 * The hash of a document given as an object: equal for equal content, in whatever order its keys stand.
 *
 * @throws `RangeError` for an object that contains itself or is nested more than 1000 levels deep
 */
export function* documentHash(document: object): Steps<string> {
  const hash = createHash("md5");
  // The top level and the lists in it are taken apart; whatever is in those is small.
  let pending = "";
  let left = stepSize;
  const isList = Array.isArray(document);
  const keys = isList ? [] : Object.keys(document).sort();
  pending += isList ? stableText(document, 0) : "{";
  for (const key of keys) {
    const member = (document as Record<string, unknown>)[key];
    if (member === undefined) continue;
    pending += `${JSON.stringify(key)}:`;
    if (Array.isArray(member)) {
      pending += "[";
      for (const item of member) {
        pending += `${stableText(item, 2)},`;
        if (--left > 0) continue;
        hash.update(pending);
        pending = "";
        left = stepSize;
        yield;
      }
      pending += "],";
    } else pending += `${stableText(member, 1)},`;
  }
  return hash.update(pending).digest("hex");
}

function stableText(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new RangeError("nested too deeply");
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  let text: string;
  if (Array.isArray(value)) {
    text = "[";
    for (const item of value) text += `${stableText(item, depth + 1)},`;
    return `${text}]`;
  }
  text = "{";
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${JSON.stringify(key)}:${stableText(member, depth + 1)},`;
  }
  return `${text}}`;
}
