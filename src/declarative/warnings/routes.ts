import { isObject } from "../../schema/values.js";
import type { Finding, WarningCode } from "../finding.js";
import { recordName } from "../hints.js";
import type { DocumentRecord } from "../records.js";

/** None of them belongs into a plain prefix as it is: a look at all the others is not needed. */
const suspicious = /[*()[\]{}\\^$|+?:]/;
/** Longer paths are nobody's typing, and looking at them would take time out of proportion. */
const longest = 1000;
const template = /\/(?:\{[^/]*\}|:[A-Za-z_]\w*)(?=\/|$)/;
const glob = /\/\*{1,2}(?=\/|$)/;
const regex = /\\[A-Za-z./-]|[.)\]][*+?]|\[[^\]]+\]|\([^)]*\||\(\?|[$]$|^\/?\^|\)$/;

const texts: Readonly<Partial<Record<WarningCode, string>>> = {
  glob: "'*' stands for itself in a path: a prefix needs none, and a regular expression begins with '~'",
  regex_without_tilde: "this is a plain prefix: a regular expression begins with '~'",
  path_template: "parameters stand for themselves in a path: write a regular expression, such as '~/orders/(?<id>[^/]+)'",
};

/** Paths that look like something else than the plain prefixes that they are. */
export function routePaths(record: DocumentRecord, findings: Finding[]): void {
  const { paths } = record.completed;
  if (!Array.isArray(paths)) return;
  for (let index = 0; index < paths.length; index++) {
    const path: unknown = paths[index];
    if (typeof path !== "string" || path.length > longest || path.startsWith("~") || !suspicious.test(path)) continue;
    const code = codeOf(path);
    if (code) findings.push({ code, record, path: ["paths", index], message: texts[code] as string });
  }
}

function codeOf(path: string): WarningCode | undefined {
  if (regex.test(path)) return "regex_without_tilde";
  if (glob.test(path)) return "glob";
  return template.test(path) ? "path_template" : undefined;
}

/** Finds routes that match the very same requests. Their rules are compared only where they begin alike. */
export class RouteTwins {
  /** By what is cheap to read: the first route, until there is a second one. */
  readonly #first = new Map<string, DocumentRecord | null>();
  readonly #byRules = new Map<string, DocumentRecord>();

  add(route: DocumentRecord, findings: Finding[]): void {
    const start = startOf(route.completed);
    const before = this.#first.get(start);
    if (before === undefined) {
      this.#first.set(start, route);
      return;
    }
    if (before !== null) {
      this.#byRules.set(rulesOf(before.completed), before);
      this.#first.set(start, null);
    }
    const rules = rulesOf(route.completed);
    const twin = this.#byRules.get(rules);
    if (twin) findings.push({ code: "unreachable_route", record: route, path: [], message: messageFor(twin) });
    else this.#byRules.set(rules, route);
  }
}

function messageFor(twin: DocumentRecord): string {
  const name = recordName(twin);
  return `route ${name === undefined ? (twin.id ?? "") : `'${name}'`} has the same rules: one of the two never gets a request`;
}

/** No text is made for it: with 100,000 routes, that would be a good part of the time. */
function startOf({ paths, hosts }: Readonly<Record<string, unknown>>): string {
  return leastOf(paths) || leastOf(hosts);
}

function leastOf(list: unknown): string {
  if (!Array.isArray(list)) return "";
  let least = String(list[0]);
  for (let index = 1; index < list.length; index++) {
    const text = String(list[index]);
    if (text < least) least = text;
  }
  return least;
}

const matchFields = ["protocols", "methods", "hosts", "paths", "snis", "sources", "destinations"] as const;

/** What decides about requests, as text; the order within lists does not matter. */
function rulesOf(route: Readonly<Record<string, unknown>>): string {
  const rules = matchFields.map((name) => sorted(route[name]));
  const { headers } = route;
  const pairs = isObject(headers) ? Object.entries(headers).map(([name, values]) => [name.toLowerCase(), sorted(values)]) : [];
  return JSON.stringify([rules, sorted(pairs)]);
}

function sorted(list: unknown): unknown {
  return Array.isArray(list) ? list.map((item: unknown) => JSON.stringify(item)).sort() : list;
}
