import type { FieldError } from "../errors/field-errors.js";
import type { ConditionalAtLeastOneOfCheck, ConditionalCheck, CustomCheck, EntityCheck, NamesCheckKind } from "./entity-check.js";
import type { Fields } from "./field.js";
import { type PreparedCheck, prepareChecks } from "./matchers.js";
import { getPath, isNonEmpty, isReference, quotedList, setPath } from "./values.js";

/** A record under examination. */
export interface CheckSubject {
  readonly fields: Fields;
  readonly record: Readonly<Record<string, unknown>>;
  /** Takes the faults; those of the fields are in it already. */
  readonly errors: Record<string, FieldError>;
  readonly updating: boolean;
  /** Absent fields are fine: checks that need them do not run. */
  readonly partial: boolean;
}

const runsWithMissing: ReadonlySet<EntityCheck["kind"]> = new Set([
  "at_least_one_of",
  "conditional_at_least_one_of",
  "mutually_required",
  "mutually_exclusive",
  "mutually_exclusive_sets",
]);
const runsWithInvalid: ReadonlySet<EntityCheck["kind"]> = new Set([
  "at_least_one_of",
  "conditional_at_least_one_of",
  "only_one_of",
  "distinct",
  "conditional",
]);

/** Runs the checks of a record and adds their faults to its errors. */
export function runChecks(checks: readonly EntityCheck[], subject: CheckSubject): void {
  for (const prepared of prepareChecks(subject.fields, checks)) {
    if (!mayRun(prepared, subject)) continue;
    const text = run(prepared, subject);
    if (text !== undefined) addEntityError(subject.errors, text);
  }
}

/** Adds a text to the `@entity` list. */
export function addEntityError(errors: Record<string, FieldError>, text: string): void {
  const list = errors["@entity"];
  errors["@entity"] = Array.isArray(list) ? [...list, text] : [text];
}

/** Written as plain loops: with ten thousand routes, lists made here were half the time of a validation. */
function mayRun({ check, names, referenceable }: PreparedCheck, subject: CheckSubject): boolean {
  const { record, errors, partial } = subject;
  const custom = check.kind === "custom" ? check : undefined;
  const withMissing = custom ? custom.runWithMissingFields === true : runsWithMissing.has(check.kind);
  const withInvalid = custom ? custom.runWithInvalidFields === true : runsWithInvalid.has(check.kind);
  if (!withInvalid && isNonEmpty(errors)) for (const name of names) if (getPath(errors, name) !== undefined) return false;

  let absent = 0;
  for (const name of names) if (getPath(record, name) === undefined) absent++;
  if (absent === names.length && (!withMissing || partial)) return false;
  for (const name of referenceable) if (isReference(getPath(record, name))) return false;
  if (absent === 0) return true;
  if (withMissing) return !partial || custom !== undefined;
  return !reportMissing(check.kind === "conditional" ? [check.ifField] : names, subject);
}

/** Reports fields without which a check can not run. Returns whether there are any. */
function reportMissing(needed: readonly string[], { record, errors, updating, partial }: CheckSubject): boolean {
  const missing = needed.filter((name) => getPath(record, name) === undefined);
  const text = `field required for entity check${updating ? " when updating" : ""}`;
  for (const name of missing) if (!partial && getPath(errors, name) === undefined) setPath(errors, name, text);
  return missing.length > 0;
}

function run(prepared: PreparedCheck, subject: CheckSubject): string | undefined {
  const { check } = prepared;
  const { record, updating } = subject;
  const isSet = (name: string): boolean => isNonEmpty(getPath(record, name));
  switch (check.kind) {
    case "conditional":
      return conditional(check, prepared, subject);
    case "conditional_at_least_one_of":
      return conditionalAtLeastOneOf(check, prepared, subject);
    case "custom":
      return custom(check, subject);
    case "mutually_exclusive_sets": {
      const [first, second] = [check.set1.filter(isSet), check.set2.filter(isSet)];
      if (first.length === 0 || second.length === 0) return undefined;
      return `these sets are mutually exclusive: (${quotedList(first)}), (${quotedList(second)})`;
    }
    default:
      return namesCheck(check.kind, check.fields, subject, updating);
  }
}

function namesCheck(
  kind: NamesCheckKind,
  names: readonly string[],
  { record }: CheckSubject,
  updating: boolean,
): string | undefined {
  const values: unknown[] = [];
  for (const name of names) {
    const value = getPath(record, name);
    if (isNonEmpty(value)) values.push(value);
  }
  switch (kind) {
    case "at_least_one_of":
      return values.length > 0 ? undefined : atLeastOneOf(quotedList(names), updating);
    case "only_one_of":
      return values.length === 1 ? undefined : `exactly one of these fields must be non-empty: ${quotedList(names)}`;
    case "distinct":
      return new Set(values).size === values.length ? undefined : `values of these fields must be distinct: ${quotedList(names)}`;
    case "mutually_required":
      return values.length === 0 || values.length === names.length
        ? undefined
        : `all or none of these fields must be set: ${quotedList(names)}`;
    case "mutually_exclusive":
      return values.length <= 1 ? undefined : `only one or none of these fields must be set: ${quotedList(names)}`;
  }
}

function atLeastOneOf(list: string, updating: boolean): string {
  return `${updating ? "when updating, " : ""}at least one of these fields must be non-empty: ${list}`;
}

function conditional(
  check: ConditionalCheck,
  { ifMatch, thenMatch }: PreparedCheck,
  { record, errors }: CheckSubject,
): string | undefined {
  const { ifField, thenField, thenErr } = check;
  if (!ifMatch?.passes(getPath(record, ifField))) return undefined;
  const value = getPath(record, thenField) ?? null;
  const fault = thenMatch?.fault(value);
  if (fault === undefined) return undefined;
  setPath(errors, thenField, fault);
  const missing = value === null && check.thenMatch.required === true;
  return thenErr === undefined || missing
    ? `failed conditional validation given value of field '${ifField}'`
    : thenErr.replace("%s", () => ifField);
}

function conditionalAtLeastOneOf(
  check: ConditionalAtLeastOneOfCheck,
  { ifMatch, elseMatch }: PreparedCheck,
  { record, updating }: CheckSubject,
): string | undefined {
  const value = getPath(record, check.ifField);
  if (value === undefined) return undefined;
  let names = check.thenAtLeastOneOf;
  let text = check.thenErr;
  if (!ifMatch?.passes(value)) {
    if (!elseMatch?.passes(value)) return undefined;
    names = check.elseThenAtLeastOneOf ?? [];
    text = check.elseThenErr;
  }
  for (const name of names) if (isNonEmpty(getPath(record, name))) return undefined;
  const list = quotedList(names);
  return text === undefined ? atLeastOneOf(list, updating) : text.replace("%s", () => list);
}

function custom(check: CustomCheck, { record, errors }: CheckSubject): string | undefined {
  const seen: Record<string, unknown> = {};
  for (const name of check.fieldSources) {
    const value = getPath(record, name);
    if (value !== undefined) setPath(seen, name, value);
  }
  const fault = check.check(seen);
  if (fault === undefined || typeof fault === "string") return fault;
  for (const [name, text] of Object.entries(fault)) {
    if (name === "@entity") addEntityError(errors, text);
    else setPath(errors, name, text);
  }
  return undefined;
}
