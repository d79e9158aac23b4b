import { boundPattern } from "../../util/bounded-pattern.js";
import { lazyRequire } from "../../util/lazy-require.js";
import { compilePcre } from "../../util/regex.js";

const lruCache = lazyRequire<typeof import("lru-cache")>("lru-cache");

/** Origins whose verdicts are kept, and how long they may be: browsers send few and short ones. */
const MOST_VERDICTS = 1_000;
const LONGEST_REMEMBERED = 300;

/** What a request's `Origin` gets. */
export type OriginRule =
  /** Every origin, without looking. */
  | { readonly kind: "any" }
  /** The same text, whatever the origin. */
  | { readonly kind: "fixed"; readonly origin: string }
  /** The origin itself when it is on the list. */
  | { readonly kind: "listed"; readonly allow: (origin: string) => string | undefined };

const PLAIN = /^[A-Za-z0-9.:/-]+$/;

/**
 * Compiles `origins`. A pattern that takes too long on an origin counts as not matching.
 *
 * @param slow - told of such a pattern
 */
export function compileOrigins(origins: readonly string[] | null, slow?: (pattern: string) => void): OriginRule {
  if (origins === null || origins.length === 0 || (origins.length === 1 && origins[0] === "*")) return { kind: "any" };
  const [first = ""] = origins;
  if (origins.length === 1 && PLAIN.test(first)) return { kind: "fixed", origin: first };
  if (origins.includes("*")) return { kind: "listed", allow: () => "*" };
  const tests = origins.map((entry) => compileEntry(entry, slow));
  return { kind: "listed", allow: remembering((origin) => judge(origin, tests)) };
}

function judge(origin: string, tests: readonly OriginTest[]): string | undefined {
  const normalized = normalizeOrigin(origin);
  return tests.some((test) => test(normalized)) ? normalized.origin : undefined;
}

function remembering(allow: (origin: string) => string | undefined): (origin: string) => string | undefined {
  const { LRUCache } = lruCache();
  const verdicts = new LRUCache<string, { readonly allowed: string | undefined }>({ max: MOST_VERDICTS });
  return (origin) => {
    const known = verdicts.get(origin);
    if (known !== undefined) return known.allowed;
    const allowed = allow(origin);
    if (origin.length <= LONGEST_REMEMBERED) verdicts.set(origin, { allowed });
    return allowed;
  };
}

/** What the answer says about the request's origin. */
export interface OriginAnswer {
  /** Value of `Access-Control-Allow-Origin`; `undefined`: the header must not be there. */
  readonly allowed: string | undefined;
  /** The answer is not the same for all origins. */
  readonly varies: boolean;
  /** The answer may be read by pages that sent cookies and the like. */
  readonly credentials: boolean;
}

const EVERYONE: OriginAnswer = { allowed: "*", varies: false, credentials: false };

/**
 * @param credentials - as configured
 * @param origin - the request's `Origin`; empty counts as none
 */
export function originAnswer(rule: OriginRule, credentials: boolean, origin: string | undefined): OriginAnswer {
  if (rule.kind === "fixed") return { allowed: rule.origin, varies: true, credentials };
  let allowed: string | undefined = "*";
  if (rule.kind === "listed") allowed = origin ? rule.allow(origin) : undefined;
  if (allowed !== "*") return { allowed, varies: true, credentials };
  // Browsers refuse `*` together with credentials, so the origin itself takes its place.
  if (credentials && origin) return { allowed: origin, varies: true, credentials };
  return rule.kind === "any" ? EVERYONE : { allowed, varies: true, credentials: false };
}

/** The answer to all requests, with an origin or without, where there is but one. */
export function sameAnswer(rule: OriginRule, credentials: boolean): OriginAnswer | undefined {
  return rule.kind === "fixed" || (rule.kind === "any" && !credentials) ? originAnswer(rule, credentials, undefined) : undefined;
}

type OriginTest = (request: NormalizedOrigin) => boolean;

function compileEntry(entry: string, slow?: (pattern: string) => void): OriginTest {
  if (PLAIN.test(entry)) {
    const { origin } = normalizeOrigin(entry);
    return (request) => request.origin === origin;
  }
  const matches = boundPattern(anchored(entry));
  return ({ origin, host }) => {
    const found = matches(entry.includes(":") ? origin : host);
    if (found === undefined) slow?.(entry);
    return found === true;
  };
}

/** The group makes the anchors hold for every alternative; Kong anchors the last one only at its end. */
function anchored(entry: string): RegExp {
  const flags = /^\(\?[a-z]+\)/.exec(entry)?.[0] ?? "";
  return compilePcre(`${flags}^(?:${entry.slice(flags.length)})$`);
}

/** An origin without the default port of its scheme. */
export interface NormalizedOrigin {
  readonly origin: string;
  readonly host: string;
}

/** An origin without a host, such as `null` or a bare name, is kept as it is. */
export function normalizeOrigin(origin: string): NormalizedOrigin {
  const match = /^([a-z0-9][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)(?::([^/?#]*))?/i.exec(origin);
  if (match === null) return { origin, host: origin };
  const [, scheme = "", host = "", port = ""] = match;
  const isDefault = (scheme === "http" && port === "80") || (scheme === "https" && port === "443");
  return { origin: `${scheme}://${host}${port === "" || isDefault ? "" : `:${port}`}`, host };
}
