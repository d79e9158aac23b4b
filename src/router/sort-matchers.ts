import { type Steps, sortInSteps, stepSize } from "../util/steps.js";
import { compareIds, type Matcher } from "./matcher.js";

/** Ids are mostly random: with as many characters, few are left to be compared. */
const startLength = 3;

/** The best first: by priority, then by id. There are few priorities, and numbers of that size are slow to compare. */
export function* sortMatchers<T>(matchers: readonly Matcher<T>[]): Steps<Matcher<T>[]> {
  const sorted: Matcher<T>[] = [];
  const byPriority = yield* grouped(matchers, ({ priority }) => priority);
  for (const priority of descending(byPriority.keys())) {
    const byStart = yield* grouped(byPriority.get(priority) as Matcher<T>[], ({ id }) => id.slice(0, startLength));
    for (const start of descending(byStart.keys())) {
      const group = byStart.get(start) as Matcher<T>[];
      if (group.length > 1) yield* sortInSteps(group, compareIds);
      for (const matcher of group) sorted.push(matcher);
      if (sorted.length % stepSize === 0) yield;
    }
  }
  return sorted;
}

function* grouped<T, K>(matchers: readonly Matcher<T>[], keyOf: (matcher: Matcher<T>) => K): Steps<Map<K, Matcher<T>[]>> {
  const groups = new Map<K, Matcher<T>[]>();
  for (let index = 0; index < matchers.length; index++) {
    if (index % stepSize === 0) yield;
    const matcher = matchers[index] as Matcher<T>;
    const key = keyOf(matcher);
    const group = groups.get(key);
    if (group) group.push(matcher);
    else groups.set(key, [matcher]);
  }
  return groups;
}

function descending<K extends string | bigint>(keys: Iterable<K>): K[] {
  return [...keys].sort((a, b) => (a > b ? -1 : 1));
}
