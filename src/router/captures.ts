import type { UriCaptures } from "./router.js";

/**
 * Puts the groups of several regex matches into one map, later ones over earlier ones, number by number and name by name.
 * Groups that took no part leave nothing. As in Kong `unnamed[0]` is the text matched last, and named groups are numbered too.
 *
 * @returns `null` when no group took part.
 */
export function mergeCaptures(matches: readonly RegExpExecArray[]): UriCaptures | null {
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return captures(only);
  const unnamed: (string | undefined)[] = [];
  const named: Record<string, string> = Object.create(null);
  let found = false;
  for (const match of matches) {
    for (let i = 0; i < match.length; i++) {
      const text: string | undefined = match[i];
      while (unnamed.length <= i) unnamed.push(undefined);
      if (text === undefined) continue;
      unnamed[i] = text;
      if (i > 0) found = true;
    }
    for (const [name, text] of Object.entries<string | undefined>(match.groups ?? {})) {
      if (text !== undefined) named[name] = text;
    }
  }
  return found ? { unnamed, named } : null;
}

/** The common case, which keeps the engine's own object of named groups when all took part. */
function captures(match: RegExpExecArray): UriCaptures | null {
  const unnamed: (string | undefined)[] = [];
  let taken = 0;
  for (let i = 0; i < match.length; i++) {
    const text: string | undefined = match[i];
    unnamed.push(text);
    if (text !== undefined) taken++;
  }
  if (taken < 2) return null;
  if (match.groups !== undefined && taken === match.length) return { unnamed, named: match.groups };
  const named: Record<string, string> = Object.create(null);
  for (const [name, text] of Object.entries<string | undefined>(match.groups ?? {})) {
    if (text !== undefined) named[name] = text;
  }
  return { unnamed, named };
}
