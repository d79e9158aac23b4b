import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildRouter } from "../../src/router/build-router.js";
import type { RoutableRoute, RoutingRequest } from "../../src/router/router.js";
import { request, route, uuid } from "./support.js";

/*
 * The router against a slow and obvious one: expand every route into its matchers, sort, take the first that holds.
 * Small alphabets make hits, ties and overlaps frequent.
 */

interface Part {
  readonly route: RoutableRoute;
  readonly paths: readonly string[];
  readonly id: string;
}

function parts(one: RoutableRoute): Part[] {
  const groups = new Map<string, string[]>();
  for (const path of one.paths ?? []) {
    const key = path.startsWith("~") ? "regex" : String(Buffer.byteLength(path));
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  if (groups.size < 2) return [{ route: one, paths: one.paths ?? [], id: one.id }];
  return [...groups.values()].map((paths, index) => ({ route: one, paths, id: uuid5(`${one.id}#${index + 1}`) }));
}

function uuid5(name: string): string {
  const hash = createHash("sha1").update(Buffer.from("7f145bf90dce4f9198ebdebbce4b9f6b", "hex")).update(name).digest("hex");
  const variant = ((Number.parseInt(hash.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(18, 20)}-${hash.slice(20, 32)}`;
}

/** The fields of the 64-bit priority, most significant first. */
function weights({ route: one, paths }: Part): number[] {
  const criteria = [one.methods, one.hosts, one.snis, paths, Object.keys(one.headers ?? {})];
  const regex = paths[0]?.startsWith("~") === true;
  return [
    criteria.filter((values) => values !== null && values.length > 0).length,
    one.hosts !== null && one.hosts.length > 0 && one.hosts.every((host) => !host.includes("*")) ? 1 : 0,
    Object.keys(one.headers ?? {}).length,
    regex ? 1 : 0,
    regex ? (one.regex_priority ?? 0) : 0,
    regex ? 0 : Buffer.byteLength(paths[0] ?? ""),
  ];
}

function better(a: Part, b: Part): number {
  const [left, right] = [weights(a), weights(b)];
  for (const [index, weight] of left.entries()) {
    const difference = (right[index] ?? 0) - weight;
    if (difference !== 0) return difference;
  }
  return a.id < b.id ? 1 : -1;
}

function wildcard(pattern: string, text: string): boolean {
  if (pattern.startsWith("*")) return text.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}

/** What the path criterion takes as prefix; `undefined` when it fails. */
function pathPrefix(paths: readonly string[], path: string): string | undefined {
  if (paths.length === 0) return "";
  for (const one of paths) {
    if (!one.startsWith("~")) {
      if (path.startsWith(one)) return one;
      continue;
    }
    const match = new RegExp(`^${one.slice(1)}`).exec(path);
    if (match !== null) return match[0];
  }
  return undefined;
}

function holds({ route: one }: Part, asked: RoutingRequest): boolean {
  const colon = /^([^:]*):(\d+)$/.exec(asked.host ?? "");
  const host = colon?.[1] ?? asked.host;
  const port = colon === null ? asked.port : Number(colon[2]);
  const hostFits = (pattern: string) => {
    const [name = "", number] = pattern.split(":");
    return host !== undefined && wildcard(name, host) && (number === undefined || Number(number) === port);
  };
  const headerFits = ([name, values]: [string, readonly string[]]) => {
    const actual = [asked.headers[name] ?? []].flat();
    return values.some((value) =>
      actual.some((text) => (value.startsWith("~*") ? new RegExp(value.slice(2)).test(text) : value === text)),
    );
  };
  return (
    (one.methods === null || one.methods.length === 0 || one.methods.includes(asked.method)) &&
    (one.hosts === null || one.hosts.length === 0 || one.hosts.some(hostFits)) &&
    (one.snis === null ||
      one.snis.length === 0 ||
      asked.scheme === "http" ||
      one.snis.some((pattern) => asked.sni !== undefined && wildcard(pattern, asked.sni))) &&
    Object.entries(one.headers ?? {}).every(headerFits)
  );
}

function linearMatch(routes: readonly RoutableRoute[], asked: RoutingRequest) {
  for (const part of routes.flatMap(parts).sort(better)) {
    const prefix = pathPrefix(part.paths, asked.target);
    if (prefix !== undefined && holds(part, asked)) return { id: part.route.id, prefix };
  }
  return undefined;
}

const some = <V>(values: readonly V[], max = 3) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });
const seldom = <V>(arbitrary: fc.Arbitrary<V>) => fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const maybe = <V>(arbitrary: fc.Arbitrary<V>) => fc.option(arbitrary, { freq: 2 });

const PATHS = ["/", "/a", "/ab", "/abc", "/b", "/a/", "/a/b", "/a/b/c", "/ø", "/ab/c", "/x/y/z", "/x/y/w", "/x"];
const REGEXES = ["~/a", "~/a.*c", "~/(a|b)", "~/ab?c", "~/x/[yz]", "~/a/b$", "~/.", "~/x|/a", "~/a+", "~/ø?b"];
const HOSTS = ["a.com", "a.com:80", "b.a.com", "*.a.com", "*.com", "a.*", "b.*", "*.a.com:81", "a.*:81", "c.org"];
const METHODS = ["GET", "POST", "PUT"];
const SNIS = ["a.com", "*.com", "b.*"];
const HEADER_VALUES = ["1", "2", "3", "~*[12]"];

const routeFields = fc.record({
  paths: maybe(some([...PATHS, ...PATHS, ...REGEXES], 4)),
  hosts: maybe(some(HOSTS)),
  methods: maybe(some(METHODS, 2)),
  snis: seldom(some(SNIS, 2)),
  headers: seldom(fc.dictionary(fc.constantFrom("h", "i"), some(HEADER_VALUES, 2), { minKeys: 1 })),
  regex_priority: fc.constantFrom(0, 0, 1, 7, -1),
});

function tables(minLength: number, maxLength: number) {
  return fc
    .array(fc.tuple(routeFields, fc.nat({ max: 0xffffff })), { minLength, maxLength })
    .map((list) =>
      list
        .map(([fields, salt], index) => route({ id: uuid(salt * 0x1000 + index), ...fields }))
        .filter((one) => [one.paths, one.hosts, one.methods, one.snis, one.headers].some((field) => field !== null)),
    );
}

const requests = fc.array(
  fc.record({
    method: fc.constantFrom(...METHODS, "DELETE"),
    target: fc.oneof(
      fc.constantFrom(...PATHS),
      fc.string({ unit: fc.constantFrom("a", "b", "c", "x", "y", "z"), maxLength: 4 }).map((tail) => `/${tail}`),
      fc.constantFrom("/x/y/zz", "/a/b/c/d", "/aac", "/abbc", "/q/a"),
    ),
    host: fc.constantFrom(
      "a.com",
      "a.com:80",
      "a.com:81",
      "b.a.com",
      "b.a.com:81",
      "c.b.a.com",
      "a.org",
      "b.org",
      "c.org",
      undefined,
    ),
    headers: fc.dictionary(
      fc.constantFrom("h", "i"),
      fc.oneof(fc.constantFrom("1", "2", "3"), fc.constant<string[]>(["3", "1"])),
    ),
    scheme: fc.constantFrom("http" as const, "https" as const),
    sni: fc.constantFrom("a.com", "b.org", "c.com", "d.net", undefined),
    port: fc.constantFrom(80, 81),
  }),
  { minLength: 1, maxLength: 20 },
);

function agrees(routes: readonly RoutableRoute[], asked: readonly Partial<RoutingRequest>[]): void {
  const router = buildRouter(routes.map((one) => ({ route: one, value: one.id })));
  for (const fields of asked) {
    const full = request(fields);
    // The path as Node would deliver it: bytes.
    const received = { ...full, target: Buffer.from(full.target, "utf8").toString("latin1") };
    const match = router.match(received);
    const expected = linearMatch(routes, full);
    expect(match && { id: match.value, prefix: match.prefix }).toEqual(expected);
    const { candidates } = router.explain(received);
    const best = candidates.find((candidate) => candidate.matched);
    expect(best?.routeId).toBe(expected?.id);
    expect(candidates[0]?.matched ?? false).toBe(expected !== undefined);
  }
}

describe("the index agrees with a linear search", () => {
  it("on small tables", () => {
    fc.assert(fc.property(tables(0, 12), requests, agrees), { numRuns: 600 });
  });

  it("on tables large enough for trees and divided lists", () => {
    fc.assert(fc.property(tables(60, 160), requests, agrees), { numRuns: 60 });
  });

  it("when every route has the same path", () => {
    const samePath = tables(40, 80).map((routes) => routes.map((one) => ({ ...one, paths: ["/a"], hosts: null })));
    fc.assert(fc.property(samePath, requests, agrees), { numRuns: 60 });
  });
});
