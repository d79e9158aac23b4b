import { checkedNames, type EntityCheck, type Matcher } from "./entity-check.js";
import { type Field, type Fields, fieldAt } from "./field.js";
import { type FieldValidator, fieldValidator } from "./validators.js";

/** The matchers of one check, merged over the fields they are about. */
export interface PreparedCheck {
  readonly check: EntityCheck;
  /** Every field that the check looks at. */
  readonly names: readonly string[];
  /** Those of them that may hold a vault reference, about which nothing can be said. */
  readonly referenceable: readonly string[];
  readonly ifMatch?: FieldValidator;
  readonly thenMatch?: FieldValidator;
  readonly elseMatch?: FieldValidator;
}

const prepared = new WeakMap<Fields, WeakMap<readonly EntityCheck[], readonly PreparedCheck[]>>();

/** The checks of a record, ready to run. Their matchers are compiled at first use. */
export function prepareChecks(fields: Fields, checks: readonly EntityCheck[]): readonly PreparedCheck[] {
  let byChecks = prepared.get(fields);
  if (!byChecks) {
    byChecks = new WeakMap();
    prepared.set(fields, byChecks);
  }
  let result = byChecks.get(checks);
  if (!result) {
    result = checks.map((check) => prepare(fields, check));
    byChecks.set(checks, result);
  }
  return result;
}

function prepare(fields: Fields, check: EntityCheck): PreparedCheck {
  const names = checkedNames(check);
  const referenceable = names.filter((name) => fieldAt(fields, name)?.attributes.referenceable);
  const base = { check, names, referenceable };
  if (check.kind !== "conditional" && check.kind !== "conditional_at_least_one_of") return base;
  const ifMatch = matcherFor(fields, check.ifField, check.ifMatch);
  if (check.kind === "conditional") return { ...base, ifMatch, thenMatch: matcherFor(fields, check.thenField, check.thenMatch) };
  return { ...base, ifMatch, ...(check.elseMatch ? { elseMatch: matcherFor(fields, check.ifField, check.elseMatch) } : {}) };
}

function matcherFor(fields: Fields, name: string, matcher: Matcher): FieldValidator {
  const field = fieldAt(fields, name);
  if (!field) throw new TypeError(`a check refers to the field '${name}', which does not exist`);
  const merged = mergeMatcher(field, matcher);
  let validator: FieldValidator | undefined;
  const made = (): FieldValidator => {
    validator ??= fieldValidator(merged);
    return validator;
  };
  return { passes: (value) => made().passes(value), fault: (value) => made().fault(value) };
}

export function mergeMatcher(field: Field, { required, elements, ...attributes }: Matcher): Field {
  return {
    ...field,
    required: required ?? field.required,
    attributes: { ...field.attributes, ...attributes },
    ...(elements && field.elements ? { elements: mergeMatcher(field.elements, elements) } : {}),
  };
}
