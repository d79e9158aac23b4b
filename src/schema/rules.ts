import { pcreFault } from "../util/regex.js";
import { isUuid } from "../util/uuid.js";
import type { FieldAttributes, PatternRule } from "./attributes.js";
import type { Field } from "./field.js";
import { quotedList } from "./values.js";

/**
 * One validator of Kong's schema language: how ajv checks it, and what to say about a value that fails. A rule either maps to
 * JSON Schema's own keywords (`schema`) or brings a test, for which a keyword of the rule's name is added to ajv.
 */
export interface Rule {
  readonly attribute: keyof FieldAttributes;
  /** The attribute's name in Kong's schema documents; `undefined`: a function, which they leave out. */
  readonly kongName?: string;
  /** The ajv keywords whose failure means that this rule is broken. */
  readonly keywords: readonly string[];
  readonly schema?: (argument: never) => Record<string, unknown>;
  readonly test?: (value: never, argument: never) => boolean;
  readonly message: (argument: never, value: never) => string | undefined;
}

function native<A>(
  attribute: keyof FieldAttributes,
  kongName: string,
  keywords: readonly string[],
  schema: (argument: A) => Record<string, unknown>,
  message: (argument: A) => string,
): Rule {
  return { attribute, kongName, keywords, schema, message };
}

function custom<V, A>(
  attribute: keyof FieldAttributes,
  kongName: string | undefined,
  test: (value: V, argument: A) => boolean,
  message: (argument: A, value: V) => string | undefined,
): Rule {
  return { attribute, ...(kongName === undefined ? {} : { kongName }), keywords: [`kong-${attribute}`], test, message };
}

const scalar = (value: unknown): string => (value === null ? "null" : String(value));

function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return Array.isArray(value) ? value.length : Object.keys(value as object).length;
}

function lengthRule(
  attribute: "lenEq" | "lenMin" | "lenMax",
  kongName: string,
  words: string,
  ok: (size: number, n: number) => boolean,
): Rule {
  return custom<unknown, number>(
    attribute,
    kongName,
    (value, n) => ok(sizeOf(value), n),
    (n) => `length must be ${words}${n}`,
  );
}

const failsFirst = (rules: readonly PatternRule[], value: string, wanted: boolean): PatternRule | undefined =>
  rules.find(({ pattern }) => (value.search(pattern) !== -1) !== wanted);

/** The subsets that the members come from, in order of first appearance. */
function touchedSubsets(members: readonly unknown[], subsets: readonly (readonly string[])[]): Set<readonly string[]> {
  const touched = new Set<readonly string[]>();
  for (const member of members) {
    for (const subset of subsets) if ((subset as readonly unknown[]).includes(member)) touched.add(subset);
  }
  return touched;
}

/** All validators, in the order in which Kong runs them: the first that fails gives the field's message. */
export const rules: readonly Rule[] = [
  native<unknown>(
    "eq",
    "eq",
    ["const"],
    (value) => ({ const: value }),
    (value) => `value must be ${scalar(value)}`,
  ),
  custom<unknown, unknown>(
    "ne",
    "ne",
    (value, refused) => value !== refused,
    (refused) => `value must not be ${scalar(refused)}`,
  ),
  native<readonly string[]>(
    "notOneOf",
    "not_one_of",
    ["not"],
    (list) => ({ not: { enum: list } }),
    (list) => `must not be one of: ${list.join(", ")}`,
  ),
  native<readonly (string | number)[]>(
    "oneOf",
    "one_of",
    ["enum"],
    (list) => ({ enum: list }),
    (list) => `expected one of: ${list.join(", ")}`,
  ),
  native<number>(
    "gt",
    "gt",
    ["exclusiveMinimum"],
    (limit) => ({ exclusiveMinimum: limit }),
    (limit) => `value must be greater than ${limit}`,
  ),
  custom<number, true>(
    "timestamp",
    "timestamp",
    (value) => value > 0,
    () => "expected a valid timestamp",
  ),
  custom<string, true>("uuid", "uuid", isUuid, () => "expected a valid UUID"),
  custom<string, true>(
    "isRegex",
    "is_regex",
    (value) => pcreFault(value) === undefined,
    (_, value) => `not a valid regex: ${value}`,
  ),
  native<readonly [number, number]>(
    "between",
    "between",
    ["minimum", "maximum"],
    ([min, max]) => ({ minimum: min, maximum: max }),
    ([min, max]) => `value should be between ${Math.trunc(min)} and ${Math.trunc(max)}`,
  ),
  lengthRule("lenEq", "len_eq", "", (size, n) => size === n),
  lengthRule("lenMin", "len_min", "at least ", (size, n) => size >= n),
  lengthRule("lenMax", "len_max", "at most ", (size, n) => size <= n),
  custom<string, string>(
    "startsWith",
    "starts_with",
    (value, text) => value.startsWith(text),
    (text) => `should start with: ${text}`,
  ),
  custom<string, RegExp>(
    "notMatch",
    "not_match",
    (value, pattern) => value.search(pattern) === -1,
    (_, value) => `invalid value: ${value}`,
  ),
  custom<string, readonly PatternRule[]>(
    "matchNone",
    "match_none",
    (value, list) => failsFirst(list, value, false) === undefined,
    (list, value) => failsFirst(list, value, false)?.err,
  ),
  custom<string, RegExp>(
    "match",
    "match",
    (value, pattern) => value.search(pattern) !== -1,
    (_, value) => `invalid value: ${value}`,
  ),
  custom<string, readonly PatternRule[]>(
    "matchAll",
    "match_all",
    (value, list) => failsFirst(list, value, true) === undefined,
    (list, value) => failsFirst(list, value, true)?.err,
  ),
  custom<string, { patterns: readonly RegExp[]; err: string }>(
    "matchAny",
    "match_any",
    (value, { patterns }) => patterns.some((pattern) => value.search(pattern) !== -1),
    ({ err }) => err,
  ),
  // Not JSON Schema's own keyword, which reports each member that is not the wanted one.
  custom<readonly unknown[], unknown>(
    "contains",
    "contains",
    (members, wanted) => members.includes(wanted),
    (wanted) => `expected to contain: ${scalar(wanted)}`,
  ),
  custom<unknown, (value: unknown) => string | undefined>(
    "validator",
    undefined,
    (value, validator) => validator(value) === undefined,
    (validator, value) => validator(value),
  ),
  custom<readonly unknown[], readonly (readonly string[])[]>(
    "mutuallyExclusiveSubsets",
    "mutually_exclusive_subsets",
    (members, subsets) => touchedSubsets(members, subsets).size < 2,
    (subsets, members) =>
      `these sets are mutually exclusive: ${[...touchedSubsets(members, subsets)].map((subset) => `(${quotedList(subset)})`).join(", ")}`,
  ),
];

/** The attributes with what a kind implies: text is at least one byte long. */
export function effectiveAttributes(field: Field): FieldAttributes {
  return field.kind === "string" && field.attributes.lenMin === undefined ? { lenMin: 1, ...field.attributes } : field.attributes;
}
