import { getOrMake } from "../util/get-or-make.js";
import { thrownText } from "../util/thrown.js";
import { uuidBytes, uuidV5 } from "../util/uuid.js";
import { compileHeaderTest, type HeaderTest } from "./header-test.js";
import { splitHostPort } from "./host-port.js";
import { compilePathRegex, type PathRegex, type RegexPool } from "./path-regex.js";
import { type HostTest, type PatternTest, parsePattern } from "./pattern-test.js";
import { isGiven, matcherPriority, type PathGroup } from "./priority.js";
import type { RoutableRoute } from "./router.js";

/** A route, or the part of it that has one kind and length of paths, compiled. `null` stands for a criterion not set. */
export interface Matcher<T> {
  readonly route: RoutableRoute;
  readonly value: T;
  /** The route's id, or one derived from it when the route was split, in lower case. */
  readonly id: string;
  readonly priority: bigint;
  readonly snis: readonly PatternTest[] | null;
  readonly methods: readonly string[] | null;
  readonly hosts: readonly HostTest[] | null;
  readonly prefixes: readonly string[] | null;
  readonly regexes: readonly PathRegex[] | null;
  readonly headers: readonly HeaderTest[] | null;
}

/** The namespace in which Kong derives the ids of a split route's parts. */
const SPLIT_NAMESPACE = uuidBytes("7f145bf9-0dce-4f91-98eb-debbce4b9f6b");

const HTTP_PROTOCOLS = new Set(["http", "https", "grpc", "grpcs"]);

/** What the compilation of one router's routes shares. */
export interface CompileContext {
  readonly onSkipped: OnSkipped | undefined;
  readonly regexes: RegexPool;
  /** Many routes have the same hosts. */
  readonly hosts: Map<string, HostTest>;
}

/** Told about each matcher that is left out, with the id of its route. */
export type OnSkipped = (routeId: string, reason: string) => void;

/**
 * Compiles a route into its matchers. What does not compile is left out and reported; a route for streams only (tcp,
 * tls, udp, tls_passthrough) gives none.
 */
export function compileRoute<T>(route: RoutableRoute, value: T, context: CompileContext): Matcher<T>[] {
  if (!route.protocols.some((protocol) => HTTP_PROTOCOLS.has(protocol))) return [];
  const groups = groupPaths(route.paths ?? []);
  if (groups.length <= 1) return compileGroups(route, value, [route.id], groups.length === 0 ? [undefined] : groups, context);
  const ids = groups.map((_, index) => uuidV5(SPLIT_NAMESPACE, `${route.id}#${index + 1}`));
  return compileGroups(route, value, ids, groups, context);
}

/** Regexes form one group, prefixes one per length in bytes; groups stand in the order of their first path. */
function groupPaths(paths: readonly string[]): PathGroup[] {
  const [first] = paths;
  if (first !== undefined && paths.length === 1) {
    return [first.startsWith("~") ? { regex: true, paths: [first.slice(1)] } : { regex: false, paths }];
  }
  const groups = new Map<number, string[]>();
  for (const path of paths) {
    const key = path.startsWith("~") ? -1 : Buffer.byteLength(path);
    const text = key < 0 ? path.slice(1) : path;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [text]);
    else group.push(text);
  }
  return Array.from(groups, ([key, texts]) => ({ regex: key < 0, paths: texts }));
}

function compileGroups<T>(
  route: RoutableRoute,
  value: T,
  ids: readonly string[],
  groups: readonly (PathGroup | undefined)[],
  context: CompileContext,
): Matcher<T>[] {
  const matchers: Matcher<T>[] = [];
  for (const [index, group] of groups.entries()) {
    try {
      const matcher = compileMatcher(route, value, ids[index] ?? route.id, group, context);
      if (hasCriterion(matcher)) matchers.push(matcher);
      else context.onSkipped?.(route.id, "the route has no criterion to match by");
    } catch (error) {
      context.onSkipped?.(route.id, thrownText(error));
    }
  }
  return matchers;
}

function compileMatcher<T>(
  route: RoutableRoute,
  value: T,
  id: string,
  group: PathGroup | undefined,
  { regexes, hosts }: CompileContext,
): Matcher<T> {
  const headers =
    route.headers === null ? [] : Object.entries(route.headers).map(([name, values]) => compileHeaderTest(name, values));
  return {
    route,
    value,
    id: id.toLowerCase(),
    priority: matcherPriority(route, group),
    snis: isGiven(route.snis) ? route.snis.map((sni) => parsePattern(withoutTrailingDot(sni))) : null,
    methods: isGiven(route.methods) ? route.methods : null,
    hosts: isGiven(route.hosts) ? route.hosts.map((host) => getOrMake(hosts, host, () => parseHost(host))) : null,
    prefixes: group !== undefined && !group.regex ? group.paths : null,
    regexes: group?.regex === true ? group.paths.map((source) => compilePathRegex(source, regexes)) : null,
    headers: headers.length > 0 ? headers : null,
  };
}

function hasCriterion(matcher: Matcher<unknown>): boolean {
  return (matcher.snis ?? matcher.methods ?? matcher.hosts ?? matcher.prefixes ?? matcher.regexes ?? matcher.headers) !== null;
}

function withoutTrailingDot(sni: string): string {
  return sni.length > 1 && sni.endsWith(".") ? sni.slice(0, -1) : sni;
}

function parseHost(text: string): HostTest {
  const { host, port } = splitHostPort(text);
  return { ...parsePattern(host), port: port ?? -1 };
}

/** Of matchers with the same priority the one with the larger id is better: as texts, which orders UUIDs by their bytes. */
export function compareIds(a: Matcher<unknown>, b: Matcher<unknown>): number {
  return a.id === b.id ? 0 : a.id > b.id ? -1 : 1;
}
