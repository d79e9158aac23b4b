import { getOrMake } from "../util/get-or-make.js";
import { type Steps, sortInSteps, stepSize } from "../util/steps.js";
import { compareIds, type Matcher } from "./matcher.js";

/** The best first: by priority, then by id. There are few priorities, and numbers of that size are slow to compare. */
export function* sortMatchers<T>(matchers: readonly Matcher<T>[]): Steps<Matcher<T>[]> {
  const byPriority = new Map<bigint, Map<number, Matcher<T>[]>>();
  for (let index = 0; index < matchers.length; index++) {
    if (index % stepSize === 0) yield;
    const matcher = matchers[index] as Matcher<T>;
    const byStart = getOrMake(byPriority, matcher.priority, () => new Map<number, Matcher<T>[]>());
    const start = startOf(matcher.id);
    const group = byStart.get(start);
    if (group) group.push(matcher);
    else byStart.set(start, [matcher]);
  }
  const sorted: Matcher<T>[] = [];
  for (const priority of [...byPriority.keys()].sort((a, b) => (a > b ? -1 : 1))) {
    const byStart = byPriority.get(priority) as Map<number, Matcher<T>[]>;
    // The engine sorts such lists without calling anything.
    for (const start of Int32Array.from(byStart.keys()).sort().reverse()) {
      const group = byStart.get(start) as Matcher<T>[];
      if (group.length > 1) yield* sortInSteps(group, compareIds);
      for (const matcher of group) sorted.push(matcher);
      if (sorted.length % stepSize === 0) yield;
    }
  }
  return sorted;
}

/** Ids are mostly random: with as many characters, few are left to be compared. */
const startLength = 3;

/** The first characters as a number, which orders as they do, as far as it goes: not beyond a character that has no place in it. */
function startOf(id: string): number {
  let start = 0;
  let at = 0;
  while (at < startLength && at < id.length && id.charCodeAt(at) < 127) start = start * 128 + id.charCodeAt(at++);
  if (at < startLength && at < id.length) {
    start = start * 128 + 127;
    at++;
  }
  return start * 128 ** (startLength - at);
}
