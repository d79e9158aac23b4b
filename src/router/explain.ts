import { normalizeRequestPath, splitTarget } from "../util/uri.js";
import { testSni } from "./cursor.js";
import { testHeader } from "./header-test.js";
import { type HostAndPort, splitHostPort } from "./host-port.js";
import type { Matcher } from "./matcher.js";
import { testPathRegex } from "./path-regex.js";
import { testPattern } from "./pattern-test.js";
import type { RouteExplanation, RoutingRequest } from "./router.js";

type Candidate<T> = RouteExplanation<T>["candidates"][number];
type Criterion = Candidate<unknown>["criteria"][number];

const MAX_CANDIDATES = 20;

/** What the criteria are held against. */
interface Facts extends HostAndPort {
  readonly request: RoutingRequest;
  /** `undefined` when it is not UTF-8. */
  readonly path: string | undefined;
}

/**
 * Judges all matchers, without the index. Those that match come first, best first; then those that match in part, the
 * ones with the fewest failed criteria first. A matcher of which nothing matches is not worth a look.
 *
 * @param matchers best first.
 */
export function explainMatchers<T>(matchers: readonly Matcher<T>[], request: RoutingRequest): Candidate<T>[] {
  const { host, port } = splitHostPort(request.host ?? "");
  const facts = { request, host, port: port ?? request.port, path: normalizeRequestPath(splitTarget(request.target).path) };
  // Buckets keep the order of the matchers, so nothing needs sorting.
  const byFailures: { matcher: Matcher<T>; criteria: Criterion[] }[][] = [];
  for (const matcher of matchers) {
    const criteria = judge(matcher, facts);
    const failures = criteria.filter((criterion) => !criterion.matched).length;
    if (failures === criteria.length) continue;
    byFailures[failures] ??= [];
    const bucket = byFailures[failures];
    if (bucket.length < MAX_CANDIDATES) bucket.push({ matcher, criteria });
  }
  return byFailures
    .flatMap((bucket, failures) => bucket.map(({ matcher, criteria }) => toCandidate(matcher, criteria, failures === 0)))
    .slice(0, MAX_CANDIDATES);
}

function toCandidate<T>({ value, route, priority }: Matcher<T>, criteria: Criterion[], matched: boolean): Candidate<T> {
  const text = `0x${priority.toString(16).padStart(16, "0")}`;
  return { value, routeId: route.id, routeName: route.name, matched, priority: text, criteria };
}

/** The criteria in the order in which Kong writes them into a route's expression. */
function judge(matcher: Matcher<unknown>, facts: Facts): Criterion[] {
  const { route } = matcher;
  const { request } = facts;
  const criteria: Criterion[] = [];
  if (facts.path === undefined) {
    criteria.push({ name: "encoding of the path", expected: "UTF-8", actual: "other bytes", matched: false });
  }
  if (matcher.snis !== null) {
    const actual = request.scheme === "https" ? (request.sni ?? "(none)") : "(plain text: not asked)";
    criteria.push({ name: "snis", expected: list(route.snis), actual, matched: testSni(matcher, request) });
  }
  if (matcher.methods !== null) {
    const matched = matcher.methods.includes(request.method);
    criteria.push({ name: "methods", expected: list(matcher.methods), actual: request.method, matched });
  }
  if (matcher.hosts !== null) criteria.push(judgeHosts(matcher, facts));
  if (matcher.prefixes !== null || matcher.regexes !== null) criteria.push(judgePath(matcher, facts));
  for (const test of matcher.headers ?? []) {
    const actual = request.headers[test.key];
    criteria.push({
      name: `headers.${test.name}`,
      expected: list(route.headers?.[test.name] ?? []),
      actual: actual === undefined ? "(none)" : typeof actual === "string" ? actual : list(actual),
      matched: testHeader(test, request.headers) !== false,
    });
  }
  return criteria;
}

function judgeHosts(matcher: Matcher<unknown>, { request, host, port }: Facts): Criterion {
  const hosts = matcher.hosts ?? [];
  const matched =
    request.host !== undefined && hosts.some((test) => testPattern(test, host) && (test.port === -1 || test.port === port));
  const asksPort = hosts.some((test) => test.port !== -1);
  const actual = request.host === undefined ? "(none)" : asksPort ? `${host}, port ${port}` : host;
  return { name: "hosts", expected: list(matcher.route.hosts), actual, matched };
}

function judgePath({ prefixes, regexes }: Matcher<unknown>, { path }: Facts): Criterion {
  const expected = list(prefixes ?? regexes?.map(({ source }) => `~${source}`) ?? []);
  const matched =
    path !== undefined &&
    (prefixes !== null
      ? prefixes.some((prefix) => path.startsWith(prefix))
      : (regexes ?? []).some((regex) => testPathRegex(regex, path)));
  return { name: "paths", expected, actual: path ?? "(unreadable)", matched };
}

function list(values: readonly string[] | null): string {
  return (values ?? []).join(", ");
}
