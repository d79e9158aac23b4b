import { boundRegExp } from "../util/bounded-pattern.js";
import { compilePcre } from "../util/regex.js";
import type { RoutingRequest } from "./router.js";

/** One configured value of a header. */
export interface HeaderValueTest {
  /** Lower case; `null` for a regex. */
  readonly literal: string | null;
  readonly regex: RegExp | null;
}

/** A header that a route asks for. */
export interface HeaderTest {
  /** As configured. */
  readonly name: string;
  /** The name under which Node keeps it. */
  readonly key: string;
  readonly values: readonly HeaderValueTest[];
}

/**
 * Compiles one header criterion. A value starting with `~*` is a regex, found anywhere in the lower-cased request value.
 * The pattern is lower-cased too (a quirk of Kong: `\D` turns into `\d`).
 *
 * @throws RegexFault when a pattern does not compile.
 */
export function compileHeaderTest(name: string, values: readonly string[]): HeaderTest {
  return {
    name,
    key: name.toLowerCase().replaceAll("_", "-"),
    values: values.map((value) => {
      const lower = value.toLowerCase();
      return lower.startsWith("~*")
        ? { literal: null, regex: boundRegExp(compilePcre(lower.slice(2))) }
        : { literal: lower, regex: null };
    }),
  };
}

/** The lower-cased values of a request header; `undefined` when it is absent. */
export function headerValues(headers: RoutingRequest["headers"], key: string): string | string[] | undefined {
  const value = headers[key];
  if (typeof value === "string") return lowerText(value);
  // Not `undefined`: a header named "constructor" must not find what the object inherits.
  return Array.isArray(value) ? value.map(lowerText) : undefined;
}

/** Node gives header bytes as Latin-1 characters; configured values are text. */
function lowerText(value: string): string {
  return (/[\x80-\xff]/.test(value) ? Buffer.from(value, "latin1").toString("utf8") : value).toLowerCase();
}

/**
 * Tests one header. Any request value may satisfy any configured one.
 *
 * @returns `false`, `true`, or the match of the regex that decided.
 */
export function testHeader(test: HeaderTest, headers: RoutingRequest["headers"]): boolean | RegExpExecArray {
  const actual = headerValues(headers, test.key);
  if (actual === undefined) return false;
  for (const value of test.values) {
    if (typeof actual === "string") {
      const found = testValue(value, actual);
      if (found !== false) return found;
    } else {
      for (const one of actual) {
        const found = testValue(value, one);
        if (found !== false) return found;
      }
    }
  }
  return false;
}

function testValue(test: HeaderValueTest, actual: string): boolean | RegExpExecArray {
  return test.regex === null ? test.literal === actual : (test.regex.exec(actual) ?? false);
}
