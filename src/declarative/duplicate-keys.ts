import type { Pair } from "yaml";
import { endQuote } from "../util/json-text.js";
import { lazyRequire } from "../util/lazy-require.js";
import type { DocumentPath } from "./positions.js";

// Of keys that stand twice in one map the last one counts, for Kong as for `JSON.parse`. Authors should hear of it.

const yaml = lazyRequire<typeof import("yaml")>("yaml");

/**
 * The keys that stand more than once in an object of a JSON text. There are hardly ever any, so keys are only counted at first: the objects
 * that came out of the text must have as many as the text.
 *
 * @param text - what `JSON.parse` has accepted
 * @param value - what it made of it
 */
export function duplicateJsonKeys(text: string, value: unknown): DocumentPath[] {
  return countKeysOfText(text) === countKeys(value) ? [] : findInJson(text);
}

/** The same for the contents of a document that the package `yaml` has parsed. */
export function duplicateYamlKeys(contents: unknown): DocumentPath[] {
  const found: DocumentPath[] = [];
  const visit = (node: unknown, path: DocumentPath): void => {
    if (yaml().isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, [...path, index]);
    if (!yaml().isMap(node)) return;
    const seen = new Map<string, number>();
    for (const { key, value } of node.items as Pair[]) {
      const name = yaml().isScalar(key) ? String(key.value ?? "") : "";
      const times = (seen.get(name) ?? 0) + 1;
      seen.set(name, times);
      if (times === 2 && name !== "<<") found.push([...path, name]);
      visit(value, [...path, name]);
    }
  };
  visit(contents, []);
  return found;
}

function countKeys(value: unknown): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) if (typeof item === "object" && item !== null) count += countKeys(item);
  } else if (typeof value === "object" && value !== null) {
    const members = Object.values(value);
    count = members.length;
    for (const member of members) if (typeof member === "object" && member !== null) count += countKeys(member);
  }
  return count;
}

function countKeysOfText(text: string): number {
  let count = 0;
  let at = text.indexOf('"');
  while (at !== -1) {
    at = endOfText(text, at);
    if (text.charCodeAt(skipSpace(text, at)) === 0x3a) count++;
    at = text.indexOf('"', at);
  }
  return count;
}

/** The place behind a text that begins here. */
function endOfText(text: string, start: number): number {
  const end = endQuote(text, start);
  return end === -1 ? text.length : end + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** An object or a list that has begun and not ended. */
interface Container {
  /** Of an object: its keys so far, and how often. */
  readonly keys: Map<string, number> | undefined;
  /** Where the reader is in it. */
  part: string | number;
}

function findInJson(text: string): DocumentPath[] {
  const found: DocumentPath[] = [];
  const open: Container[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    const inside = open.at(-1);
    if (char === '"') {
      const end = endOfText(text, at);
      if (inside?.keys && text[skipSpace(text, end)] === ":") {
        inside.part = JSON.parse(text.slice(at, end)) as string;
        const times = (inside.keys.get(inside.part) ?? 0) + 1;
        inside.keys.set(inside.part, times);
        if (times === 2) found.push(open.map(({ part }) => part));
      }
      at = end;
      continue;
    }
    if (char === "{") open.push({ keys: new Map(), part: "" });
    else if (char === "[") open.push({ keys: undefined, part: 0 });
    else if (char === "}" || char === "]") open.pop();
    else if (char === "," && typeof inside?.part === "number") inside.part++;
    at++;
  }
  return found;
}
