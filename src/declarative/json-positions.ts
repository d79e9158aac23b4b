import { getOrMake } from "../util/get-or-make.js";
import { endQuote } from "../util/json-text.js";
import { type DocumentPath, type Locate, lineFinder } from "./positions.js";

/**
 * Finds places in JSON text that `JSON.parse` has accepted. Nothing is built but the offsets of the members of the containers
 * on the way, and those only once, so that many faults in a large document cost no more than a few passes over it.
 */
export function jsonLocator(text: string): Locate {
  let position: ReturnType<typeof lineFinder> | undefined;
  const known = new Map<number, Members>();
  const membersAt = (start: number): Members =>
    getOrMake(known, start, () => (text[start] === "[" ? items(text, start) : entries(text, start)));
  return (path: DocumentPath) => {
    position ??= lineFinder(text);
    let value = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);
    let found = value;
    for (const part of path) {
      const next = membersAt(value).get(part);
      if (!next) break;
      found = next.shown;
      value = next.value;
    }
    return position(found);
  };
}

interface Place {
  readonly shown: number;
  readonly value: number;
}

type Members = Map<string | number, Place>;

function items(text: string, start: number): Members {
  const members: Members = new Map();
  let at = skipSpace(text, start + 1);
  while (text[at] !== "]") {
    members.set(members.size, { shown: at, value: at });
    at = afterComma(text, skipValue(text, at));
  }
  return members;
}

function entries(text: string, start: number): Members {
  const members: Members = new Map();
  if (text[start] !== "{") return members;
  let at = skipSpace(text, start + 1);
  while (text[at] !== "}") {
    const shown = at;
    const end = skipText(text, at);
    const value = skipSpace(text, skipSpace(text, end) + 1);
    // Of duplicate keys the last one counts.
    members.set(JSON.parse(text.slice(shown, end)) as string, { shown, value });
    at = afterComma(text, skipValue(text, value));
  }
  return members;
}

function afterComma(text: string, at: number): number {
  const next = skipSpace(text, at);
  return text[next] === "," ? skipSpace(text, next + 1) : next;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && text.charCodeAt(next) <= 0x20) next++;
  return next;
}

function skipText(text: string, at: number): number {
  return endQuote(text, at) + 1;
}

function skipValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return skipText(text, at);
  if (first !== "{" && first !== "[") {
    let next = at;
    while (next < text.length && !",]} \n\r\t".includes(text[next] as string)) next++;
    return next;
  }
  let depth = 0;
  let next = at;
  do {
    const char = text[next];
    if (char === '"') {
      next = skipText(text, next);
      continue;
    }
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    next++;
  } while (depth > 0);
  return next;
}
