import { getOrMake } from "../util/get-or-make.js";
import { type Steps, stepSize } from "../util/steps.js";
import { type Cursor, Entry } from "./cursor.js";
import type { Matcher } from "./matcher.js";
import { buildPathIndex, type PathIndex } from "./path-index.js";
import type { HostTest } from "./pattern-test.js";
import type { RoutingRequest } from "./router.js";

/** The indexes of paths, by the fixed text of the host. */
interface HostIndexes<T> {
  readonly exact: ReadonlyMap<string, PathIndex<T>>;
  readonly suffixes: ReadonlyMap<string, PathIndex<T>>;
  readonly prefixes: ReadonlyMap<string, PathIndex<T>>;
  readonly any: PathIndex<T> | null;
}

/** Sorts matchers by host, step by step. @param matchers best first. */
export function* buildHostIndex<T>(matchers: readonly Matcher<T>[]): Steps<HostIndex<T>> {
  const exact = new Map<string, Entry<T>[]>();
  const suffixes = new Map<string, Entry<T>[]>();
  const prefixes = new Map<string, Entry<T>[]>();
  const any: Entry<T>[] = [];
  for (const [rank, matcher] of matchers.entries()) {
    if (rank % stepSize === 0) yield { phase: "compile", done: rank, total: matchers.length };
    const literals = literalsOf(matcher);
    if (matcher.hosts === null) {
      for (const literal of literals) any.push(new Entry(matcher, rank, literal, -1));
      continue;
    }
    for (const { kind, text, port } of uniqueHosts(matcher.hosts)) {
      const byText = kind === "exact" ? exact : kind === "suffix" ? suffixes : prefixes;
      const entries = getOrMake(byText, text, (): Entry<T>[] => []);
      for (const literal of literals) entries.push(new Entry(matcher, rank, literal, port));
    }
  }
  return new HostIndex({
    exact: yield* toIndexes(exact),
    suffixes: yield* toIndexes(suffixes),
    prefixes: yield* toIndexes(prefixes),
    any: any.length > 0 ? yield* buildPathIndex(any) : null,
  });
}

/** All matchers, by host: equal, `*.x`, `x.*`, and those that take any. */
export class HostIndex<T> {
  /** Whether any matcher asks for a host. */
  readonly usesHosts: boolean;
  private readonly exact: ReadonlyMap<string, PathIndex<T>>;
  private readonly suffixes: WildcardIndex<T>;
  private readonly prefixes: WildcardIndex<T>;
  private readonly any: PathIndex<T> | null;

  constructor({ exact, suffixes, prefixes, any }: HostIndexes<T>) {
    this.exact = exact;
    this.suffixes = new WildcardIndex(suffixes, (text) => text.startsWith("."));
    this.prefixes = new WildcardIndex(prefixes, (text) => text.endsWith("."));
    this.any = any;
    this.usesHosts = exact.size > 0 || suffixes.size > 0 || prefixes.size > 0;
  }

  /** Leaves the best entry in the cursor. */
  find(cursor: Cursor<T>, request: RoutingRequest): void {
    if (this.usesHosts && request.host !== undefined) {
      const { host } = cursor;
      const index = this.exact.get(host);
      if (index !== undefined) index.find(cursor, request);
      if (this.suffixes.size > 0) this.findSuffix(host, cursor, request);
      if (this.prefixes.size > 0) this.findPrefix(host, cursor, request);
    }
    if (this.any !== null && this.any.best < cursor.best) this.any.find(cursor, request);
  }

  private findSuffix(host: string, cursor: Cursor<T>, request: RoutingRequest): void {
    const { byText, shortest, longest, odd } = this.suffixes;
    // Only as far back as the longest suffix reaches: a hostile host of dots must not cost quadratic time.
    const last = host.length - shortest;
    for (
      let dot = host.indexOf(".", Math.max(0, host.length - longest));
      dot >= 0 && dot <= last;
      dot = host.indexOf(".", dot + 1)
    ) {
      findBetter(byText.get(host.slice(dot)), cursor, request);
    }
    for (const [text, index] of odd) if (host.endsWith(text)) findBetter(index, cursor, request);
  }

  private findPrefix(host: string, cursor: Cursor<T>, request: RoutingRequest): void {
    const { byText, longest, odd } = this.prefixes;
    for (let dot = host.indexOf("."); dot >= 0 && dot < longest; dot = host.indexOf(".", dot + 1)) {
      findBetter(byText.get(host.slice(0, dot + 1)), cursor, request);
    }
    for (const [text, index] of odd) if (host.startsWith(text)) findBetter(index, cursor, request);
  }
}

/** Wildcard hosts by their fixed text, which has a dot next to the `*`; the odd ones that do not are tried in turn. */
class WildcardIndex<T> {
  readonly shortest: number;
  readonly longest: number;
  readonly odd: readonly (readonly [string, PathIndex<T>])[];
  readonly size: number;

  constructor(
    readonly byText: ReadonlyMap<string, PathIndex<T>>,
    isUsual: (text: string) => boolean,
  ) {
    this.size = byText.size;
    let shortest = Number.MAX_SAFE_INTEGER;
    let longest = 0;
    for (const { length } of byText.keys()) {
      shortest = Math.min(shortest, length);
      longest = Math.max(longest, length);
    }
    this.shortest = shortest;
    this.longest = longest;
    this.odd = [...byText].filter(([text]) => !isUsual(text));
  }
}

function findBetter<T>(index: PathIndex<T> | undefined, cursor: Cursor<T>, request: RoutingRequest): void {
  if (index !== undefined && index.best < cursor.best) index.find(cursor, request);
}

function* toIndexes<T>(entries: ReadonlyMap<string, Entry<T>[]>): Steps<ReadonlyMap<string, PathIndex<T>>> {
  const indexes = new Map<string, PathIndex<T>>();
  for (const [text, list] of entries) {
    if (indexes.size % stepSize === 0) yield;
    indexes.set(text, yield* buildPathIndex(list));
  }
  return indexes;
}

/** The texts one of which the path must start with; a single empty one when any path may do. */
function literalsOf(matcher: Matcher<unknown>): Iterable<string> {
  if (matcher.prefixes !== null) return matcher.prefixes.length === 1 ? matcher.prefixes : new Set(matcher.prefixes);
  if (matcher.regexes !== null) return new Set(matcher.regexes.map(({ literal }) => literal));
  return [""];
}

/** Without repetitions, and without `a:80` where `a` is there for any port. */
function uniqueHosts(hosts: readonly HostTest[]): readonly HostTest[] {
  if (hosts.length === 1) return hosts;
  return hosts.filter(
    (host, position) =>
      !hosts.some(
        (other, otherPosition) =>
          other.kind === host.kind &&
          other.text === host.text &&
          (other.port === host.port ? otherPosition < position : other.port === -1),
      ),
  );
}
