import type { FieldError } from "../errors/field-errors.js";
import type { EntityDefinition } from "./entity.js";
import type { ConditionalAtLeastOneOfCheck, EntityCheck, Matcher } from "./entity-check.js";
import { runChecks } from "./entity-checks.js";
import { type Fields, fieldAt } from "./field.js";
import { mergeMatcher } from "./matchers.js";
import { fieldsWithChecks, runNestedChecks } from "./nested-checks.js";
import { NotQuick, type QuickCode } from "./quick-code.js";
import { scalarTest } from "./quick-values.js";
import type { Shape } from "./subschemas.js";
import { checkTransformations } from "./transformations.js";
import { acceptsNull } from "./validation-schema.js";
import { getPath, isNonEmpty } from "./values.js";

type Values = Readonly<Record<string, unknown>>;

/** Statements that let only a `result` pass that keeps the rules over several fields. */
export function quickChecks(code: QuickCode, definition: EntityDefinition, { fields, checks }: Shape): string {
  const statements: string[] = [];
  const mode = { updating: false, partial: false };
  const add = (passes: (record: Values, errors: Record<string, FieldError>) => void, unless?: string): void => {
    const test = code.value((record: Values): boolean => {
      const errors: Record<string, FieldError> = {};
      passes(record, errors);
      return !isNonEmpty(errors);
    });
    statements.push(`if (${unless === undefined ? "" : `!(${unless}) && `}!${test}(result)) return undefined;`);
  };
  const nested = fieldsWithChecks(fields).map(([name]) => `result[${JSON.stringify(name)}] === null`);
  if (nested.length > 0) add((record, errors) => runNestedChecks(fields, record, errors, mode), nested.join(" && "));
  for (const check of checks.flat()) {
    const one = [check];
    add((record, errors) => runChecks(one, { fields, record, errors, ...mode }), surelyPasses(code, fields, check));
  }
  const { transformations } = definition;
  if (transformations.length > 0) {
    add((record, errors) =>
      checkTransformations(transformations, { record, input: record, updating: false, stored: undefined }, errors),
    );
  }
  return statements.join("\n");
}

/** An expression that is true only of records about which the check has nothing to say; most records are such. */
function surelyPasses(code: QuickCode, fields: Fields, check: EntityCheck): string | undefined {
  const read = (name: string): string => reader(code, fields, name);
  const isSet = (name: string): string => `${code.value(isNonEmpty)}(${read(name)})`;
  const isThere = (name: string): string => (name.includes(".") ? `${read(name)} !== undefined` : "true");
  switch (check.kind) {
    case "conditional": {
      const target = fieldAt(fields, check.thenField);
      if (!target) return undefined;
      const merged = mergeMatcher(target, check.thenMatch);
      const isFree = `${isThere(check.ifField)} && ${isThere(check.thenField)} && ${read(check.thenField)} === null`;
      return either(
        acceptsNull(merged, merged.required) ? isFree : undefined,
        misses(code, fields, check.ifField, check.ifMatch),
      );
    }
    case "conditional_at_least_one_of": {
      const enough = inEither(check).map(isSet);
      const isIdle = check.elseMatch === undefined ? misses(code, fields, check.ifField, check.ifMatch) : undefined;
      return either(enough.length === 0 ? undefined : enough.join(" || "), isIdle);
    }
    case "at_least_one_of":
      return check.fields.map(isSet).join(" || ");
    case "mutually_exclusive":
    case "mutually_required":
      return check.fields.map((name) => `!${isSet(name)}`).join(" && ");
    default:
      return undefined;
  }
}

/** Reads a field of the finished record, whose members are our own. */
function reader(code: QuickCode, fields: Fields, name: string): string {
  if (fieldAt(fields, name) === undefined) return `${code.value(getPath)}(result, ${JSON.stringify(name)})`;
  return `result${name
    .split(".")
    .map((part, depth) => `${depth === 0 ? "" : "?."}[${JSON.stringify(part)}]`)
    .join("")}`;
}

function either(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || b === undefined ? (a ?? b) : `(${a}) || (${b})`;
}

/** An expression: the condition of a check does not hold. `undefined` where that takes more than an expression. */
function misses(code: QuickCode, fields: Fields, name: string, matcher: Matcher): string | undefined {
  const field = fieldAt(fields, name);
  if (!field || matcher.eq === null || field.attributes.eq === null) return undefined;
  const merged = mergeMatcher(field, matcher);
  const value = reader(code, fields, name);
  try {
    const matches = `(${value} === null ? ${acceptsNull(merged, merged.required)} : ${scalarTest(code, merged, value)})`;
    return `${value} !== undefined && !${matches}`;
  } catch (error) {
    if (error instanceof NotQuick) return undefined;
    throw error;
  }
}

/** The fields that are good enough whatever the condition says. */
function inEither({ thenAtLeastOneOf, elseMatch, elseThenAtLeastOneOf = [] }: ConditionalAtLeastOneOfCheck): readonly string[] {
  return elseMatch === undefined ? thenAtLeastOneOf : thenAtLeastOneOf.filter((name) => elseThenAtLeastOneOf.includes(name));
}
