import { runAtOnce, type Steps, stepSize } from "../util/steps.js";
import { normalizeRequestPath, originForm } from "../util/uri.js";
import { mergeCaptures } from "./captures.js";
import { Cursor, NO_RANK } from "./cursor.js";
import { explainMatchers } from "./explain.js";
import { buildHostIndex, type HostIndex } from "./host-index.js";
import { portColon } from "./host-port.js";
import { type CompileContext, compileRoute, type Matcher, type OnSkipped } from "./matcher.js";
import { methodBit } from "./method-bits.js";
import type { RoutableRoute, RouteExplanation, RouteMatch, Router, RoutingRequest } from "./router.js";
import { sortMatchers } from "./sort-matchers.js";

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
  const matchers: Matcher<T>[] = [];
  let count = 0;
  for (const { route, value } of routes) {
    if (count++ % stepSize === 0) yield { phase: "compile", done: count, total: 0 };
    for (const matcher of compileRoute(route, value, context)) matchers.push(matcher);
  }
  const sorted = yield* sortMatchers(matchers);
  return new IndexedRouter(sorted, yield* buildHostIndex(sorted));
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
