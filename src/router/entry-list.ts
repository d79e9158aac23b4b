import { type Cursor, type Entry, NO_RANK } from "./cursor.js";
import { headerValues } from "./header-test.js";
import type { RoutingRequest } from "./router.js";

/** Up to this length a list is simply walked. */
const LONG = 16;

/** What a long list can be divided by. */
type Dimension = { readonly kind: "method" } | { readonly kind: "sni" } | { readonly kind: "header"; readonly key: string };

interface Division<T> {
  readonly dimension: Dimension;
  readonly byValue: ReadonlyMap<string, EntryList<T>>;
  /** Entries that do not ask for the dimension, or not for plain values of it. */
  readonly rest: EntryList<T> | null;
}

/** Entries filed under one host and one start of the path, best first. A long list is divided by method, header or server name. */
export class EntryList<T> {
  /** The best rank in the list. */
  readonly best: number;
  private readonly first: Entry<T> | undefined;
  /** The entries after the first; `null` when there are none. */
  private readonly others: readonly Entry<T>[] | null;
  private readonly division: Division<T> | null;

  constructor(entries: readonly Entry<T>[]) {
    this.first = entries[0];
    this.best = this.first?.rank ?? NO_RANK;
    this.others = entries.length > 1 ? entries.slice(1) : null;
    this.division = entries.length > LONG ? divide(entries) : null;
  }

  /** Looks for an entry better than the cursor's. */
  find(cursor: Cursor<T>, request: RoutingRequest): void {
    if (this.division !== null && this.findDivided(this.division, cursor, request)) return;
    const { first, others } = this;
    if (first === undefined || first.rank >= cursor.best || cursor.accept(first, request) || others === null) return;
    for (let i = 0; i < others.length; i++) {
      const entry = others[i] as Entry<T>;
      if (entry.rank >= cursor.best || cursor.accept(entry, request)) return;
    }
  }

  private findDivided(division: Division<T>, cursor: Cursor<T>, request: RoutingRequest): boolean {
    const { dimension, byValue, rest } = division;
    // Over plain text every server name passes, so the whole list is in play.
    if (dimension.kind === "sni" && request.scheme !== "https") return false;
    const actual =
      dimension.kind === "method"
        ? request.method
        : dimension.kind === "sni"
          ? request.sni
          : headerValues(request.headers, dimension.key);
    if (typeof actual === "string") findIn(byValue.get(actual), cursor, request);
    else if (actual !== undefined) for (const value of actual) findIn(byValue.get(value), cursor, request);
    if (rest !== null) findIn(rest, cursor, request);
    return true;
  }
}

function findIn<T>(list: EntryList<T> | undefined, cursor: Cursor<T>, request: RoutingRequest): void {
  if (list !== undefined && list.best < cursor.best) list.find(cursor, request);
}

/** Divides by the dimension that leaves the least to walk; `null` when none saves at least a quarter. */
function divide<T>(entries: readonly Entry<T>[]): Division<T> | null {
  let best: { dimension: Dimension; groups: Map<string, Entry<T>[]>; rest: Entry<T>[] } | undefined;
  let bestCost = entries.length * 0.75;
  for (const dimension of dimensionsOf(entries)) {
    const { groups, rest } = group(entries, dimension);
    let longest = 0;
    for (const members of groups.values()) longest = Math.max(longest, members.length);
    if (longest + rest.length < bestCost) {
      bestCost = longest + rest.length;
      best = { dimension, groups, rest };
    }
  }
  if (best === undefined) return null;
  const byValue = new Map<string, EntryList<T>>();
  for (const [value, members] of best.groups) byValue.set(value, new EntryList(members));
  return { dimension: best.dimension, byValue, rest: best.rest.length > 0 ? new EntryList(best.rest) : null };
}

/** Tables with endless different header names gain nothing from trying them all. */
const MAX_HEADER_DIMENSIONS = 8;

function dimensionsOf(entries: readonly Entry<unknown>[]): Dimension[] {
  const uses = new Map<string, number>();
  for (const { matcher } of entries) for (const { key } of matcher.headers ?? []) uses.set(key, (uses.get(key) ?? 0) + 1);
  const mostUsed = [...uses].sort((a, b) => b[1] - a[1]).slice(0, MAX_HEADER_DIMENSIONS);
  return [{ kind: "method" }, { kind: "sni" }, ...mostUsed.map(([key]) => ({ kind: "header" as const, key }))];
}

function group<T>(entries: readonly Entry<T>[], dimension: Dimension): { groups: Map<string, Entry<T>[]>; rest: Entry<T>[] } {
  const groups = new Map<string, Entry<T>[]>();
  const rest: Entry<T>[] = [];
  for (const entry of entries) {
    const values = plainValues(entry, dimension);
    if (values === null) rest.push(entry);
    else {
      for (const value of new Set(values)) {
        const members = groups.get(value);
        if (members === undefined) groups.set(value, [entry]);
        else members.push(entry);
      }
    }
  }
  return { groups, rest };
}

/** The values of which the request must have one; `null` when the entry does not ask, or asks by pattern. */
function plainValues({ matcher }: Entry<unknown>, dimension: Dimension): readonly string[] | null {
  if (dimension.kind === "method") return matcher.methods;
  if (dimension.kind === "sni") {
    return matcher.snis?.every((test) => test.kind === "exact") === true ? matcher.snis.map((test) => test.text) : null;
  }
  const values = matcher.headers?.find((test) => test.key === dimension.key)?.values;
  if (values === undefined) return null;
  const literals = values.flatMap((value) => (value.literal === null ? [] : [value.literal]));
  return literals.length === values.length ? literals : null;
}
