import { runAtOnce, type Steps, sortInSteps, stepSize } from "../util/steps.js";
import { normalizeRequestPath, originForm } from "../util/uri.js";
import { mergeCaptures } from "./captures.js";
import { Cursor, NO_RANK } from "./cursor.js";
import { explainMatchers } from "./explain.js";
import { buildHostIndex, type HostIndex } from "./host-index.js";
import { portColon } from "./host-port.js";
import { type CompileContext, compareIds, compileRoute, type Matcher, type OnSkipped } from "./matcher.js";
import { methodBit } from "./method-bits.js";
import type { RoutableRoute, RouteExplanation, RouteMatch, Router, RoutingRequest } from "./router.js";

/** Kong's `router_flavor`. */
export type RouterFlavor = "traditional_compatible" | "traditional" | "expressions";

/** A route, and what a match with it answers. */
export interface RoutableEntry<T> {
  readonly route: RoutableRoute;
  readonly value: T;
}

export interface RouterOptions {
  /** Default `traditional_compatible`. */
  readonly flavor?: RouterFlavor;
  /** Told about every route, or part of one, that is left out because it does not compile. */
  readonly onSkipped?: OnSkipped;
}

/** Builds a router in one go; see {@link routerSteps}. */
export function buildRouter<T>(routes: Iterable<RoutableEntry<T>>, options: RouterOptions = {}): Router<T> {
  return runAtOnce(routerSteps(routes, options));
}

/**
 * Builds a router, step by step. A request goes to the best matcher whose criteria all hold: the one with the largest 64-bit priority,
 * then with the larger id, as in Kong.
 *
 * Only criteria decide, not protocols: a route for http also matches https here. Routes of disabled services must not be
 * handed in.
 *
 * @throws Error when the flavor is not available.
 */
export function* routerSteps<T>(routes: Iterable<RoutableEntry<T>>, options: RouterOptions = {}): Steps<Router<T>> {
  const flavor = options.flavor ?? "traditional_compatible";
  if (flavor !== "traditional_compatible") {
    throw new Error(`router flavor '${flavor}' is not available, use 'traditional_compatible'`);
  }
  const context: CompileContext = { onSkipped: options.onSkipped, regexes: new Map(), hosts: new Map() };
  const byPriority = new Map<bigint, SortedMatcher<T>[]>();
  let count = 0;
  for (const { route, value } of routes) {
    if (count++ % stepSize === 0) yield { phase: "compile", done: count, total: 0 };
    for (const matcher of compileRoute(route, value, context)) {
      const sorted: SortedMatcher<T> = { start: startOf(matcher.id), matcher };
      const group = byPriority.get(matcher.priority);
      if (group) group.push(sorted);
      else byPriority.set(matcher.priority, [sorted]);
    }
  }
  // There are few priorities, and numbers of that size are slow to compare.
  const matchers: Matcher<T>[] = [];
  for (const priority of [...byPriority.keys()].sort((a, b) => (a > b ? -1 : 1))) {
    const group = byPriority.get(priority) as SortedMatcher<T>[];
    yield* sortInSteps(group, byIdDescending);
    for (const { matcher } of group) matchers.push(matcher);
  }
  return new IndexedRouter(matchers, yield* buildHostIndex(matchers));
}

/** A matcher with the start of its id as a number: comparing numbers that lie side by side beats following pointers to texts. */
interface SortedMatcher<T> {
  readonly start: number;
  readonly matcher: Matcher<T>;
}

/** As many characters of seven bits as a number holds exactly. */
const startLength = 7;

/** Orders as the texts do, as far as it goes. */
function startOf(id: string): number {
  let start = 0;
  for (let at = 0; at < startLength; at += 1) start = start * 128 + (at < id.length ? Math.min(127, id.charCodeAt(at)) : 0);
  return start;
}

function byIdDescending(a: SortedMatcher<unknown>, b: SortedMatcher<unknown>): number {
  return b.start - a.start || compareIds(a.matcher, b.matcher);
}

class IndexedRouter<T> implements Router<T> {
  readonly size: number;
  private readonly cursor = new Cursor<T>();
  private readonly usesMethods: boolean;

  constructor(
    private readonly matchers: readonly Matcher<T>[],
    private readonly index: HostIndex<T>,
  ) {
    this.size = matchers.length;
    this.usesMethods = matchers.some((matcher) => matcher.methods !== null);
  }

  match(request: RoutingRequest): RouteMatch<T> | undefined {
    const target = originForm(request.target);
    const mark = target.indexOf("?", 1);
    // A path that is not UTF-8 matches nothing, as in Kong.
    const path = normalizeRequestPath(mark < 0 ? target : target.slice(0, mark));
    if (path === undefined) return undefined;

    const { cursor } = this;
    cursor.path = path;
    if (this.index.usesHosts) setHost(cursor, request);
    if (this.usesMethods) cursor.methodBit = methodBit(request.method);
    cursor.best = NO_RANK;
    cursor.entry = undefined;
    this.index.find(cursor, request);
    return cursor.entry === undefined ? undefined : toMatch(cursor, mark < 0 ? "" : target.slice(mark));
  }

  explain(request: RoutingRequest): RouteExplanation<T> {
    return { match: this.match(request), candidates: explainMatchers(this.matchers, request) };
  }
}

function setHost(cursor: Cursor<unknown>, request: RoutingRequest): void {
  const host = request.host ?? "";
  const colon = portColon(host);
  cursor.host = colon < 0 ? host : host.slice(0, colon);
  cursor.port = colon < 0 ? request.port : Number(host.slice(colon + 1));
}

function toMatch<T>(cursor: Cursor<T>, query: string): RouteMatch<T> | undefined {
  const { entry, groups, path } = cursor;
  if (entry === undefined) return undefined;
  const prefix = entry.isPrefix ? entry.literal : (cursor.matchedText ?? path.slice(0, cursor.matchedLength));
  return { value: entry.value, path, query, prefix, captures: groups === null ? null : mergeCaptures(groups) };
}
